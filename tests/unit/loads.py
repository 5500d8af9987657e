"""Recordings of load runs, made up."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentchat_check.facts.metrics import TOGETHER
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import END, Interval
from agentchat_check.load.recording import Draft, Recording, logs
from agentchat_check.load.run_file import HostClass, LoadRun
from agentchat_check.load.samples import Sample
from agentchat_check.load.series import BUSY, DRIFT, LATENESS, OK, Series
from agentchat_check.settings import thresholds
from agentchat_check.settings.thresholds import Threshold

STARTED = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
HOST = HostClass(cpus=2, memory=8 * 2**30, machine="x86_64", processor="Example 3000")

CHAT = Series("steady chat", "POST /completion", OK)
FAILED = CHAT._replace(outcome="HTTP 502")


def run(**changes: Any) -> LoadRun:
    """A minute at ten arrivals a second, finished."""
    values: dict[str, Any] = {
        "run": "20261124-101500-3f7b",
        "profile": "smoke",
        "files": ("loadtests/steady_chat.py",),
        "target": "http://127.0.0.1:7860",
        "seed": 1,
        "arrivals": "open",
        "spacing": "constant",
        "shape": ((0.0, 10.0), (60.0, 10.0)),
        "started": STARTED,
        "started_monotonic": 1000.0,
        "seconds": 60.0,
        "end": "finished",
        "processes": ("worker-1",),
        "host": HOST,
        "images": {"backend": "sha256:1"},
    }
    return LoadRun(**{**values, **changes})


def notes(
    seconds: Iterable[int],
    *,
    busy: Callable[[int], float] = lambda _: 0.3,
    late: Callable[[int], Iterable[float]] = lambda _: [0.001] * 10,
    drift: Callable[[int], float] = lambda _: 0.0,
) -> dict[Series, dict[int, Histogram]]:
    """What a process noted of itself, second by second."""
    made: dict[Series, dict[int, Histogram]] = {BUSY: {}, LATENESS: {}, DRIFT: {}}
    for second in seconds:
        made[BUSY][second] = Histogram.of([busy(second)])
        made[LATENESS][second] = Histogram.of(late(second))
        made[DRIFT][second] = Histogram.of([drift(second)])
    return made


def recording(
    times: Mapping[Series, Callable[[int], Iterable[float]]] | None = None,
    *,
    service: Mapping[Series, Callable[[int], Iterable[float]]] | None = None,
    samples: Iterable[Sample] = (),
    **changes: Any,
) -> Recording:
    """A run whose requests took these times in each second; without any, ten quick ones."""
    made = Recording(run(**changes))
    seconds = range(int(made.run.seconds or 60))
    times = {CHAT: lambda _: [0.05] * 10} if times is None else times
    for into, given in ((made.latency, times), (made.service, times if service is None else service)):
        for series, of_second in given.items():
            into[series] = {at: Histogram.of(found) for at in seconds if (found := list(of_second(at)))}
    for process in made.run.processes:
        made.notes[process] = notes(seconds)
    made.ended.update(made.run.processes)
    made.samples.add(samples)
    return made


def sampled(
    metric: str, value: Callable[[int], float], *, subject: str = "container:backend", until: int = 60
) -> list[Sample]:
    """A sample each second."""
    return [Sample(float(second), subject, metric, value(second)) for second in range(until + 1)]


def at_ease() -> list[Sample]:
    """What a stack far from every limit uses."""
    return [
        *(one for metric in ("cpu", "memory", "disk") for one in sampled(metric, lambda _: 0.3)),
        *(one for metric in ("cpu", "memory") for one in sampled(metric, lambda _: 0.3, subject=TOGETHER)),
        *(one for metric in ("restarts", "oom_kills") for one in sampled(metric, lambda _: 0.0)),
    ]


def threshold(**changes: Any) -> Threshold:
    """The manual's alarm of response time, over any 30 s."""
    values: dict[str, Any] = {
        "promise": "responses are quick",
        "next_step": "look at the slowest request",
        "metric": "latency",
        "statistic": "p95",
        "limit": 1.0,
        "window": 30.0,
    }
    return Threshold(**{**values, **changes})


def written(directory: Path, *tables: str) -> Path:
    """A file of thresholds."""
    path = directory / "thresholds.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return path


ALARMS = thresholds.read()


def on_disk(directory: Path, recording: Recording) -> Path:
    """A recording as its generator would have written it."""
    draft = Draft(directory, recording.run)
    for number, process in enumerate(recording.run.processes):
        with logs(directory, process) as (latency, service):
            tracks = [(latency, recording.notes.get(process, {}))]
            if not number:  # one process drove everything
                tracks += [(latency, recording.latency), (service, recording.service)]
            for sink, several in tracks:
                for series, timeline in several.items():
                    for second, histogram in timeline.items():
                        sink(Interval(float(second), 1.0, series, histogram).line())
            for sink in (latency, service) if process in recording.ended else ():
                sink(END)
    samples = draft.samples()
    for (subject, metric), track in recording.samples.tracks.items():
        samples.write(Sample(at, subject, metric, value) for at, value in zip(track.seconds, track.values, strict=True))
    samples.close()
    return directory
