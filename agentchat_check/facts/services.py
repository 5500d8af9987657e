"""Containers: how they are, what they use, what happened to them, what they printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentchat_check.facts.moment import Moment


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a service and where the host publishes it.

    Attributes:
        target: The port inside the container.
        host: Address the host listens on; "" when the port is not published.
        published: The host's port; None when not published.
        protocol: tcp or udp.
    """

    target: int
    host: str = ""
    published: int | None = None
    protocol: str = "tcp"

    def __str__(self) -> str:
        """As docker shows it; without a host's address where it listens on every one."""
        host = f"[{self.host}]:" if ":" in self.host else f"{self.host}:" if self.host else ""
        where = f"{host}{self.published}->" if self.published else ""
        return f"{where}{self.target}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class Service:
    """One container of a service, as the engine describes it.

    Attributes:
        name: The compose service.
        role: The role it plays, or "".
        container: The container's id.
        image: The image it was made from, as named.
        image_id: The id of that image.
        state: created, running, paused, restarting, exited or dead.
        health: healthy, unhealthy, starting, or "" without a health check.
        exit_code: Of its last end; 0 while it never ended.
        restarts: Times the engine restarted it since it was created.
        restart_policy: no, always, on-failure or unless-stopped.
        oom_killed: Whether the engine saw it killed for memory.
        started: When its current run started, RFC 3339.
        health_output: What the last health check printed.
        ports: What it exposes and publishes.
        addresses: Its addresses on its networks.
        added_ports: Ports that isolation publishes and the deployment does not.
        seen: When we looked.
    """

    name: str
    role: str
    container: str
    image: str
    image_id: str
    state: str
    health: str
    exit_code: int
    restarts: int
    restart_policy: str
    oom_killed: bool
    started: str
    health_output: str
    ports: tuple[Port, ...]
    addresses: tuple[str, ...]
    added_ports: tuple[int, ...]
    seen: Moment

    @property
    def settled(self) -> bool:
        """Whether it is where it should be: running and, if it has a health check, healthy; or done, if it ran once."""
        if self.state == "exited":
            return self.exit_code == 0 and self.restart_policy in {"", "no", "on-failure"}
        return self.state == "running" and self.health in {"", "healthy"}

    def __str__(self) -> str:
        """``backend running (healthy)``, and what is remarkable about it."""
        remarks = [self.health] if self.health else []
        if self.state in {"exited", "dead", "restarting"}:
            remarks.append(f"exit code {self.exit_code}")
        if self.restarts:
            remarks.append(f"{self.restarts} restarts")
        if self.oom_killed:
            remarks.append("killed for memory")
        return f"{self.name} {self.state}" + (f" ({', '.join(remarks)})" if remarks else "")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one container uses.

    Attributes:
        service: Its service.
        cpu_seconds: Processor seconds used since it started.
        cpu_limit: Processors it may use: its own limit, else all of the host's.
        memory: Bytes in use, without the page cache.
        memory_limit: Bytes it may use: its own limit, else the host's memory.
        seen: When we looked.
    """

    service: str
    cpu_seconds: float
    cpu_limit: float
    memory: int
    memory_limit: int
    seen: Moment


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk, as a container sees it.

    Attributes:
        service: The container's service.
        path: A directory on the disk, inside the container.
        used: Share of it in use, 0 to 1.
    """

    service: str
    path: str
    used: float


@dataclass(frozen=True, slots=True)
class Load:
    """What the host and its containers use.

    Attributes:
        usage: By container.
        cpus: Processors of the engine's host.
        memory: Bytes of memory of the engine's host.
    """

    usage: tuple[Usage, ...]
    cpus: int
    memory: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a container, as the engine told it.

    Attributes:
        time: When, UTC.
        service: To which service.
        what: ``start``, ``die (exit code 1)``, ``health_status: healthy``, …
    """

    time: datetime
    service: str
    what: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a service printed.

    Attributes:
        service: The service.
        role: Its role, or "".
        time: When it was printed, RFC 3339.
        text: What was printed.
    """

    service: str
    role: str
    time: str
    text: str
