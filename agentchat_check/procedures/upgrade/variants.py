"""A release with something else in its compose file: one that does not come up, or looks for its data elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from agentchat_check import errors
from agentchat_check.deployment import Deployment, Role
from agentchat_check.stack import compose_yaml, making

_Services = dict[str, dict[str, Any]]
_Change = Callable[[dict[str, Any], str], None]

_NEVER = {"test": ["CMD", "false"], "interval": "1s", "timeout": "1s", "retries": 5, "start_period": "0s"}


def never_healthy(release: Deployment, into: Path) -> Deployment:
    """A release whose backend runs, and never passes its health check.

    Args:
        release: The release; its directory stays as it is.
        into: A directory for the changed compose file.

    Raises:
        errors.DeploymentError: Its compose files cannot be read, or it has no backend.
    """

    def change(compose: dict[str, Any], service: str) -> None:
        compose["services"][service]["healthcheck"] = dict(_NEVER)

    return _changed(release, Role.BACKEND, change, into)


def another_volume(release: Deployment, into: Path) -> Deployment:
    """A release that names its database's volumes otherwise.

    Args:
        release: The release; its directory stays as it is.
        into: A directory for the changed compose file.

    Raises:
        errors.DeploymentError: Its compose files cannot be read, or it has no database.
    """
    return _changed(release, Role.DATABASE, _rename_volumes, into)


def another_service(release: Deployment, into: Path) -> Deployment:
    """A release that names its database's service otherwise, and its volumes after that.

    Args:
        release: The release; its directory stays as it is.
        into: A directory for the changed compose file.

    Raises:
        errors.DeploymentError: Its compose files cannot be read, or it has no database.
    """
    new = f"another-{Role.DATABASE}"

    def change(compose: dict[str, Any], service: str) -> None:
        _rename_volumes(compose, service)
        services: _Services = compose["services"]
        services[new] = services.pop(service)
        for one in services.values():
            needed = one.get("depends_on")
            if isinstance(needed, dict) and service in needed:
                needed[new] = needed.pop(service)
            elif isinstance(needed, list):
                one["depends_on"] = [new if name == service else name for name in needed]

    return replace(
        _changed(release, Role.DATABASE, change, into),
        role_names={**release.role_names, Role.DATABASE: new},
    )


def _changed(release: Deployment, role: Role, change: _Change, into: Path) -> Deployment:
    service = making.read(release).roles.get(role)
    if service is None:
        raise errors.DeploymentError(
            f"change {release.name}",
            expected=f"a service that plays the {role}",
            actual="none does",
            next_step=f"say which does: [roles] {role} in agentchat-check.toml",
        )
    into.mkdir(parents=True, exist_ok=True)
    files = []
    for file in release.compose_files:
        compose = compose_yaml.parsed(file.read_text(encoding="utf-8-sig")) or {}
        if service in (compose.get("services") or {}):
            change(compose, service)
            files.append(into / file.name)
            files[-1].write_text(yaml.safe_dump(compose, sort_keys=False, allow_unicode=True))
        else:
            files.append(file)
    return replace(release, compose_files=tuple(files))


def _rename_volumes(compose: dict[str, Any], service: str) -> None:
    described = compose["services"][service]
    described["volumes"] = [_renamed(volume) for volume in described.get("volumes") or ()]
    volumes = compose.setdefault("volumes", {})
    volumes |= dict.fromkeys(_named(described["volumes"]))


def _renamed(volume: str | dict[str, Any]) -> str | dict[str, Any]:
    """The same mount from a volume of another name; what is no named volume stays."""
    if isinstance(volume, str):
        return f"another_{volume}" if _is_named(volume.partition(":")[0]) and ":" in volume else volume
    if volume.get("type") == "volume" and volume.get("source"):
        return {**volume, "source": f"another_{volume['source']}"}
    return volume


def _named(volumes: list[str | dict[str, Any]]) -> Iterator[str]:
    for volume in volumes:
        source = volume.partition(":")[0] if isinstance(volume, str) else str(volume.get("source") or "")
        if source.startswith("another_"):
            yield source


def _is_named(source: str) -> bool:
    return bool(source) and source[0] not in "./~$"
