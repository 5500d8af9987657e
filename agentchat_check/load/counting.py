"""Requests as a threshold counts them: by its subjects and by second, and together in a window that moves on."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording, Timeline
from agentchat_check.load.series import PART
from agentchat_check.settings.thresholds import ERRORS, TIMES, Threshold


@dataclass(slots=True)
class BySecond:
    """Requests of one subject by second.

    Attributes:
        times: How long they took, of those that took time.
        requests: How many there were.
        errors: How many of them failed.
    """

    times: Timeline = field(default_factory=dict)
    requests: dict[int, int] = field(default_factory=dict)
    errors: dict[int, int] = field(default_factory=dict)


class Together:
    """The requests of a window; seconds come in at its end and go out at its beginning."""

    def __init__(self) -> None:
        self._times = Histogram()
        self._requests = 0
        self._errors = 0

    def add(self, counted: BySecond, second: int) -> None:
        """Take a second's."""
        if second in counted.times:
            self._times.merge(counted.times[second])
        self._requests += counted.requests.get(second, 0)
        self._errors += counted.errors.get(second, 0)

    def remove(self, counted: BySecond, second: int) -> None:
        """Give up a second's that were taken."""
        if second in counted.times:
            self._times.remove(counted.times[second])
        self._requests -= counted.requests.get(second, 0)
        self._errors -= counted.errors.get(second, 0)

    def figure(self, threshold: Threshold) -> float:
        """The statistic, with the requests that are missing taken for quick and good ones."""
        if threshold.metric == ERRORS:
            return self._errors / max(self._requests, threshold.needed)
        if threshold.statistic == "mean":
            total = self._times.total
            return self._times.mean * total / max(total, threshold.needed)
        return self._times.percentile(
            threshold.percent, at_least=0 if threshold.statistic == "max" else threshold.needed
        )

    def seen(self, threshold: Threshold) -> int:
        """How many values the figure was made of."""
        return self._requests if threshold.metric == ERRORS else self._times.total


def by_subject(recording: Recording, threshold: Threshold, seconds: range) -> dict[str, BySecond]:
    """The requests that a threshold is about, as far as they ended in some seconds; by whom it judges.

    Args:
        recording: All of them.
        threshold: What counts, and by whom: each request, each journey, or all together.
        seconds: Since the run's start.
    """
    source = recording.service if threshold.metric == "service_time" else recording.latency
    subjects: dict[str, BySecond] = {}
    for series, timeline in source.items():
        is_part = series.outcome == PART and threshold.metric in TIMES and threshold.request != "*"
        if not (series.is_request or is_part) or not threshold.covers(series.journey, series.request):
            continue
        subject = {"run": "all requests", "journey": series.journey}.get(threshold.per or "", series.request)
        counted = subjects.setdefault(subject, BySecond())
        for second in seconds:
            histogram = timeline.get(second)
            if histogram is None:
                continue
            number = histogram.total
            counted.requests[second] = counted.requests.get(second, 0) + number
            if series.is_error:
                counted.errors[second] = counted.errors.get(second, 0) + number
            if series.took_time:
                counted.times.setdefault(second, Histogram()).merge(histogram)
    return {subject: counted for subject, counted in subjects.items() if counted.requests}
