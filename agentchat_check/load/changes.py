"""Has it become worse? Noise, regressions and change points of a figure from run to run.

Change points are found by E-divisive with a permutation test (Matteson and James, 2014), the method that MongoDB and
Apache Otava use on series of benchmarks: it assumes no distribution, and needs no penalty that somebody has to choose.
It is 40 lines for a series of numbers; the libraries that have it bring numpy and scipy, or clients of clouds.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agentchat_check.facts.metrics import Unit

ENOUGH = 5
"""Runs before a noise is known, and on either side of a change point."""

LAST = 10
"""Runs that a new one is compared with."""

SERIES = 50
"""Runs, the newest ones, in which change points are looked for."""

_DEVIATIONS = 3.0
"""How many times its noise a figure may move."""

_LEAST = 0.05
"""Share of itself by which a figure may always move."""

_UNKNOWN_NOISE = 0.20
"""The same where no noise is known."""

_SLIGHT = {Unit.SECONDS: 0.001, Unit.SHARE: 0.005}
"""What nobody notices, whatever share of the figure it is."""

_NORMAL = 1.4826 / 2**0.5
"""The standard deviation of single values, from the median of the differences of successive ones, for normal noise."""

_PERMUTATIONS = 199
_SIGNIFICANT = 0.01


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of a run beside that of others.

    Attributes:
        name: The figure's.
        unit: What it counts.
        before: What it was: the median of the runs before, or the other run's figure.
        after: What it is.
        floor: How far it may move without meaning anything.
        noise_known: Whether the floor comes from runs that were repeated.
    """

    name: str
    unit: Unit
    before: float
    after: float
    floor: float
    noise_known: bool

    @property
    def worse(self) -> bool:
        """Whether it rose beyond the floor."""
        return self.after - self.before > self.floor

    @property
    def better(self) -> bool:
        """Whether it fell beyond the floor."""
        return self.before - self.after > self.floor

    @property
    def share(self) -> float:
        """By which share of itself it moved; 0 where it was nothing before."""
        return (self.after - self.before) / self.before if self.before else 0.0


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """Where a series begins to be another one.

    Attributes:
        at: Index of the first run of the new level.
        before: The median before, back to the change point before.
        after: The median after.
    """

    at: int
    before: float
    after: float


def noise(series: Sequence[float]) -> float | None:
    """The standard deviation of a figure that is only repeated; None where too few runs tell it.

    It comes from the differences of successive runs, so that a level that moved in between counts but once.
    """
    if len(series) < ENOUGH:
        return None
    return _NORMAL * statistics.median(abs(after - before) for before, after in pairwise(series))


def compared(name: str, unit: Unit, before: Sequence[float], after: float, spread: float | None) -> Change:
    """A figure beside those of the runs before.

    Args:
        name: The figure's.
        unit: What it counts.
        before: Of the runs before, at least one.
        after: Of this run.
        spread: Its noise, where it is known.
    """
    level = statistics.median(before)
    least = _UNKNOWN_NOISE if spread is None else _LEAST
    floor = max(_DEVIATIONS * (spread or 0.0), least * abs(level), _SLIGHT.get(unit, 0.0))
    return Change(name, unit, level, after, floor, spread is not None)


def change_points(series: Sequence[float], unit: Unit) -> list[ChangePoint]:
    """Where a series of runs, the oldest first, changes its level for good, and noticeably."""
    dice = random.Random(len(series))  # noqa: S311 - the same series is to give the same answer
    cuts = [0, *sorted(_split(series, 0, len(series), dice)), len(series)]
    levels = [statistics.median(series[start:end]) for start, end in pairwise(cuts)] if series else []
    return [
        ChangePoint(cut, before, after)
        for cut, (before, after) in zip(cuts[1:-1], pairwise(levels), strict=True)
        if abs(after - before) > max(_LEAST * abs(before), _SLIGHT.get(unit, 0.0))
    ]


def _split(series: Sequence[float], start: int, end: int, dice: random.Random) -> list[int]:
    """Change points of a stretch: where it divides best, if chance seldom divides it as well; then of both parts."""
    if end - start < 2 * ENOUGH:
        return []
    distances = [[abs(one - other) for other in series[start:end]] for one in series[start:end]]
    order = list(range(end - start))
    cut, divergence = _best_cut(distances, order)
    if not divergence:
        return []
    as_good = 0
    for _ in range(_PERMUTATIONS):
        dice.shuffle(order)
        as_good += _best_cut(distances, order)[1] >= divergence
    if (1 + as_good) / (1 + _PERMUTATIONS) > _SIGNIFICANT:
        return []
    middle = start + cut
    return [*_split(series, start, middle, dice), middle, *_split(series, middle, end, dice)]


def _best_cut(distances: Sequence[Sequence[float]], order: Sequence[int]) -> tuple[int, float]:
    """Where two parts differ most, and by how much: the energy distance between them, weighed by their sizes."""
    size = len(order)
    rows = [[distances[one][other] for other in order] for one in order]
    left, right, between = 0.0, sum(map(sum, rows)) / 2, 0.0
    best = (0, 0.0)
    for cut, row in enumerate(rows[:-ENOUGH], start=1):
        to_the_left, to_the_right = sum(row[: cut - 1]), sum(row[cut:])
        left += to_the_left
        right -= to_the_right
        between += to_the_right - to_the_left
        first, second = cut, size - cut
        if first >= ENOUGH:
            inner = left * 2 / (first * (first - 1)) + right * 2 / (second * (second - 1))
            divergence = first * second / size * (2 * between / (first * second) - inner)
            best = max(best, (cut, divergence), key=lambda pair: pair[1])
    return best
