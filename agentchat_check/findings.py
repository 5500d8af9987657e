"""Verdicts, promises and findings: how a look is judged, and how a judgement reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from agentchat_check import errors


class Verdict(StrEnum):
    """What we say of a promise. Never guessed; UNKNOWN is never a pass."""

    HOLDS = "HOLDS"
    UNKNOWN = "UNKNOWN"
    BROKEN = "BROKEN"


def rank(verdict: Verdict) -> int:
    """How much a verdict weighs: BROKEN outranks UNKNOWN outranks HOLDS."""
    return (Verdict.HOLDS, Verdict.UNKNOWN, Verdict.BROKEN).index(verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that decides; where nothing was seen, UNKNOWN."""
    return max(verdicts, key=rank, default=Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, judged.

    Attributes:
        check: Id of the check, ``<module>.<function>``.
        promise: The promise in plain words, in the present tense.
        verdict: HOLDS, BROKEN or UNKNOWN.
        expected: What the promise asks for.
        actual: What was seen.
        next_step: What the reader does now; empty when the promise holds.
        evidence: Paths of the files that show it.
    """

    check: str
    promise: str
    verdict: Verdict
    expected: str
    actual: str
    next_step: str = ""
    evidence: tuple[str, ...] = ()

    def with_evidence(self, *paths: str) -> Finding:
        """The same finding, with more evidence."""
        return replace(self, evidence=self.evidence + paths)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the field names are part of the report's schema."""
        return {**asdict(self), "verdict": self.verdict.value, "evidence": list(self.evidence)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Finding:
        """The finding that ``as_dict`` wrote."""
        return cls(**{**values, "verdict": Verdict(values["verdict"]), "evidence": tuple(values["evidence"])})

    def __str__(self) -> str:
        """The finding as an operator reads it."""
        detail = errors.labelled(
            expected=self.expected,
            actual=self.actual,
            next_step=self.next_step,
            evidence=_by_directory(self.evidence),
        )
        return "\n".join([f"{self.verdict}: {self.promise}", *detail])


def shown(path: Path) -> str:
    """A path as the reader would type it: relative to where they are, when it is below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _by_directory(paths: Iterable[str]) -> str:
    """One line per directory, with the files in it: ``.agentchat-check/…/ (ps.txt, backend.log)``."""
    names: dict[str, list[str]] = {}
    for path in paths:
        directory, slash, name = path.rpartition("/")
        names.setdefault(directory + slash or "./", []).append(name)
    return "\n".join(f"{directory} ({', '.join(dict.fromkeys(inside))})" for directory, inside in names.items())


@dataclass(frozen=True, slots=True)
class Promise:
    """What a check judges: its id, its words, and what to do when it is broken.

    A check makes its finding from its promise, so that the words stand in one place::

        TELLS_THE_TRUTH = Promise("health.tells_the_truth", "health tells the truth", "look at …")
        return TELLS_THE_TRUTH.judge(said == seen, expected="…", actual="…")
    """

    check: str
    text: str
    next_step: str

    def about(self, subject: str) -> Promise:
        """The same promise for one of several subjects, each judged by itself: ``about("redis, paused")``."""
        return replace(self, text=f"{self.text}: {subject}")

    def judge(self, kept: bool, *, expected: str, actual: str, next_step: str = "") -> Finding:  # noqa: FBT001 - the verdict is the point
        """HOLDS when kept, else BROKEN with the next step (the promise's own unless a better one is known)."""
        if kept:
            return Finding(self.check, self.text, Verdict.HOLDS, expected, actual)
        return Finding(self.check, self.text, Verdict.BROKEN, expected, actual, next_step or self.next_step)

    def unknown(self, *, expected: str, actual: str, next_step: str) -> Finding:
        """UNKNOWN: we could not look; ``actual`` says why and ``next_step`` how to let us look."""
        return Finding(self.check, self.text, Verdict.UNKNOWN, expected, actual, next_step)


def few(lines: Sequence[str], at_most: int = 6) -> str:
    """The first of many lines, and how many there are besides."""
    more = [f"… and {len(lines) - at_most} more"] if len(lines) > at_most else []
    return "\n".join([*lines[:at_most], *more])
