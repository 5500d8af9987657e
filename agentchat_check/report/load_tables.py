"""A load run in figures: each request over the whole of it, and each kind of error."""

from __future__ import annotations

from dataclasses import dataclass

from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording, Timeline
from agentchat_check.load.series import PART, Series


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request, over the whole run.

    Attributes:
        journey: Its journey.
        request: Its name.
        requests: How many were made.
        errors: How many failed.
        p50: Seconds from the intended start.
        p95: Likewise.
        p99: Likewise.
        longest: Likewise.
        service_p95: Seconds from the actual start.
        part: Whether it is a part of a request, and in no count.
    """

    journey: str
    request: str
    requests: int
    errors: int
    p50: float
    p95: float
    p99: float
    longest: float
    service_p95: float
    part: bool


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A kind of error of a request, over the whole run.

    Attributes:
        outcome: Its kind.
        request: Of which request.
        number: How often.
    """

    outcome: str
    request: str
    number: int


def requests(recording: Recording) -> list[RequestRow]:
    """Every request and every part of one, by journey."""
    names = sorted({(one.journey, one.request, one.outcome == PART) for one in recording.latency})
    rows = []
    for journey, request, part in names:
        mine = [one for one in recording.latency if (*one[:2], one.outcome == PART) == (journey, request, part)]
        times = _total(recording.latency, mine)
        rows.append(
            RequestRow(
                journey,
                request,
                requests=sum(_number(recording.latency[one]) for one in mine),
                errors=sum(_number(recording.latency[one]) for one in mine if one.is_error),
                p50=times.percentile(50),
                p95=times.percentile(95),
                p99=times.percentile(99),
                longest=times.longest,
                service_p95=_total(recording.service, mine).percentile(95),
                part=part,
            )
        )
    return rows


def errors(recording: Recording) -> list[ErrorRow]:
    """Every kind of error of every request, the most frequent first."""
    rows = [
        ErrorRow(series.outcome, series.request, _number(timeline))
        for series, timeline in recording.latency.items()
        if series.is_error
    ]
    return sorted(rows, key=lambda row: (-row.number, row.outcome, row.request))


def _total(source: dict[Series, Timeline], several: list[Series]) -> Histogram:
    return Histogram.merged(one for series in several if series.took_time for one in source.get(series, {}).values())


def _number(timeline: Timeline) -> int:
    return sum(one.total for one in timeline.values())
