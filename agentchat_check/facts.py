"""What was seen, and when: frozen records that probes return and checks judge."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a look: UTC for show, monotonic seconds for durations."""

    utc: datetime
    monotonic: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(datetime.now(UTC), time.monotonic())

    def until(self, later: Moment) -> float:
        """Seconds from this moment to a later one."""
        return later.monotonic - self.monotonic


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
        """As docker shows it."""
        where = f"{self.host}:{self.published}->" if self.published else ""
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
class Engine:
    """The Docker engine as it describes itself.

    Attributes:
        version: Its version, "20.10.24".
        local: Whether it runs on this host, so that its ports on 127.0.0.1 are ours to reach.
        root: Directory of its data.
        clock_skew: Seconds its clock is ahead of ours.
    """

    version: str
    local: bool
    root: str
    clock_skew: float


@dataclass(frozen=True, slots=True)
class Host:
    """This host, before anything is brought up.

    Attributes:
        engine: The engine, or None when none answered.
        engine_error: Why none answered.
        engine_address: Where it was looked for.
        compose: Version of docker compose, or "".
        memory_available: Bytes.
        disk_free: Bytes free where the engine keeps its data; None when that is on another host.
        port_holders: Programs that hold AgentChat's own ports, by port.
        images_here: Images of the chosen set that are on this host.
        images_missing: Images of that set that are not.
        registry: Whether the registry of the official images answered the engine.
        chromium: The browser for the page's checks, or "".
        seen: When we looked.
    """

    engine: Engine | None
    engine_error: str
    engine_address: str
    compose: str
    memory_available: int
    disk_free: int | None
    port_holders: dict[int, str]
    images_here: tuple[str, ...]
    images_missing: tuple[str, ...]
    registry: bool
    chromium: str
    seen: Moment = field(default_factory=Moment.now)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back for one request; a request that got no answer is a fact too.

    Attributes:
        method: GET, POST, …
        url: What was asked.
        status: HTTP status; 0 when none came.
        inner: ``status_code`` of AgentChat's envelope; None when the body is no envelope.
        body: The body: decoded JSON, else text.
        headers: Response headers, names in lower case.
        seconds: From the request to the last byte.
        error: Why no answer came, or "".
        seen: When it was asked.
    """

    method: str
    url: str
    status: int
    inner: int | None
    body: Any
    headers: Mapping[str, str]
    seconds: float
    error: str
    seen: Moment

    @property
    def ok(self) -> bool:
        """Whether both codes say so; most of AgentChat's failures are HTTP 200 with another inner code."""
        return 200 <= self.status < 300 and self.inner in {None, 200}  # noqa: PLR2004 - HTTP's own numbers

    @property
    def data(self) -> Any:
        """The envelope's data; None without one."""
        return self.body.get("data") if isinstance(self.body, dict) else None

    def __str__(self) -> str:
        """``POST /api/v1/dialog: 200, inner 500 (message) in 0.02 s``."""
        path = urllib.parse.urlsplit(self.url).path or "/"
        if self.error:
            return f"{self.method} {path}: {self.error}"
        inner = "" if self.inner in {None, self.status} else f", inner {self.inner}"
        message = "" if self.ok else f" ({self._message()})"
        return f"{self.method} {path}: {self.status}{inner}{message} in {self.seconds:.2f} s"

    def _message(self) -> str:
        body = self.body
        if isinstance(body, dict):
            body = body.get("status_message") or body.get("detail") or body.get("error_msg") or body
        return str(body)[:200]


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A streamed completion.

    Attributes:
        answer: The response it came in.
        text: All chunks together.
        chunk_seconds: When each chunk came, from the request on.
        errors: Messages of error events in the stream.
    """

    answer: HttpAnswer
    text: str
    chunk_seconds: tuple[float, ...]
    errors: tuple[str, ...]

    def __str__(self) -> str:
        """The response, and how the stream went."""
        went = f"{len(self.chunk_seconds)} chunks, {self.text[:80]!r}"
        return f"{self.answer}; {went}" + "".join(f"; error in the stream: {error}" for error in self.errors)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a dialog as the history returns it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """An attempt to log in to the database or the cache and to ask something.

    Attributes:
        who: The account, and where its password was read.
        accepted: Whether it was let in and answered.
        error: Why not, or "".
        seconds: How long it took.
        seen: When it began.
    """

    who: str
    accepted: bool
    error: str
    seconds: float
    seen: Moment

    def __str__(self) -> str:
        """Who, and how it went."""
        return f"{self.who}: {'accepted' if self.accepted else self.error} in {self.seconds:.2f} s"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the application's database."""

    name: str
    collation: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The application's database as the server describes it.

    Attributes:
        version: The server's version.
        charset: The database's default character set.
        tables: Its tables, by name.
        seen: When we looked.
    """

    version: str
    charset: str
    tables: tuple[Table, ...]
    seen: Moment


@dataclass(frozen=True, slots=True)
class RowDigests:
    """What the tables hold, without saying it: rows and a digest by table and by the user they belong to.

    Attributes:
        groups: (number of rows, digest) by (table, user id); user id "" for rows that belong to nobody.
        seen: When we looked.
    """

    groups: Mapping[tuple[str, str], tuple[int, str]]
    seen: Moment


@dataclass(frozen=True, slots=True)
class CacheKey:
    """A key of the cache.

    Attributes:
        name: The key.
        exists: Whether it is there.
        ttl: Seconds it will live; None when it lives for ever.
    """

    name: str
    exists: bool
    ttl: int | None


@dataclass(frozen=True, slots=True)
class SeedRow:
    """An agent, tool or model as the API lists it.

    Attributes:
        kind: agent, tool or model.
        name: Its name.
        owner: The user it belongs to.
    """

    kind: str
    name: str
    owner: str


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
class Page:
    """What the frontend serves.

    Attributes:
        index: The page itself.
        assets: The scripts and styles it names, and those that these scripts name.
        deep_link: An address inside the application, asked for directly.
    """

    index: HttpAnswer
    assets: tuple[HttpAnswer, ...]
    deep_link: HttpAnswer


@dataclass(frozen=True, slots=True)
class Visit:
    """What a user saw in a real browser.

    Attributes:
        steps: What worked, in order, each with its seconds since the start.
        failed: The step that did not work, and why; "" when all did.
        console: Errors in the browser's console, and uncaught exceptions.
        requests_failed: Requests that failed or were answered with an error status.
        other_hosts: Hosts besides the page's own that it asked something of.
        screenshot: Path of a picture of the last moment, or "".
    """

    steps: tuple[tuple[str, float], ...]
    failed: str
    console: tuple[str, ...]
    requests_failed: tuple[str, ...]
    other_hosts: tuple[str, ...]
    screenshot: str


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
