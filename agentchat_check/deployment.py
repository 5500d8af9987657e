"""What an administrator has on disk: compose files, env file, images, and which service plays which role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.settings import FILE, Settings


class Role(StrEnum):
    """What a service is to AgentChat, whatever its name."""

    FRONTEND = "frontend"
    BACKEND = "backend"
    DATABASE = "database"
    CACHE = "cache"
    OBJECTS = "objects"
    MODEL = "model"


REFERENCE = Path(__file__).resolve().parent.parent / "compose"
"""The reference deployment of a source checkout."""

_COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""The first of each that is there is the one that compose takes, whatever the other is called."""

_PRODUCTION_NAMES = ("docker-compose.prod.yml", "docker-compose.prod.yaml", "compose.prod.yaml", "compose.prod.yml")

_ENV_NAMES = ("docker.env", ".env", "docker.env.example")

_SERVICE_NAMES = {
    Role.FRONTEND: {"frontend", "web", "ui", "nginx"},
    Role.BACKEND: {"backend", "api", "server", "app"},
    Role.DATABASE: {"mysql", "mariadb", "db", "database"},
    Role.CACHE: {"redis", "valkey", "cache"},
    Role.OBJECTS: {"minio", "objects"},
    Role.MODEL: {"model"},
}
INTERNAL_NAMES = frozenset(
    prefix + name for names in _SERVICE_NAMES.values() for name in names for prefix in ("", "agentchat-")
)
"""Names that services and their containers usually have; to a browser none of them means anything."""

