"""Which archives are kept: a choice by their times alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agentchat_check import errors

_PERIODS: Mapping[str, Callable[[datetime], tuple[int, ...]]] = {
    "daily": lambda time: (time.year, time.month, time.day),
    "weekly": lambda time: time.isocalendar()[:2],
    "monthly": lambda time: (time.year, time.month),
}


@dataclass(frozen=True, slots=True)
class Retention:
    """How many archives are kept.

    Days, ISO weeks and months are UTC's, and those without an archive do not count. An archive may be kept for several
    reasons.

    Attributes:
        last: The newest ones.
        daily: The newest of each of the last days.
        weekly: The newest of each of the last weeks.
        monthly: The newest of each of the last months.

    Raises:
        errors.ArchiveError: None would be kept.
    """

    last: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0

    def __post_init__(self) -> None:
        """See that it keeps something."""
        counts = (self.last, self.daily, self.weekly, self.monthly)
        if min(counts) < 0 or max(counts) == 0:
            raise errors.ArchiveError(
                "choose the archives to keep",
                expected="how many to keep: of the last, of days, weeks or months",
                actual="a number below zero" if min(counts) < 0 else "nothing to be kept",
                next_step="give one of --keep-last, --keep-daily, --keep-weekly and --keep-monthly",
            )


def reasons(times: Sequence[datetime], retention: Retention) -> list[tuple[str, ...]]:
    """Why each archive is kept.

    Args:
        times: When each was taken.
        retention: How many are kept.

    Returns:
        For each, in the order given: ``last``, ``daily``, ``weekly``, ``monthly``; empty for one that is not kept.
    """
    newest_first = sorted(range(len(times)), key=lambda index: times[index], reverse=True)
    found: list[list[str]] = [[] for _ in times]
    for index in newest_first[: retention.last]:
        found[index].append("last")
    for name, period in _PERIODS.items():
        latest: dict[tuple[int, ...], int] = {}
        for index in newest_first:
            latest.setdefault(period(times[index].astimezone(UTC)), index)
        for index in list(latest.values())[: getattr(retention, name)]:
            found[index].append(name)
    return [tuple(names) for names in found]
