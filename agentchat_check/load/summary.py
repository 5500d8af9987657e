"""A run in a few figures, and under which conditions they came about: what history keeps, and what is compared."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check.facts.metrics import Unit
from agentchat_check.findings import Verdict
from agentchat_check.load.gate import Judgement
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording
from agentchat_check.load.run_file import LoadRun

_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Summary:
    """A run, for comparison with others.

    Attributes:
        run: Its name.
        started: When, RFC 3339, UTC.
        profile: The profile.
        conditions: What has to be equal before figures can be compared: the load and the host, by name.
        images: Image ids, by service; what is compared may well be two releases.
        verdict: What the gate said.
        trusted: Whether nothing speaks against the recording.
        figures: By name: ``POST /completion p95``, ``errors``, ``cpu of container:backend``; more is worse.
        units: What each figure counts, by its name.
        directory: Where the recording is.
    """

    run: str
    started: str
    profile: str
    conditions: dict[str, str]
    images: dict[str, str]
    verdict: Verdict
    trusted: bool
    figures: dict[str, float]
    units: dict[str, Unit]
    directory: str

    @property
    def key(self) -> str:
        """The conditions as one text: runs that have the same can be compared."""
        return json.dumps(self.conditions, sort_keys=True)


def of(recording: Recording, judgement: Judgement, directory: Path) -> Summary:
    """The summary of a run.

    Args:
        recording: All of it.
        judgement: What is said of it.
        directory: Where the recording is.
    """
    run = recording.run
    figures = {**_times(recording), **_resources(recording)}
    return Summary(
        run.run,
        run.started.isoformat(),
        run.profile,
        _conditions(run),
        dict(run.images),
        judgement.verdict,
        all(finding.verdict is Verdict.HOLDS for finding in judgement.trust),
        {name: figure for name, (figure, _) in figures.items()},
        {name: unit for name, (_, unit) in figures.items()},
        str(directory.absolute()),
    )


def differences(one: Summary, other: Summary) -> list[str]:
    """What keeps two runs from being compared, a line each: ``host: 2 processors …, and 8 processors …``."""
    names = sorted({*one.conditions, *other.conditions})
    pairs = [(name, one.conditions.get(name, "-"), other.conditions.get(name, "-")) for name in names]
    return [f"{name}: {first}, and {second}" for name, first, second in pairs if first != second]


def changed_images(one: Summary, other: Summary) -> list[str]:
    """The services that ran from other images."""
    return sorted(
        service for service in {*one.images, *other.images} if one.images.get(service) != other.images.get(service)
    )


def _conditions(run: LoadRun) -> dict[str, str]:
    host = run.host
    course = " ".join(f"{second:g}:{rate:g}" for second, rate in run.shape) or f"{run.users} users"
    return {
        "profile": run.profile,
        "load files": ", ".join(run.files),
        "arrivals": f"{run.arrivals} {run.spacing}".strip(),
        "course": course,
        "generator": f"{len(run.processes)} processes{' on other hosts' if run.joined_at else ''}",
        "host": f"{host.cpus} processors of {host.processor or host.machine}, {host.memory / 2**30:.0f} GiB",
    }


def _times(recording: Recording) -> dict[str, tuple[float, Unit]]:
    """Percentiles by request, and the share of errors; over the time that is judged."""
    start = recording.run.judged_from
    times: dict[str, Histogram] = {}
    requests = errors = 0
    for series, timeline in recording.latency.items():
        judged = Histogram.merged(one for second, one in timeline.items() if second >= start)
        if series.is_request:
            requests += judged.total
            errors += judged.total if series.is_error else 0
        if series.took_time:
            times.setdefault(series.request, Histogram()).merge(judged)
    figures: dict[str, tuple[float, Unit]] = {
        f"{request} p{percent}": (histogram.percentile(percent), Unit.SECONDS)
        for request, histogram in sorted(times.items())
        for percent in _PERCENTILES
        if histogram.counts
    }
    return {**figures, "errors": (errors / requests if requests else 0.0, Unit.SHARE)}


def _resources(recording: Recording) -> dict[str, tuple[float, Unit]]:
    chosen: dict[str, Any] = {"cpu": statistics.fmean, "memory": max}
    return {
        f"{metric} of {subject}": (statistic(track.values), Unit.SHARE)
        for metric, statistic in chosen.items()
        for subject, track in recording.samples.of(metric)
    }
