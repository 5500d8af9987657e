"""Deployments that are up in two seconds, and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentchat_check import wait
from agentchat_check.stack import labels

if TYPE_CHECKING:
    from docker import DockerClient as Client

ROOT = Path(__file__).parent.parent.parent

PATIENCE = 120.0
"""Seconds for what takes two, on a host that does many other things."""

HEALTHY = {"test": 'test "$$(redis-cli ping)" = PONG', "interval": "1s", "timeout": "3s", "retries": 10}
"""A health check of Redis, in compose's form."""

ROLES = {"model": "redis"}
"""Who plays which role in a small deployment: its one service is the model as well, so that no stub joins it."""


def write(directory: Path, services: Mapping[str, Mapping[str, Any]], **more: Any) -> Path:
    """Write a deployment; the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "docker-compose.yml").write_text(yaml.safe_dump({"services": services, **more}, sort_keys=False))
    return directory


def snapshot(directory: Path) -> dict[str, tuple[int, str, bytes]]:
    """Everything in a directory, byte for byte: mode, link target and content by name."""
    return {
        str(path.relative_to(directory)): (
            path.lstat().st_mode,
            str(path.readlink()) if path.is_symlink() else "",
            path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
        )
        for path in sorted(directory.rglob("*"))
    }


def left_behind(client: Client, scratch: Path) -> list[str]:
    """What is still there of the stacks that have their scratch copies below a directory, and of the copies."""
    filters: dict[str, str | list[str] | bool] = {"label": labels.SCRATCH}
    listed: tuple[Any, ...] = (
        *client.containers.list(all=True, filters=filters, ignore_removed=True),
        *client.networks.list(filters=filters),
        *client.volumes.list(filters=filters),
    )
    tags = [(one, one.attrs.get("Labels") or one.attrs.get("Config", {}).get("Labels") or {}) for one in listed]
    mine = [one for one, its in tags if Path(its.get(labels.SCRATCH, "/")).is_relative_to(scratch)]
    copies = [str(path) for path in scratch.glob("agentchat-check-*")]
    return [*(f"{type(one).__name__} {one.name}" for one in mine), *copies]


def everything_of(client: Client, project: str) -> list[str]:
    """Containers, networks and volumes of a project, by id; of a container also when it started."""
    filters: dict[str, str | list[str] | bool] = {"label": f"{labels.PROJECT}={project}"}
    containers = client.containers.list(all=True, filters=filters, ignore_removed=True)
    return [
        *(f"{container.id} {container.attrs['State']['StartedAt']}" for container in containers),
        *(str(network.id) for network in client.networks.list(filters=filters)),
        *(str(volume.id) for volume in client.volumes.list(filters=filters)),
    ]


def something_is_made(client: Client, scratch: Path) -> None:
    """Wait until a container of a stack with its scratch copy below a directory is there."""
    wait.until(
        lambda: left_behind(client, scratch),
        lambda made: any(name.startswith("Container") for name in made),
        what="a container of the run",
        timeout=PATIENCE,
    )
