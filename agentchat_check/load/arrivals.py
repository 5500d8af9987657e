"""When visitors come: open arrivals, who come when they are due whatever became of those before them.

A shape is a rate over time; a schedule is the moments that follow from it, the same for the same seed. Several
processes share one shape: each takes its part, and together they make the whole.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from agentchat_check import errors


class Spacing(StrEnum):
    """How arrivals of one rate are spread: evenly, or each independent of all others as people's are."""

    CONSTANT = "constant"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True)
class Shape:
    """A rate over time, in straight lines from point to point.

    Attributes:
        points: Seconds since the start, and arrivals per second then; the seconds never fall, and a second that stands
            twice is a step.
    """

    points: tuple[tuple[float, float], ...]

    @classmethod
    def constant(cls, rate: float, seconds: float) -> Shape:
        """One rate for so many seconds; ``math.inf`` for as long as somebody lets it go on."""
        return cls(((0.0, rate), (seconds, rate)))

    def scaled(self, factor: float) -> Shape:
        """The same course at another height."""
        return Shape(tuple((second, rate * factor) for second, rate in self.points))

    @property
    def seconds(self) -> float:
        """How long it goes on."""
        return self.points[-1][0]

    @property
    def peak(self) -> float:
        """The highest rate."""
        return max(rate for _, rate in self.points)

    def expected(self, until: float) -> float:
        """How many arrivals are due until a second."""
        total = 0.0
        for (start, first), (end, last) in pairwise(self.points):
            length = min(end, until) - start
            if length > 0:
                at_end = first if math.isinf(end) else first + (last - first) * length / (end - start)
                total += (first + at_end) / 2 * length
        return total


def schedule(shape: Shape, spacing: Spacing, *, seed: int, part: int = 0, parts: int = 1) -> Iterator[float]:
    """The moments at which visitors are due, in seconds since the start, in order.

    Args:
        shape: The rate of all processes together.
        spacing: How arrivals are spread.
        seed: What chooses them; the same seed, the same moments.
        part: Which of the processes, from 0 on.
        parts: How many processes share the shape: each takes every so many-th arrival, or with Poisson arrivals draws
            its own, which together are Poisson again.
    """
    return _moments(shape, _evenly(part, parts) if spacing is Spacing.CONSTANT else _by_chance(seed, part, parts))


def read(path: Path) -> Shape:
    """Read a shape from a file of comma-separated values with the columns ``seconds`` and ``rate``.

    Raises:
        errors.CheckError: There is no such file, or it is no shape.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(line for line in file if not line.startswith("#"))
            points = tuple((float(row["seconds"]), float(row["rate"])) for row in rows)
        flaw = flaw_of(points)
    except KeyError as error:
        flaw = f"it has no column {error}"
    except (OSError, ValueError, TypeError, csv.Error) as error:
        flaw = str(error)
    if flaw:
        raise errors.CheckError(
            f"read the shape {path}",
            expected="a first line `seconds,rate`, then lines of two numbers, the seconds rising from 0",
            actual=flaw,
            next_step="look at the files in loadtests/shapes",
        )
    return Shape(points)


def flaw_of(points: tuple[tuple[float, float], ...]) -> str:
    """What keeps points from being a shape; "" when nothing does."""
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return f"{len(points)} points make no line"
    for second, rate in points:
        if not (math.isfinite(second) and math.isfinite(rate) and rate >= 0):
            return f"at {second:g} s the rate is {rate:g}"
    if points[0][0] != 0:
        return f"it begins at {points[0][0]:g} s and not at 0"
    if fallen := next((after for (before, _), (after, _) in pairwise(points) if after < before), None):
        return f"{fallen:g} s comes after a later second"
    shape = Shape(points)
    return "" if shape.expected(shape.seconds) > 0 else "nobody ever arrives"


def _evenly(part: int, parts: int) -> Iterator[float]:
    """Counts of arrivals of all processes at which this one's are due: in the middle of each, so that none is at 0."""
    count = part + 0.5
    while True:
        yield count
        count += parts


def _by_chance(seed: int, part: int, parts: int) -> Iterator[float]:
    dice = random.Random(f"{seed}/{part}")  # noqa: S311 - the same again is what is wanted
    count = 0.0
    while True:
        count += dice.expovariate(1.0) * parts
        yield count


def _moments(shape: Shape, counts: Iterator[float]) -> Iterator[float]:
    """The moments at which the shape has brought so many arrivals; the counts rise."""
    before, count = 0.0, next(counts)
    for (start, first), (end, last) in pairwise(shape.points):
        length = end - start
        slope = 0.0 if math.isinf(length) or not length else (last - first) / length
        within = math.inf if math.isinf(length) and first else 0.0 if not length else (first + last) / 2 * length
        while count - before < within:
            area = count - before
            # the positive root of slope/2 x² + first x = area, in the form that does not lose digits
            yield start + 2 * area / (first + math.sqrt(max(0.0, first * first + 2 * slope * area)))
            count = next(counts)
        before += within
