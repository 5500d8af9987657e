"""The gate: a recording against thresholds. BROKEN where a limit was passed, HOLDS only where enough was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from agentchat_check.facts.metrics import TOGETHER, Unit
from agentchat_check.findings import Finding, Promise, Verdict, few, worst
from agentchat_check.load import trust, windows
from agentchat_check.load.recording import Recording
from agentchat_check.load.windows import Course, Window
from agentchat_check.settings.thresholds import TIMES, Threshold

WORDS: Final = {Verdict.HOLDS: "HOLDS", Verdict.BROKEN: "BROKEN", Verdict.UNKNOWN: "UNPROVEN"}
"""What load calls a verdict: what nobody could see was not proven."""

EXIT: Final = {Verdict.HOLDS: 0, Verdict.BROKEN: 3, Verdict.UNKNOWN: 4}
"""Exit status of a run of load."""

_HOUR = 3600.0

_MILLI = 0.1
"""Seconds below which milliseconds read better."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A stretch in which a subject was beyond the limit.

    Attributes:
        subject: Whose figure.
        began: Seconds since the run's start.
        ended: Where it ends.
        figure: The worst one.
    """

    subject: str
    began: float
    ended: float
    figure: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A threshold and what became of it.

    Attributes:
        name: The threshold's.
        threshold: What had to be kept.
        courses: What was seen of each subject.
        breaches: Where it was not kept.
        warned: Whether a figure went beyond the warning, and none beyond the limit.
        finding: What is said of it.
    """

    name: str
    threshold: Threshold
    courses: tuple[Course, ...]
    breaches: tuple[Breach, ...]
    warned: bool
    finding: Finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run, judged.

    Attributes:
        thresholds: Every threshold that applies.
        trust: Whether the recording can be trusted.
        inapplicable: Thresholds that do not apply to this run, with the reason.
    """

    thresholds: tuple[Judged, ...]
    trust: tuple[Finding, ...]
    inapplicable: tuple[tuple[str, str], ...]

    @property
    def findings(self) -> list[Finding]:
        """What is said of each threshold, and then of the recording."""
        return [*(one.finding for one in self.thresholds), *self.trust]

    @property
    def verdict(self) -> Verdict:
        """BROKEN outranks UNPROVEN outranks HOLDS; where no threshold applies nothing is proven."""
        unseen = [] if self.thresholds else [Verdict.UNKNOWN]
        return worst([*(finding.verdict for finding in self.findings), *unseen])


def judge(recording: Recording, thresholds: Mapping[str, Threshold]) -> Judgement:
    """Judge a run.

    Args:
        recording: All of it.
        thresholds: By name.
    """
    applying, inapplicable = {}, []
    for name, threshold in thresholds.items():
        if reason := _inapplicable(recording, threshold):
            inapplicable.append((threshold.promise, reason))
        else:
            applying[name] = threshold
    saturated = trust.saturated(recording)
    return Judgement(
        tuple(_judged(name, threshold, recording, saturated) for name, threshold in applying.items()),
        tuple(trust.judged(recording)),
        tuple(inapplicable),
    )


def breach_at(
    recording: Recording, thresholds: Mapping[str, Threshold], second: int, *, any_breach: bool = False
) -> str:
    """Why a run is to be ended now, or "" while it may go on.

    Args:
        recording: As far as it is.
        thresholds: By name.
        second: The last second that all processes have written; windows end there.
        any_breach: Whether any breach ends it, as on an installation that people use, and not only those that say so.

    Returns:
        One line: what was breached, by whom, and when.
    """
    for threshold in thresholds.values():
        if (any_breach or threshold.abort) and not threshold.is_forecast:
            for subject, window in windows.latest(recording, threshold, second):
                if not threshold.passes(window.figure):
                    breach = _told(Breach(subject, window.began, window.ended, window.figure), threshold)
                    return f"{threshold.promise}: no longer: {breach} ({expected(threshold)})"
    return ""


def expected(threshold: Threshold) -> str:
    """What a threshold asks for: ``p95 of latency at most 1 s for each request, over any 30 s``."""
    if threshold.of_requests:
        per = {"run": "all requests together", "journey": "each journey", "request": "each request"}
        whom = per[threshold.per or "request"]
    else:
        several = {"*": "each subject", "container:*": "each container", TOGETHER: "all containers together"}
        whom = several.get(threshold.subject, threshold.subject)
    over = f"over any {threshold.window:g} s" if threshold.window else "over the whole run"
    if threshold.ahead and threshold.window:
        over = f"{_span(threshold.ahead)} after the run, by how it grew in the last {_span(threshold.window)}"
    statistic = "" if threshold.statistic == "share" else f"{threshold.statistic} of "
    metric = threshold.metric.replace("_", " ")
    return f"{statistic}{metric} {threshold.side} {shown(threshold.limit, threshold.unit)} for {whom}, {over}"


def shown(figure: float, unit: Unit) -> str:
    """A figure as people read it: ``1.52 s``, ``50 ms``, ``83 %``, ``512 MiB``."""
    match unit:
        case Unit.SECONDS:
            return f"{figure:.3g} s" if figure >= _MILLI or not figure else f"{figure * 1000:.3g} ms"
        case Unit.SHARE:
            return f"{figure * 100:.3g} %"
        case Unit.BYTES | Unit.BYTES_PER_SECOND:
            return f"{figure / 2**20:,.0f} MiB" + ("/s" if unit is Unit.BYTES_PER_SECOND else "")
        case _:
            return f"{figure:,g}{unit}"


def _inapplicable(recording: Recording, threshold: Threshold) -> str:
    """Why a threshold says nothing of a run; "" where it does."""
    if not threshold.of_requests and recording.run.unsampled:
        return recording.run.unsampled
    long = recording.seconds - recording.run.judged_from
    if threshold.is_forecast and threshold.window and long < threshold.window:
        return f"how it grows is seen in {_span(threshold.window)}, and {long:.0f} s were judged"
    return ""


def _judged(name: str, threshold: Threshold, recording: Recording, saturated: set[int]) -> Judged:
    promise = Promise(f"load.{name}", threshold.promise, threshold.next_step)
    courses = windows.courses(recording, threshold)
    # what a generator measured while it could not keep up may be its own delay
    doubted = saturated if threshold.metric in TIMES else set()
    breaches = [breach for course in courses for breach in _breaches(course, threshold, set())]
    certain = [breach for course in courses for breach in _breaches(course, threshold, doubted)]
    wanted = expected(threshold)
    if certain:
        finding = promise.judge(kept=False, expected=wanted, actual=few([_told(one, threshold) for one in certain]))
    elif breaches:
        lines = [f"{_told(one, threshold)}, while the generator could not keep up" for one in breaches]
        finding = promise.unknown(expected=wanted, actual=few(lines), next_step=trust.KEPT_UP.next_step)
    elif lacking := _lacking(courses, threshold):
        finding = promise.unknown(expected=wanted, actual=few(lacking), next_step="run longer, or with more load")
    else:
        finding = promise.judge(kept=True, expected=wanted, actual=_best_told(courses, threshold))
    warned = not breaches and any(
        not threshold.passes(one.figure, _warning(threshold)) for one in _worsts(courses, threshold)
    )
    return Judged(name, threshold, tuple(courses), tuple(breaches), warned, finding)


def _breaches(course: Course, threshold: Threshold, doubted: set[int]) -> list[Breach]:
    """Windows in a row that are beyond the limit and hold no doubted second, as one breach each; else the whole run."""
    breaches = []
    for beyond, group in groupby(course.windows, lambda one: _is_beyond(one, threshold, doubted)):
        if beyond:
            several = list(group)
            began, ended = _stretch(several, course.windows)
            breaches.append(Breach(course.subject, began, ended, _worst(several, threshold).figure))
    if not breaches and course.whole and _is_beyond(course.whole, threshold, doubted):
        breaches = [Breach(course.subject, course.whole.began, course.whole.ended, course.whole.figure)]
    return breaches


def _stretch(several: list[Window], windows: list[Window]) -> tuple[float, float]:
    """When it was that windows in a row tell of: what the first one's end brought and the last one's beginning left."""
    first, last = several[0], several[-1]
    from_the_start, to_the_end = first is windows[0], last is windows[-1]
    began = first.began if from_the_start else first.ended if to_the_end else min(first.ended, last.began)
    return began, last.ended if to_the_end else max(first.ended, last.began)


def _is_beyond(window: Window, threshold: Threshold, doubted: set[int]) -> bool:
    return not threshold.passes(window.figure) and not any(window.began <= second < window.ended for second in doubted)


def _lacking(courses: list[Course], threshold: Threshold) -> list[str]:
    """What is missing before it can be said to hold."""
    if not courses:
        what = "request of this name was made" if threshold.of_requests else f"{threshold.metric} was sampled"
        return [f"no {what}"]
    return [f"{course.subject}: {course.seen}" for course in courses if not course.figures or course.proven < 1]


def _best_told(courses: list[Course], threshold: Threshold) -> str:
    """Of what holds, the figure that comes nearest to the limit."""
    subject, nearest = max(
        ((course.subject, _worst(course.figures, threshold)) for course in courses),
        key=lambda pair: _badness(pair[1].figure, threshold),
    )
    told = _told(Breach(subject, nearest.began, nearest.ended, nearest.figure), threshold)
    more = f", the nearest to it of {len(courses)}" if len(courses) > 1 else ""
    beyond = not threshold.passes(nearest.figure, _warning(threshold))
    return f"{told}{more}" + (f"; a warning begins at {shown(_warning(threshold), threshold.unit)}" if beyond else "")


def _warning(threshold: Threshold) -> float:
    return threshold.limit if threshold.warn is None else threshold.warn


def _worsts(courses: list[Course], threshold: Threshold) -> list[Window]:
    return [_worst(course.figures, threshold) for course in courses if course.figures]


def _worst(several: list[Window], threshold: Threshold) -> Window:
    return max(several, key=lambda window: _badness(window.figure, threshold))


def _badness(figure: float, threshold: Threshold) -> float:
    return figure if threshold.side == "at most" else -figure


def _told(breach: Breach, threshold: Threshold) -> str:
    figure = shown(breach.figure, threshold.unit)
    soon = f"{_span(threshold.ahead)} on, by how it grew " if threshold.ahead else ""
    return f"{breach.subject}: {figure} {soon}from {breach.began:.0f} s to {breach.ended:.0f} s"


def _span(seconds: float) -> str:
    """A length of time as people read it: ``30 s``, ``24 h``."""
    return f"{seconds:g} s" if seconds % _HOUR else f"{seconds / _HOUR:g} h"
