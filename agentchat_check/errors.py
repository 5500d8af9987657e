"""What kept us from looking: errors that read like findings and end in a next step."""

from __future__ import annotations

import builtins
from collections.abc import Sequence


class CheckError(Exception):
    """Something kept us from looking, so there is no verdict.

    Args:
        tried: What we were doing, as the title of the error.
        expected: What should have happened.
        actual: What happened instead; may span lines.
        next_step: What the reader does now.
        checked: What a preflight looked at, one entry each, in order.
        ways: Alternative fixes, any one of which suffices; used instead of ``next_step``.

    Attributes:
        evidence: Paths of files that were saved meanwhile and show more.
    """

    def __init__(
        self,
        tried: str,
        *,
        expected: str = "",
        actual: str = "",
        next_step: str = "",
        checked: Sequence[str] = (),
        ways: Sequence[str] = (),
    ) -> None:
        super().__init__(tried)
        self.tried = tried
        self.expected = expected
        self.actual = actual
        self.next_step = next_step
        self.checked = tuple(checked)
        self.ways = tuple(ways)
        self.evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The error as an operator reads it, with the labels of findings."""
        lines = [self.tried, *labelled(expected=self.expected, actual=self.actual, next_step=self.next_step)]
        if self.checked:
            lines += ["  Checked:", *(f"    - {entry}" for entry in self.checked)]
        if self.ways:
            lines += ["  To fix this, either:", *(f"    - {way}" for way in self.ways)]
        lines += labelled(evidence="\n".join(self.evidence))
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders whole, so that a worker's error reads like our own."""
        return _rebuilt, (type(self), self.args, self.__dict__)


class HostError(CheckError):
    """This host cannot do it: no engine, disk full, port taken."""


class DeploymentError(CheckError):
    """The deployment's own files are at fault."""


class ArchiveError(CheckError):
    """A backup's archive is damaged, foreign or closed to us; or what was to be put into it does not belong there."""


class ClosedArchiveError(ArchiveError):
    """A backup's archive is encrypted, and what was given does not open it; it may well be whole."""


class StackError(CheckError):
    """It ran, and broke."""


class HalfwayError(CheckError):
    """What we do to a stack was begun and stands halfway; doing it again goes on from there."""


class InapplicableError(CheckError):
    """What a check asks about is no part of this deployment, so there is nothing to judge; ``actual`` says what."""


class TimeoutError(CheckError, builtins.TimeoutError):  # noqa: A001 - it is one, and callers say errors.TimeoutError
    """We waited as long as we were told to; carries the last observation."""


def labelled(**values: str) -> list[str]:
    """One line per label that has a value: ``  expected:   …``; further lines of a value are indented below it."""
    width = len("next step:  ")
    lines = []
    for name, value in values.items():
        if value:
            label = f"{name.replace('_', ' ')}:"
            lines.append("  " + label.ljust(width) + value.replace("\n", "\n  " + " " * width))
    return lines


def _rebuilt(kind: type[CheckError], args: tuple[str, ...], state: dict[str, object]) -> CheckError:
    error = kind(*args)
    error.__dict__.update(state)
    return error
