"""The gate: a recording against thresholds. BROKEN where a limit was passed, HOLDS only where enough was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from agentchat_check.findings import Finding, Promise, Verdict, few, worst
from agentchat_check.load import trust, windows, wording
from agentchat_check.load.recording import Recording
from agentchat_check.load.windows import Course, Window
from agentchat_check.settings.thresholds import TIMES, Threshold

EXIT: Final = {Verdict.HOLDS: 0, Verdict.BROKEN: 3, Verdict.UNKNOWN: 4}
"""Exit status of a run of load."""


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
        latest: Seconds by which its arrivals could be late for that.
        saturated: The seconds in which its generator could not keep up.
        inapplicable: Thresholds that do not apply to this run, with the reason.
    """

    thresholds: tuple[Judged, ...]
    trust: tuple[Finding, ...]
    latest: float
    saturated: frozenset[int]
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
    latest = trust.latest(applying.values())
    saturated = trust.saturated(recording, latest)
    return Judgement(
        tuple(_judged(name, threshold, recording, saturated) for name, threshold in applying.items()),
        tuple(trust.judged(recording, latest)),
        latest,
        saturated,
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
                    seen = wording.told(threshold, subject, window.figure, window.began, window.ended)
                    return f"{threshold.promise}: no longer: {seen} ({wording.expected(threshold)})"
    return ""


def _inapplicable(recording: Recording, threshold: Threshold) -> str:
    """Why a threshold says nothing of a run; "" where it does."""
    if not threshold.of_requests and recording.run.unsampled:
        return recording.run.unsampled
    long = recording.seconds - recording.run.judged_from
    if threshold.is_forecast and threshold.window and long < threshold.window:
        return f"how it grows is seen in {wording.span(threshold.window)}, and {long:.0f} s were judged"
    return ""


def _judged(name: str, threshold: Threshold, recording: Recording, saturated: frozenset[int]) -> Judged:
    promise = Promise(f"load.{name}", threshold.promise, threshold.next_step)
    courses = windows.courses(recording, threshold)
    # what a generator measured while it could not keep up may be its own delay
    doubted = saturated if threshold.metric in TIMES else frozenset()
    breaches = [breach for course in courses for breach in _breaches(course, threshold, frozenset())]
    certain = [breach for course in courses for breach in _breaches(course, threshold, doubted)]
    wanted = wording.expected(threshold)
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


def _breaches(course: Course, threshold: Threshold, doubted: frozenset[int]) -> list[Breach]:
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


def _is_beyond(window: Window, threshold: Threshold, doubted: frozenset[int]) -> bool:
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
    told = wording.told(threshold, subject, nearest.figure, nearest.began, nearest.ended)
    if len(courses) > 1:
        told += f", the nearest to it of {len(courses)}"
    if not threshold.passes(nearest.figure, _warning(threshold)):
        told += f"; a warning begins at {wording.shown(_warning(threshold), threshold.unit)}"
    return told


def _warning(threshold: Threshold) -> float:
    return threshold.limit if threshold.warn is None else threshold.warn


def _worsts(courses: list[Course], threshold: Threshold) -> list[Window]:
    return [_worst(course.figures, threshold) for course in courses if course.figures]


def _worst(several: list[Window], threshold: Threshold) -> Window:
    return max(several, key=lambda window: _badness(window.figure, threshold))


def _badness(figure: float, threshold: Threshold) -> float:
    return figure if threshold.side == "at most" else -figure


def _told(breach: Breach, threshold: Threshold) -> str:
    return wording.told(threshold, breach.subject, breach.figure, breach.began, breach.ended)
