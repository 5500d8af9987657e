"""Figures over time: a threshold's statistic, taken over every stretch of its window's length."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from agentchat_check.load.counting import BySecond, Together, by_subject
from agentchat_check.load.recording import Recording
from agentchat_check.load.samples import Track
from agentchat_check.settings.thresholds import Threshold

_LOOKS_MISSED = 3.0
"""Looks that may be missing in a row, or seconds, before that counts as not looked at."""

_NEVER_LONGER = 60.0
"""Seconds between two looks that always count as not looked at."""

_SAMPLED = 0.9
"""Share of the time that has to be looked at before something holds."""

_QUARTERS = 4
"""What grew from each of so many parts of a window to the next is said to grow on."""


@dataclass(frozen=True, slots=True)
class Window:
    """A figure of a stretch of time.

    Attributes:
        began: Seconds since the run's start.
        ended: Where it ends.
        figure: The statistic there.
    """

    began: float
    ended: float
    figure: float


@dataclass(slots=True)
class Course:
    """What a threshold saw of one of its subjects.

    Attributes:
        subject: Of whom: ``POST /completion``, ``container:backend``, ``all requests``.
        windows: Its figures over time.
        whole: The figure of the whole run; None where nothing was seen, or where its windows say it all.
        proven: Share of what it takes to say that it holds: requests of those that are needed, seconds of those that
            were to be looked at.
        seen: What that is, in words: ``1,204 requests``, ``58 of 60 s``.
    """

    subject: str
    windows: list[Window] = field(default_factory=list)
    whole: Window | None = None
    proven: float = 0.0
    seen: str = ""

    @property
    def figures(self) -> list[Window]:
        """All of them."""
        return [*self.windows, self.whole] if self.whole else self.windows


def courses(recording: Recording, threshold: Threshold) -> list[Course]:
    """What a threshold saw of each of its subjects, over the time that is judged."""
    start, end = recording.run.judged_from, recording.seconds
    if not threshold.of_requests:
        return [
            _of_samples(subject, track, threshold, start, end)
            for subject, track in recording.samples.of(threshold.metric)
            if threshold.covers_subject(subject)
        ]
    judged = range(math.ceil(start), math.ceil(end))
    return [
        _of_requests(subject, counts, threshold, judged)
        for subject, counts in sorted(by_subject(recording, threshold, judged).items())
    ]


def latest(recording: Recording, threshold: Threshold, second: int) -> Iterator[tuple[str, Window]]:
    """The figures of the window that ends at a second, while the run goes on; for those who may end it."""
    length = math.ceil(threshold.window or second)
    start = max(second - length, math.ceil(recording.run.judged_from))
    if not threshold.of_requests:
        for subject, track in recording.samples.of(threshold.metric):
            if threshold.covers_subject(subject):
                window = _sampled(threshold.statistic, *_between(track, start, second), length / 2)
                yield from ((subject, window),) if window else ()
        return
    for subject, counts in by_subject(recording, threshold, range(start, second)).items():
        merged = Together()
        for at in range(start, second):
            merged.add(counts, at)
        yield subject, Window(float(start), float(second), merged.figure(threshold))


def _of_requests(subject: str, counted: BySecond, threshold: Threshold, judged: range) -> Course:
    course, whole, sliding = Course(subject), Together(), Together()
    length, start = math.ceil(threshold.window or 0), judged.start
    for second in judged:
        whole.add(counted, second)
        if length:
            sliding.add(counted, second)
            if second - length >= start:
                sliding.remove(counted, second - length)
            began = max(start, second + 1 - length)
            course.windows.append(Window(float(began), float(second + 1), sliding.figure(threshold)))
    course.whole = Window(float(start), float(judged.stop), whole.figure(threshold))
    seen = whole.seen(threshold)
    course.proven = seen / threshold.needed
    course.seen = f"{seen:,} requests, of at least {threshold.needed:,} that prove it"
    return course


def _of_samples(subject: str, track: Track, threshold: Threshold, start: float, end: float) -> Course:
    course = Course(subject)
    if threshold.ahead and threshold.window:
        start = max(start, end - threshold.window)
    seconds, values = _between(track, start, end)
    first, shortest = 0, min(threshold.window or 0.0, end - start) / 2
    if threshold.ahead:
        course.whole = _forecast(seconds, values, start, end, threshold.ahead)
    elif threshold.window and threshold.window < end - start:
        for last, second in enumerate(seconds):
            while seconds[first] < second - threshold.window:
                first += 1
            window = _sampled(threshold.statistic, seconds[first : last + 1], values[first : last + 1], shortest)
            course.windows += [window] if window else []
    else:
        course.whole = _sampled(threshold.statistic, seconds, values, shortest)
    looked, judged = _looked_at(seconds, start, end), end - start
    course.proven = looked / (judged * _SAMPLED) if judged > 0 else 0.0
    course.seen = f"sampled for {looked:.0f} of {judged:.0f} s"
    return course


def _forecast(seconds: list[float], values: list[float], start: float, end: float, ahead: float) -> Window | None:
    """Where a figure leads that grows on as it did from one quarter of a stretch to the next where it grew least.

    So what rose once, or levels off, does not grow on. None where a quarter was not looked at.
    """
    long = (end - start) / _QUARTERS
    edges = [bisect_left(seconds, start + long * number) for number in range(1, _QUARTERS)]
    quarters = [values[first:last] for first, last in pairwise([0, *edges, len(values)])]
    if not all(quarters):
        return None
    middles = [median(quarter) for quarter in quarters]
    growth = max(min(after - before for before, after in pairwise(middles)), 0.0)
    return Window(start, end, middles[-1] + growth * (0.5 + ahead / long))


def _sampled(statistic: str, seconds: list[float], values: list[float], shortest: float) -> Window | None:
    """The statistic of the samples of a window; None where there are none, or the mean of too short a time."""
    if not seconds or (statistic == "mean" and seconds[-1] - seconds[0] < shortest):
        return None
    match statistic:
        case "mean":
            figure = sum(values) / len(values)
        case "max":
            figure = max(values)
        case "min":
            figure = min(values)
        case _:  # an increase; a count that falls began anew
            figure = sum(after - before if after >= before else after for before, after in pairwise(values))
    return Window(seconds[0], seconds[-1], figure)


def _between(track: Track, start: float, end: float) -> tuple[list[float], list[float]]:
    """The samples of a stretch of time."""
    chosen = slice(bisect_left(track.seconds, start), bisect_right(track.seconds, end))
    return track.seconds[chosen], track.values[chosen]


def _looked_at(seconds: list[float], start: float, end: float) -> float:
    """How many seconds of a stretch were looked at: those between samples that follow on each other as usual."""
    between = [after - before for before, after in pairwise(seconds)]
    if not between:
        return 0.0  # one look shows a moment
    longest = min(max(_LOOKS_MISSED * sorted(between)[len(between) // 2], _LOOKS_MISSED), _NEVER_LONGER)
    return sum(gap for gap in (seconds[0] - start, *between, end - seconds[-1]) if gap <= longest)
