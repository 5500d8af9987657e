"""The processes that generate load: locust, alone or as a master with workers, each a program beside us."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from agentchat_check import errors, wait
from agentchat_check.load.profiles import FILES, Profile
from agentchat_check.stack import process

STARTS = "agentchat-check starts at "
"""How the line begins by which locust tells when second 0 is: seconds of the monotonic clock, and since the epoch."""

NAMED = "agentchat-check records as "
"""How the line begins by which a process tells under which name it records, and its process id."""

SPENT = "agentchat-check ends: "
"""How the line begins by which locust tells why it ends before its time: it asked for as many answers of the model as
it may, or the clocks of its hosts do not agree."""

PORT = 5557
"""Where workers of other hosts join, unless somebody says otherwise; locust's own port."""

_PATIENCE = 90.0
"""Seconds until locust and all its workers say that they start; imports alone take several on a small host."""

_PATIENCE_WITH_HOSTS = 900.0
"""Likewise, where somebody starts workers on other hosts meanwhile."""

_FAREWELL = 40.0
"""Seconds that processes which were asked to end may take: visitors under way may come to their end."""

_AFTER_THE_FIRST = 5.0
"""Likewise those that are led, once the one that leads has ended."""

_SHOWN_LINES = 15


@dataclass(frozen=True, slots=True)
class Start:
    """When second 0 of a run is.

    Attributes:
        monotonic: On the monotonic clock of this host.
        epoch: Seconds since the epoch.
    """

    monotonic: float
    epoch: float


@dataclass(frozen=True, slots=True)
class Door:
    """Where workers of other hosts join.

    Attributes:
        address: Of this host.
        port: Its port.
    """

    address: str
    port: int = PORT


@dataclass(slots=True)
class Generator:
    """Locust's processes, under way.

    Attributes:
        names: Those that record, as they name their logs.
        programs: All of them on this host; the first leads.
        said: What they printed.
        patience: Seconds until all of them are there.
    """

    names: tuple[str, ...]
    programs: list[process.Running]
    said: list[str] = field(default_factory=list)
    patience: float = _PATIENCE

    def start(self) -> Start:
        """Wait until they say when they start.

        Raises:
            errors.CheckError: They do not.
        """
        line = wait.until(
            lambda: next((line for line in self.said if line.startswith(STARTS)), ""),
            bool,
            what="the start of the load generator",
            hopeless=lambda _: "it ended" if self.programs[0].done() else "",
            show=lambda line: line or self.last_words(),
            timeout=self.patience,
            next_step="read its lines above",
        )
        monotonic, epoch = map(float, line.removeprefix(STARTS).split())
        return Start(monotonic, epoch)

    def done(self) -> bool:
        """Whether the one that leads has ended: it stays until the others have told what they recorded."""
        return self.programs[0].done()

    def gone(self) -> set[str]:
        """Those that record here, and have ended."""
        named = [line.removeprefix(NAMED).split() for line in list(self.said) if line.startswith(NAMED)]
        ended = {str(program.pid) for program in self.programs if program.done()}
        return {name for name, pid in named if pid in ended}

    def spent(self) -> str:
        """Why they end before their time, where they say so; else ""."""
        return next((line.removeprefix(SPENT) for line in list(self.said) if line.startswith(SPENT)), "")

    def ask_to_end(self) -> None:
        """Ask them to end: nobody is let in any more, and visitors under way may come to their end."""
        self.programs[0].ask_to_end()

    def end(self) -> None:
        """End those that have not ended: politely, then not. Once the first has, nobody hears the others' rest."""
        for number, program in enumerate(self.programs):
            if not program.done():
                program.end(patience=_AFTER_THE_FIRST if number else _FAREWELL)

    def last_words(self) -> str:
        """The end of what they printed."""
        return "\n".join(self.said[-_SHOWN_LINES:]) or "it said nothing"


def require_locust() -> None:
    """See that locust is there, without importing it: it changes what it is imported into.

    Raises:
        errors.HostError: It is not.
    """
    if find_spec("locust") is None:
        raise errors.HostError(
            "generate load",
            expected="locust in this environment",
            actual="it is not installed",
            next_step="make load, which installs it; or pip install --require-hashes -r requirements/load.txt",
        )


@contextmanager
def started(
    profile: Profile,
    url: str,
    *,
    people: Path,
    recording: Path,
    live: bool,
    door: Door | None = None,
    files: Path = FILES,
    on_line: Callable[[str], object] = lambda _: None,
) -> Iterator[Generator]:
    """Start locust as a profile says; leaving the block ends all of it.

    Args:
        profile: How much load, and of which kind.
        url: What is driven.
        people: The file of the people.
        recording: The directory that is recorded into; made by others, before second 0.
        live: Whether it is somebody's installation, and that is meant.
        door: Where all its workers join from other hosts; None starts them here.
        files: The directory of load files.
        on_line: Takes each line that they print, from other threads.

    Raises:
        errors.HostError: It cannot be started.
    """
    common = [sys.executable, "-m", "locust", "--locustfile", str(files / profile.file), "--headless"]
    asked = _options(profile, url, people, recording, files, live=live)
    number, patience = profile.processes, _PATIENCE_WITH_HOSTS if door else _PATIENCE
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        on_line(line)

    commands, names = [[*common, *asked]], ["generator"]
    if door or number > 1:
        at = door or Door("127.0.0.1", _free_port())
        master = ["--master", "--master-bind-host", at.address, "--master-bind-port", str(at.port)]
        master += ["--expect-workers", str(number), "--expect-workers-max-wait", str(int(patience))]
        worker = [*common, "--worker", "--master-host", at.address, "--master-port", str(at.port)]
        commands = [[*common, *master, *asked], *([] if door else [worker] * number)]
        names = [f"worker-{one}" for one in range(number)]
    with ExitStack() as stack:
        generator = Generator(tuple(names), [], said, patience)
        stack.callback(generator.end)
        for command in commands:
            generator.programs.append(stack.enter_context(process.running(command, on_line=hear)))
        yield generator


def _options(profile: Profile, url: str, people: Path, recording: Path, files: Path, *, live: bool) -> Sequence[str]:
    users = profile.users if profile.arrivals == "closed" else profile.processes
    given = {
        "host": url,
        "users": users,
        "spawn-rate": users,
        "exit-code-on-error": 0,  # what went wrong is in the recording, and judged from there
        "arrivals": profile.arrivals,
        "rate": profile.rate,
        "spacing": profile.spacing,
        "think": profile.think,
        "seed": profile.seed,
        "people": people,
        "recording": recording,
    }
    if profile.shape:
        given["shape"] = files / profile.shape
    if profile.answers:
        given["answers"] = profile.answers
    if profile.seconds:
        given["seconds"] = profile.seconds
    options = ["--only-summary", *(["--i-know-this-is-live"] if live else [])]
    return [*options, *(word for name, value in given.items() for word in (f"--{name}", str(value)))]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
