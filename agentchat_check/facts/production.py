"""What a production overlay says, and what of it is in force."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class RenderedOverlay:
    """Compose files as compose rendered them.

    Attributes:
        refused: Why compose refuses them, or "".
        unset: Variables without a value and without a default, for which compose puts nothing.
        blank: Variables of services that stand for one that is set to nothing: ``mysql: MYSQL_PASSWORD``.
        services: How many services were rendered.
    """

    refused: str
    unset: tuple[str, ...]
    blank: tuple[str, ...]
    services: int


@dataclass(frozen=True, slots=True)
class Programs:
    """What a service is to run, looked for in its image.

    Attributes:
        service: The service.
        image: Its image.
        wanted: The programs that its entrypoint and its command begin with.
        missing: Those of them that the image does not have.
        unseen: Why the image could not be looked into, or "".
    """

    service: str
    image: str
    wanted: tuple[str, ...]
    missing: tuple[str, ...]
    unseen: str


@dataclass(frozen=True, slots=True)
class Flags:
    """A server's flags, shown to the server itself.

    Attributes:
        service: The service.
        given: The flags, ``--name=value`` each.
        refused: What the server says, by flag that it refuses.
        unseen: Why it could not be asked, or "".
    """

    service: str
    given: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    unseen: str


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that serve a backend's requests.

    Attributes:
        service: The service.
        declared: How many its configuration asks for.
        running: What each of those that run is called.
    """

    service: str
    declared: int
    running: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """How a service ended when it was asked to.

    Attributes:
        service: The service.
        exit_code: Its exit code.
        killed: Whether the engine had to kill it.
        seconds: From the request to its end; None where the engine told of neither.
        grace: Seconds it has, as declared.
    """

    service: str
    exit_code: int
    killed: bool
    seconds: float | None
    grace: float

    def __str__(self) -> str:
        """``backend ended after 3.2 s with exit code 0``, and how it was brought to it."""
        after = "" if self.seconds is None else f" after {self.seconds:.1f} s"
        return f"{self.service} ended{after} with exit code {self.exit_code}" + (", killed" if self.killed else "")


@dataclass(frozen=True, slots=True)
class LogRotation:
    """Where a container's log goes, as the engine has it.

    Attributes:
        service: The service.
        driver: The logging driver.
        max_size: Where a file of the log ends, as it is written, ``10m``; "" without an end.
        max_file: How many files are kept, as it is written; "" where nothing is said.
    """

    service: str
    driver: str
    max_size: str
    max_file: str

    def __str__(self) -> str:
        """``redis: json-file, max-size 10m, max-file 3``."""
        options = {"max-size": self.max_size, "max-file": self.max_file}
        return ", ".join([f"{self.service}: {self.driver}", *(f"{k} {v}" for k, v in options.items() if v)])


@dataclass(frozen=True, slots=True)
class FullLog:
    """A log that was written full, in a container that was made for it, and what the engine kept of it.

    Attributes:
        rotation: How it is made; its service names every one whose log is made like it.
        limit: Bytes that all its files may hold together, as declared; None where nothing says where it ends.
        written: Bytes that were printed, or would have been.
        kept: Bytes of them that can still be read.
        oldest: Whether the first line can.
        newest: Whether the last line can.
        unseen: Why it was not filled, or "".
    """

    rotation: LogRotation
    limit: int | None
    written: int
    kept: int = 0
    oldest: bool = False
    newest: bool = False
    unseen: str = ""

    def __str__(self) -> str:
        """``redis: json-file, max-size 10m, max-file 3: 40.0 MiB written, 28.3 MiB kept``."""
        return f"{self.rotation}: {self.written / MIB:.1f} MiB written, {self.kept / MIB:.1f} MiB kept"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may use, as one of those who have a say in it puts it.

    Attributes:
        memory: Bytes; None without a limit.
        cpus: Processors; None without a limit.
    """

    memory: int | None
    cpus: float | None

    def __str__(self) -> str:
        """``256 MiB, 1 CPU``."""
        memory = "any memory" if self.memory is None else f"{self.memory / MIB:g} MiB"
        return f"{memory}, {'any CPU' if self.cpus is None else f'{self.cpus:g} CPU'}"


@dataclass(frozen=True, slots=True)
class Limited:
    """The limits of one service: declared, and as the kernel enforces them.

    Attributes:
        service: The service.
        declared: What the compose files say.
        enforced: What the container's cgroup says.
    """

    service: str
    declared: Limits
    enforced: Limits
