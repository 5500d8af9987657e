"""What the charts of a load run show: times, rates, errors and resources on one axis of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from agentchat_check.facts.metrics import METRICS, Unit
from agentchat_check.load import trust, wording
from agentchat_check.load.gate import Judged, Judgement
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording, Timeline
from agentchat_check.load.samples import Track
from agentchat_check.load.series import BUSY, LATENESS, Series
from agentchat_check.report.charts import Band, Chart, Line, Mark
from agentchat_check.settings.thresholds import ERRORS, TIMES

_POINTS = 240
"""Points of a line at most; a longer run has coarser ones."""

_LINES = 6
"""Lines of a chart at most, as many as there are colours."""

_PERCENTILES = (50.0, 90.0, 95.0, 99.0)

_RESOURCES = ("cpu", "memory", "disk")
"""Metrics that have a chart whenever they were sampled; the others where a threshold asks for them."""


def of_run(recording: Recording, judgement: Judgement) -> list[Chart]:
    """Every chart, in the order in which people read them."""
    makers = (_percentiles, _by_request, _rates, _errors, *map(_resource, _metrics(recording, judgement)), _generator)
    return [chart for make in makers for chart in make(recording, judgement) if chart.lines]


_Makes = Callable[[Recording, Judgement], Iterator[Chart]]


def _percentiles(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
    times = _binned(recording, (line for series, line in recording.latency.items() if _is_timed(series)))
    yield Chart(
        "Response time of all requests, from the intended start",
        recording.seconds,
        lambda figure: wording.shown(figure, Unit.SECONDS),
        [
            Line(f"p{percent:g}", [(at, one.percentile(percent) if one.counts else None) for at, one in times])
            for percent in _PERCENTILES
        ],
        *_judged(judgement, lambda one: one.threshold.metric in TIMES),
        note="A request that had to wait for those before it counts its wait, too.",
    )


def _by_request(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
    by_name: dict[str, list[Timeline]] = {}
    for series, timeline in recording.latency.items():
        if _is_timed(series):
            by_name.setdefault(series.request, []).append(timeline)
    totals = {
        name: Histogram.merged(one for line in several for one in line.values()) for name, several in by_name.items()
    }
    slowest = sorted(by_name, key=lambda name: totals[name].percentile(95), reverse=True)[:_LINES]
    lines = [
        Line(name, [(at, one.percentile(95) if one.counts else None) for at, one in _binned(recording, by_name[name])])
        for name in slowest
    ]
    more = f"The {_LINES} slowest of {len(by_name)}." if len(by_name) > _LINES else ""
    yield Chart(
        "p95 of each request",
        recording.seconds,
        lambda figure: wording.shown(figure, Unit.SECONDS),
        lines if len(by_name) > 1 else [],
        *_judged(judgement, lambda one: one.threshold.metric in TIMES),
        note=more,
    )


def _rates(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
    width = _width(recording)
    requests = _binned(recording, (line for series, line in recording.latency.items() if series.is_request))
    failed = _binned(recording, (line for series, line in recording.latency.items() if series.is_error))
    lines = [
        Line("requests", [(at, one.total / width) for at, one in requests]),
        Line("errors", [(at, one.total / width) for at, one in failed]),
    ]
    if recording.run.arrivals == "open":
        expected = recording.run.expected_arrivals
        asked = [(at, (expected(at + width / 2) - expected(at - width / 2)) / width) for at, _ in requests]
        came = _binned(recording, (notes[LATENESS] for notes in recording.notes.values() if LATENESS in notes))
        lines += [
            Line("arrivals asked for", asked),
            Line("arrivals that came", [(at, one.total / width) for at, one in came]),
        ]
    yield Chart(
        "Rate",
        recording.seconds,
        lambda figure: f"{figure:.3g} /s",
        lines,
        *_judged(judgement, lambda _: False),
        note="A visitor who arrives may make several requests.",
    )


def _errors(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
    requests = _binned(recording, (line for series, line in recording.latency.items() if series.is_request))
    kinds: dict[str, list[Timeline]] = {}
    for series, timeline in recording.latency.items():
        if series.is_error:
            kinds.setdefault(series.outcome, []).append(timeline)
    totals = {kind: sum(one.total for line in several for one in line.values()) for kind, several in kinds.items()}
    frequent = sorted(kinds, key=lambda kind: totals[kind], reverse=True)
    groups = {"all errors": [line for several in kinds.values() for line in several]}
    groups |= {kind: kinds[kind] for kind in frequent[: _LINES - 1]} if len(kinds) > 1 else {}
    lines = []
    for name, several in groups.items():
        failed = _binned(recording, several)
        shares = zip(failed, requests, strict=True)
        lines.append(
            Line(name, [(at, one.total / all_.total if all_.counts else None) for (at, one), (_, all_) in shares])
        )
    yield Chart(
        "Errors, of all requests",
        recording.seconds,
        lambda figure: wording.shown(figure, Unit.SHARE),
        lines,
        *_judged(judgement, lambda one: one.threshold.metric == ERRORS),
    )


def _resource(metric: str) -> _Makes:
    def make(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
        known = METRICS[metric]
        tracks = sorted(recording.samples.of(metric), key=lambda pair: max(pair[1].values), reverse=True)
        yield Chart(
            known.meaning[:1].upper() + known.meaning[1:],
            recording.seconds,
            lambda figure: wording.shown(figure, known.unit),
            [
                Line(subject.removeprefix("container:"), _averaged(recording, track))
                for subject, track in tracks[:_LINES]
            ],
            *_judged(judgement, lambda one: one.threshold.metric == metric),
            note=f"The {_LINES} highest of {len(tracks)}." if len(tracks) > _LINES else "",
        )

    return make


def _generator(recording: Recording, judgement: Judgement) -> Iterator[Chart]:
    late = _binned(recording, (notes[LATENESS] for notes in recording.notes.values() if LATENESS in notes))
    busy = _binned(recording, (notes[BUSY] for notes in recording.notes.values() if BUSY in notes))
    _, bands = _judged(judgement, lambda _: False)
    yield Chart(
        "The generator itself: how late arrivals start",
        recording.seconds,
        lambda figure: wording.shown(figure, Unit.SECONDS),
        [Line("p99 of lateness", [(at, one.percentile(99) if one.counts else None) for at, one in late])],
        [Mark(f"limit {wording.shown(judgement.latest, Unit.SECONDS)}", judgement.latest)],
        bands,
        note="Where it could not keep up it measures itself, and the run proves nothing.",
    )
    yield Chart(
        "The generator itself: use of its core by the busiest process",
        recording.seconds,
        lambda figure: wording.shown(figure, Unit.SHARE),
        [Line("processor", [(at, one.longest if one.counts else None) for at, one in busy])],
        [Mark(f"limit {wording.shown(trust.BUSIEST, Unit.SHARE)}", trust.BUSIEST)],
        bands,
    )


def _metrics(recording: Recording, judgement: Judgement) -> list[str]:
    asked = [one.threshold.metric for one in judgement.thresholds if not one.threshold.of_requests]
    sampled = {metric for _, metric in recording.samples.tracks}
    broken = [one.threshold.metric for one in judgement.thresholds if one.breaches]
    # a count that nothing happened to is no chart
    return [
        name
        for name in dict.fromkeys([*_RESOURCES, *asked])
        if name in sampled and (METRICS[name].kind == "gauge" or name in broken)
    ]


def _judged(judgement: Judgement, mine: Callable[[Judged], bool]) -> tuple[list[Mark], list[Band]]:
    """The limits of a chart, and the stretches to mark in it: breaches of its own limits, of others', and doubts."""
    marks: list[Mark] = []
    bands = [
        Band(float(stretch[0]), stretch[-1] + 1.0, "the generator could not keep up", "doubt")
        for stretch in trust.stretches(judgement.saturated)
    ]
    for one in judgement.thresholds:
        threshold = one.threshold
        if mine(one) and not threshold.is_forecast:  # what is to stay below its limit is no line of a chart
            whom = "" if threshold.statistic == "share" else f" for {threshold.statistic}"
            marks.append(Mark(f"limit {wording.shown(threshold.limit, threshold.unit)}{whom}", threshold.limit))
            if threshold.warn is not None:
                marks.append(
                    Mark(f"warning {wording.shown(threshold.warn, threshold.unit)}{whom}", threshold.warn, "warn")
                )
        bands += [
            Band(
                breach.began,
                breach.ended,
                f"{one.name}: {breach.subject}: {wording.shown(breach.figure, threshold.unit)}",
                "breach" if mine(one) else "elsewhere",
            )
            for breach in one.breaches
        ]
    return list(dict.fromkeys(marks)), bands


