"""One service as a rule sees it, whichever way it was written and whoever put it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check.audit.places import Place


@dataclass(frozen=True, slots=True)
class Port:
    """A published port: where on the host, and where in the container; "" of the host means every address."""

    host: str
    published: str
    target: str


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted: a volume, a bind mount or a tmpfs; a volume without a source is anonymous."""

    kind: str
    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Build:
    """How an image is built; without a Dockerfile's name its text stands in the compose file."""

    context: str
    dockerfile: str
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A health check; without a test the image's own, with the rest set here."""

    test: tuple[str, ...]
    disabled: bool
    start_period: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Attributes:
        name: Its name.
        where: The place of each part that has one, by a key such as ``image`` or ``environment:NAME``; "" is its own.
        scalars: What is only a word, by key: image, restart, user, network_mode, pid, ipc, privileged, container_name …
        build: How its image is built, if it is.
        entrypoint: None where the image's own is left.
        command: Likewise.
        environment: Its variables; None for one that is taken from whoever starts it.
        env_files: Files with more of them, as paths.
        ports: What it publishes.
        expose: Ports that it says it listens on, beside them.
        mounts: What it mounts.
        networks: The networks it is on.
        aliases: Other names that it has there.
        dependencies: What it waits for, and the condition; "" where none is written.
        health: Its health check, if it has one.
        memory_limit: What its memory is limited to, if it is.
        logging: Driver and options of its log.
    """

    name: str
    where: Mapping[str, Place]
    scalars: Mapping[str, str]
    build: Build | None
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str | None]
    env_files: tuple[Path, ...]
    ports: tuple[Port, ...]
    expose: tuple[str, ...]
    mounts: tuple[Mount, ...]
    networks: frozenset[str]
    aliases: frozenset[str]
    dependencies: Mapping[str, str]
    health: HealthCheck | None
    memory_limit: str
    logging: tuple[str, Mapping[str, str]]

    def at(self, *keys: str) -> Place:
        """The place of the first of these parts that has one, else of the service."""
        return next((self.where[key] for key in (*keys, "") if key in self.where), Place(Path()))

    def word(self, key: str) -> str:
        """A part that is only a word; "" where it is not set."""
        return self.scalars.get(key, "")

    @property
    def image(self) -> str:
        """The name of its image; "" where it is only built."""
        return self.word("image")
