"""The one door to other programs with a script behind it: answers by what is run, and remembers it."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check import errors
from agentchat_check.settings import Settings
from agentchat_check.stack.process import CommandError, Completed

MakeSettings = Callable[..., Settings]
"""Makes settings: the defaults, but for what is given."""


@dataclass(frozen=True)
class Call:
    """A program that was run.

    Attributes:
        line: Program and arguments, as a shell would take them.
        cwd: Where it ran.
        environment: Variables on top of ours.
        given: Its standard input.
        timeout: Seconds it had; 0 for one that was detached.
    """

    line: str
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    given: str = ""
    timeout: float = 0.0


@dataclass(frozen=True)
class _Answer:
    pattern: str
    stdout: str
    stderr: str
    returncode: int
    does: Callable[[Call], object]
    missing: bool
    late: bool


class Programs:
    """Stands in for ``agentchat_check.stack.process``; a program that nobody scripted fails the test."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._answers: list[_Answer] = []

    def answer(
        self,
        pattern: str,
        stdout: str = "",
        *,
        stderr: str = "",
        returncode: int = 0,
        does: Callable[[Call], object] = lambda _: None,
        missing: bool = False,
        late: bool = False,
    ) -> None:
        """Answer commands in which a pattern is found; what is said later wins.

        Args:
            pattern: Searched in the command's line.
            stdout: What it prints.
            stderr: What it complains about.
            returncode: How it ends.
            does: What it does to the world.
            missing: There is no such program.
            late: It does not end in time.
        """
        self._answers.insert(0, _Answer(pattern, stdout, stderr, returncode, does, missing, late))

    @property
    def lines(self) -> list[str]:
        """What was run, in order."""
        return [call.line for call in self.calls]

    def last(self, pattern: str) -> Call:
        """The last call in which a pattern is found."""
        return next(call for call in reversed(self.calls) if re.search(pattern, call.line))

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        given: str = "",
        timeout: float,
        check: bool = True,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> Completed:
        """As ``process.run``."""
        answer = self._ask(Call(shlex.join(command), cwd, dict(environment or {}), given, timeout))
        for line in answer.stdout.splitlines():
            on_line(line)
        completed = Completed(tuple(command), answer.returncode, answer.stdout, answer.stderr)
        if answer.late:
            raise CommandError(completed, f"no end after {timeout:g} s")
        if check and completed.returncode != 0:
            raise CommandError(completed)
        return completed

    def detach(self, command: Sequence[str], *, log_file: Path) -> None:
        """As ``process.detach``."""
        self._ask(Call(f"{shlex.join(command)} >>{log_file} &"))

    def _ask(self, call: Call) -> _Answer:
        self.calls.append(call)
        answer = next((a for a in self._answers if re.search(a.pattern, call.line)), None)
        assert answer, f"nobody scripted: {call.line}"
        if answer.missing:
            raise errors.HostError(f"run: {call.line}", actual="no such program")
        answer.does(call)
        return answer
