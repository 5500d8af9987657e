"""Scripts that start and stop a deployment, what they said, and what they left on the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentchat_check.facts.answers import HttpAnswer
from agentchat_check.facts.moment import Moment

_LAST = 12
"""Lines that are the end of what was said."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script as it lies on the disk.

    Attributes:
        name: Its file's name.
        executable: Whether its owner may run it.
        shebang: The program that its first line names, ``/usr/bin/env bash``; "" when it names none.
        carriage_returns: Lines that end in CRLF.
        way_around: The line, if any, that would reach the engine by a way on which nobody can keep it from harm.
    """

    name: str
    executable: bool
    shebang: str
    carriage_returns: int
    way_around: str = ""


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """A script that was run.

    Attributes:
        script: Its file's name.
        how: From where, and with which commands within reach.
        status: Its exit status; None when it did not end in time.
        printed: What it printed.
        complained: What it printed to its error output.
        held_back: Commands of its that were not let through to the engine, as the script gave them.
        not_made: Directories that its services mount, and that were not there when it started them.
        seconds: How long it took.
        seen: When it began.
    """

    script: str
    how: str
    status: int | None
    printed: str
    complained: str
    held_back: tuple[str, ...]
    not_made: tuple[str, ...]
    seconds: float
    seen: Moment

    @property
    def output(self) -> str:
        """Both outputs, one after the other."""
        return "\n".join(filter(None, [self.printed.strip(), self.complained.strip()]))

    @property
    def ending(self) -> str:
        """The last lines of both outputs: what an administrator is left with."""
        return "\n".join([line for line in self.output.splitlines() if line.strip()][-_LAST:])

    @property
    def prunes(self) -> tuple[str, ...]:
        """Commands that would have removed what belongs to nobody in particular; they were not let through."""
        return tuple(command for command in self.held_back if "prune" in command.split())

    @property
    def hindered(self) -> tuple[str, ...]:
        """Other commands that were not let through, so that nobody knows what the script would have done."""
        return tuple(command for command in self.held_back if command not in self.prunes)

    def __str__(self) -> str:
        """``start.sh, from its own directory: exit status 0 after 9.1 s``."""
        end = "had not ended" if self.status is None else f"exit status {self.status}"
        return f"{self.script}, {self.how}: {end} after {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a script printed, and what answered there.

    Attributes:
        printed: As it was printed.
        asked: Where it was asked: for a copy of a deployment, whose ports the engine chose, the port of the copy that
            stands for the printed one.
        answer: What came.
    """

    printed: str
    asked: str
    answer: HttpAnswer


@dataclass(frozen=True, slots=True)
class Belongings:
    """What the engine has of a project.

    Attributes:
        project: The project.
        containers: How each container is, by name.
        volumes: Names of its volumes.
        networks: Names of its networks.
        images: Ids of the images that its containers run.
    """

    project: str
    containers: Mapping[str, str]
    volumes: tuple[str, ...]
    networks: tuple[str, ...]
    images: tuple[str, ...] = ()

    def __str__(self) -> str:
        """How many of each."""
        counts = {"containers": self.containers, "volumes": self.volumes, "networks": self.networks}
        return ", ".join(f"{len(some)} {what}" for what, some in counts.items())


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a port of this host.

    Attributes:
        port: The port.
        name: The program's name.
        pid: Its number.
    """

    port: int
    name: str
    pid: int