def _is_timed(series: Series) -> bool:
    return series.is_request and series.took_time


def _width(recording: Recording) -> int:
    """Seconds of a point."""
    return max(math.ceil(recording.seconds / _POINTS), 1)


def _binned(recording: Recording, timelines: Iterable[Timeline]) -> list[tuple[float, Histogram]]:
    """All of them as one, by the middle of each point's time."""
    width = _width(recording)
    bins = [Histogram() for _ in range(math.ceil(recording.seconds / width))]
    for timeline in timelines:
        for second, histogram in timeline.items():
            if second // width < len(bins):
                bins[second // width].merge(histogram)
    return [(number * width + width / 2, one) for number, one in enumerate(bins)]


def _averaged(recording: Recording, track: Track) -> list[tuple[float, float | None]]:
    width = _width(recording)
    bins: list[list[float]] = [[] for _ in range(math.ceil(recording.seconds / width) + 1)]
    for second, value in zip(track.seconds, track.values, strict=True):
        if 0 <= second // width < len(bins):
            bins[int(second // width)].append(value)
    points = [(number * width + width / 2, sum(one) / len(one) if one else None) for number, one in enumerate(bins)]
    # a sampler that looks more seldom than a point is wide leaves no gap
    return [point for point in points if point[1] is not None] if len(track.seconds) < len(bins) else points
