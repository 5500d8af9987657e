"""Lines over time, laid out for SVG: scales, ticks and paths. A template draws them; nothing of it is fetched."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH, HEIGHT = 960, 190
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 24
"""Sizes of a drawing and its margins, in SVG's units."""

_STEPS = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

_NOTHING = 1e-12
"""A figure that is drawn as none: smaller than any that is measured, in whatever unit."""

_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_TICKS = 4
_TIME_TICKS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over time.

    Attributes:
        name: Its name in the legend.
        points: Seconds since the start, and the figure then; None where there is none, which breaks the line.
    """

    name: str
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A limit, drawn across.

    Attributes:
        name: What it is: ``limit 1 s``.
        figure: Where.
        kind: ``limit`` or ``warn``.
    """

    name: str
    figure: float
    kind: str = "limit"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time that is marked.

    Attributes:
        began: Seconds since the start.
        ended: Where it ends.
        title: What happened.
        kind: ``breach``: of a limit of this chart; ``elsewhere``: of another chart's; ``doubt``: the generator's.
    """

    began: float
    ended: float
    title: str
    kind: str = "breach"


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines on one scale.

    Attributes:
        title: What is shown.
        seconds: How long the axis of time is; the same for all charts of a report.
        show: How a figure reads.
        lines: At most as many as there are colours.
        marks: Its limits.
        bands: Stretches that are marked.
        note: What the reader has to know of it.
    """

    title: str
    seconds: float
    show: Callable[[float], str]
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    bands: Sequence[Band] = field(default=())
    note: str = ""

    @property
    def highest(self) -> float:
        """The top of its scale: a round figure above all lines and limits."""
        figures = [figure for line in self.lines for _, figure in line.points if figure is not None]
        return _round_up(max([*figures, *(mark.figure for mark in self.marks)], default=0.0))

    def x(self, second: float) -> float:
        """Where a second is drawn."""
        share = min(max(second / self.seconds, 0.0), 1.0) if self.seconds else 0.0
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, figure: float) -> float:
        """Where a figure is drawn."""
        return round(HEIGHT - BOTTOM - min(figure / self.highest, 1.0) * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, line: Line) -> str:
        """A line as SVG draws it; a point that stands alone gets a short stroke."""
        parts, pen_is_down = [], False
        for second, figure in line.points:
            if figure is None:
                pen_is_down = False
                continue
            at = f"{self.x(second)} {self.y(figure)}"
            parts.append(f"L{at}" if pen_is_down else f"M{at}h.1")
            pen_is_down = True
        return "".join(parts)

    def ticks(self) -> list[tuple[float, str]]:
        """Where the scale has its lines, with what stands there."""
        step = self.highest / _TICKS
        return [(self.y(step * number), self.show(step * number)) for number in range(_TICKS + 1)]

    def time_ticks(self) -> list[tuple[float, str]]:
        """Where the axis of time has its marks."""
        step = next((step for step in _TIME_STEPS if self.seconds / step <= _TIME_TICKS), _TIME_STEPS[-1])
        return [(self.x(second), clock(second)) for second in range(0, math.floor(self.seconds) + 1, step)]

    def told(self) -> list[tuple[float, float, str]]:
        """For each point in time the place and the width of its column, and all figures there in words."""
        by_second: dict[float, list[str]] = {}
        for line in self.lines:
            for second, figure in line.points:
                if figure is not None:
                    by_second.setdefault(second, []).append(f"{line.name} {self.show(figure)}")
        seconds = sorted(by_second)
        width = min((after - before for before, after in pairwise(seconds)), default=1.0)
        return [
            (
                self.x(second - width / 2),
                max(self.x(second + width / 2) - self.x(second - width / 2), 0.5),
                f"{clock(second)}\n" + "\n".join(by_second[second]),
            )
            for second in seconds
        ]


def clock(second: float) -> str:
    """A time since the start: ``1:05``, ``1:00:00``.

    >>> clock(65), clock(3600)
    ('1:05', '1:00:00')
    """
    minutes, seconds = divmod(round(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _round_up(figure: float) -> float:
    if not figure > _NOTHING:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(figure))
    return next((step * power for step in _STEPS if step * power >= figure * 1.05), 12.0 * power)