_IMAGE_NAMES = {
    Role.DATABASE: {"mysql", "mysql-server", "mariadb", "percona"},
    Role.CACHE: {"redis", "valkey"},
    Role.OBJECTS: {"minio"},
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A compose directory and how to run it. Reading it starts nothing and writes nothing.

    Attributes:
        name: What reports call it.
        directory: The compose directory.
        compose_files: Its compose files, in order of precedence.
        env_file: Its env file, if it has one.
        variables: Values that win over the env file.
        replace_images: Images to run instead, by role or service.
        role_names: Services named by the operator, by role.
    """

    name: str
    directory: Path
    compose_files: tuple[Path, ...]
    env_file: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    replace_images: Mapping[str, str] = field(default_factory=dict)
    role_names: Mapping[str, str] = field(default_factory=dict)


def read(directory: Path, settings: Settings, *, variables: Mapping[str, str] | None = None) -> Deployment:
    """Read the deployment in a directory.

    Raises:
        errors.DeploymentError: There is no such directory or file in it, or a role is unknown.
    """
    directory = directory.expanduser().absolute()
    if not directory.is_dir():
        raise errors.DeploymentError(
            f"read the deployment {directory}",
            expected="a directory with a compose file",
            actual="there is no such directory" if not directory.exists() else "it is not a directory",
            next_step="name the directory that holds docker-compose.yml: --deployment DIR",
        )
    return Deployment(
        name="reference" if directory == REFERENCE else _name(directory),
        directory=directory,
        compose_files=_compose_files(directory, settings.compose_files),
        env_file=_env_file(directory, settings.env_file),
        variables=dict(variables or {}),
        replace_images=dict(settings.replace_images),
        role_names=_known_roles(settings.roles),
    )


def in_production(deployment: Deployment) -> Deployment:
    """The deployment as it is to run in production: with its overlay on top.

    Raises:
        errors.InapplicableError: It has none.
    """
    for name in _PRODUCTION_NAMES:
        overlay = deployment.directory / name
        if overlay.is_file():
            files = tuple(dict.fromkeys([*deployment.compose_files, overlay]))
            return replace(deployment, compose_files=files)
    raise errors.InapplicableError(
        f"read the production overlay of {deployment.name}",
        expected=f"one of {', '.join(_PRODUCTION_NAMES)}",
        actual=f"{deployment.name} has no production overlay",
        next_step="nothing is to be done where one deployment serves every purpose",
    )


def _name(directory: Path) -> str:
    """The directory's name; where that says nothing, as AgentChat's own ``docker`` does, its parent's with it."""
    telling = directory.name.lower() not in {"docker", "compose", "deploy", "deployment", ""}
    return directory.name if telling else f"{directory.parent.name}/{directory.name}".strip("/")


def _compose_files(directory: Path, given: Sequence[Path]) -> tuple[Path, ...]:
    if given:
        return tuple(_existing(directory, path, "compose file") for path in given)
    found = [path for name in _COMPOSE_NAMES if (path := directory / name).is_file()]
    overrides = [path for name in _OVERRIDE_NAMES if (path := directory / name).is_file()]
    if found:
        return (*found[:1], *overrides[:1])
    raise errors.DeploymentError(
        f"read the deployment {directory}",
        expected=f"one of {', '.join(_COMPOSE_NAMES)}",
        actual=f"none of them; it holds {', '.join(sorted(p.name for p in directory.iterdir())[:12]) or 'nothing'}",
        next_step="name the directory that holds docker-compose.yml, or the file: --compose-file FILE",
    )


def _env_file(directory: Path, given: Path | None) -> Path | None:
    if given is not None:
        return _existing(directory, given, "env file")
    return next((directory / name for name in _ENV_NAMES if (directory / name).is_file()), None)


def _existing(directory: Path, path: Path, what: str) -> Path:
    """A file named on the command line: as it stands, else in the deployment's directory."""
    for candidate in (path.expanduser().absolute(), directory / path):
        if candidate.is_file():
            return candidate
    raise errors.DeploymentError(
        f"read the deployment {directory}",
        expected=f"the {what} {path}",
        actual="there is no such file, here or in that directory",
        next_step=f"correct the name of the {what}",
    )


def _known_roles(names: Mapping[str, str]) -> dict[str, str]:
    for role in names:
        if role not in set(Role):
            raise errors.DeploymentError(
                f"read [roles] of {FILE}",
                expected=f"a role: {', '.join(Role)}",
                actual=f"{role!r} = {names[role]!r}",
                next_step=f"correct {role!r} in [roles]",
            )
    return dict(names)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A deployment as compose reads it: ``docker compose config``, variables filled in, paths absolute.

    Attributes:
        project: The project's name.
        services: Each service's configuration, in compose's own form.
        networks: Likewise.
        volumes: Likewise.
        roles: The service that plays each role.
    """

    project: str
    services: Mapping[str, Mapping[str, Any]]
    networks: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]
    roles: Mapping[Role, str]

    def role_of(self, service: str) -> Role | None:
        """The role a service plays, if any."""
        return next((role for role, name in self.roles.items() if name == service), None)

    def environment(self, service: str) -> dict[str, str]:
        """A service's environment; a variable without a value is left out, as compose does."""
        given = self.services[service].get("environment") or {}
        return {name: str(value) for name, value in given.items() if value is not None}


def configuration(rendered: Mapping[str, Any], role_names: Mapping[str, str]) -> Configuration:
    """Read what ``docker compose config --format json`` printed.

    Raises:
        errors.DeploymentError: A role's service does not exist, or two services claim one role.
    """
    services = {name: value or {} for name, value in (rendered.get("services") or {}).items()}
    return Configuration(
        project=str(rendered.get("name", "")),
        services=services,
        networks={name: value or {} for name, value in (rendered.get("networks") or {}).items()},
        volumes={name: value or {} for name, value in (rendered.get("volumes") or {}).items()},
        roles=find_roles({name: str(value.get("image", "")) for name, value in services.items()}, role_names),
    )


def find_roles(images: Mapping[str, str], named: Mapping[str, str]) -> dict[Role, str]:
    """Which service plays which role: as the operator says, else by service name, else by image.

    Args:
        images: Each service's image, by service.
        named: The operator's own choice of service, by role.

    Raises:
        errors.DeploymentError: The operator named a service that does not exist, or two claim one role.
    """
    roles: dict[Role, str] = {}
    for role in Role:
        if role in named:
            claims = [name for name in images if name == named[role]]
            if not claims:
                raise errors.DeploymentError(
                    f"find the service that plays {role}",
                    expected=f"a service named {named[role]!r}, as [roles] says",
                    actual=f"the services are {', '.join(sorted(images)) or 'none'}",
                    next_step=f"correct {role} in [roles] of {FILE}",
                )
        else:
            claims = [name for name in images if _plain(name) in _SERVICE_NAMES[role]] or [
                name for name, image in images.items() if image_name(image) in _IMAGE_NAMES.get(role, ())
            ]
        if len(claims) > 1:
            raise errors.DeploymentError(
                f"find the service that plays {role}",
                expected="one service",
                actual=f"{' and '.join(sorted(claims))} both look like it",
                next_step=f"say which in {FILE}: [roles] {role} = {claims[0]!r}",
            )
        if claims:
            roles[role] = claims[0]
    return roles


def image_name(image: str) -> str:
    """The last part of an image's name, without tag and digest: ``registry:5000/library/mysql:8.0`` is ``mysql``."""
    return re.sub(r"[:@].*$", "", image.rsplit("/", 1)[-1])


def _plain(service: str) -> str:
    return re.sub(r"^agentchat[-_]?|[-_]?\d+$", "", service.lower())
