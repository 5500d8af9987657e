"""The recording of a run on disk: a directory that its generator writes, and that its judges read, while it grows too.

``run.json``, ``<process>.hlog`` (times from the intended start), ``<process>.service.hlog`` (from the actual start),
``samples.ndjson.zst`` and ``events.ndjson``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from agentchat_check import errors
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import Interval, Tail
from agentchat_check.load.run_file import LoadRun
from agentchat_check.load.samples import Samples, SampleTail, SampleWriter
from agentchat_check.load.series import Series

RUN = "run.json"
SAMPLES = "samples.ndjson.zst"
EVENTS = "events.ndjson"
LOGS = (".hlog", ".service.hlog")
"""How the names of a process's two logs end: times from the intended start, and from the actual one."""

Sink = Callable[[str], object]
Timeline = dict[int, Histogram]
"""Histograms by the second since the run's start in which they begin."""


class Draft:
    """A recording that is being written.

    Args:
        directory: Its directory; made here, and none may be there.
        run: What was asked for.

    Raises:
        errors.HostError: It cannot be written, or one is there.
    """

    def __init__(self, directory: Path, run: LoadRun) -> None:
        self.directory = directory
        self.run = run
        with _written(directory):
            directory.mkdir(parents=True, exist_ok=False)
            run.write(directory / RUN)

    def samples(self) -> SampleWriter:
        """What takes the sampler's samples."""
        with _written(self.directory):
            return SampleWriter(self.directory / SAMPLES)

    def event(self, subject: str, what: str, *, at: datetime | None = None) -> None:
        """Note what happened: an engine's event, an abort, an end."""
        time = (at or datetime.now(UTC)).astimezone(UTC)
        line = json.dumps({"time": time.isoformat(timespec="milliseconds"), "subject": subject, "what": what})
        with _written(self.directory), (self.directory / EVENTS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def update(self, run: LoadRun) -> None:
        """Say more of the run, or how it ended."""
        self.run = run
        with _written(self.directory):
            run.write(self.directory / RUN)


@contextmanager
def logs(directory: Path, process: str) -> Iterator[tuple[Sink, Sink]]:
    """The two logs of a process, for its ``Recorder``; each line is handed to the system when it is written.

    Raises:
        errors.HostError: They cannot be written, or are there.
    """
    with ExitStack() as stack:
        with _written(directory):
            files = [
                stack.enter_context((directory / name).open("x", buffering=1, encoding="utf-8"))
                for name in _logs_of(process)
            ]

        def to(file: TextIO, line: str) -> None:
            with _written(directory):
                file.write(line)

        yield partial(to, files[0]), partial(to, files[1])


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened meanwhile.

    Attributes:
        second: Seconds since the run's start.
        subject: To what.
        what: What.
    """

    second: float
    subject: str
    what: str


@dataclass(slots=True)
class Recording:
    """What was recorded, as far as it is read.

    Attributes:
        run: What was asked and done.
        latency: Times from the intended start, by series: all processes merged.
        service: Times from the actual start.
        notes: What each process notes of itself: lateness, use of its processor, drift of its clock; by process.
        ended: The processes that wrote to their end; one that was killed did not.
        samples: What containers and host used.
        events: What happened.
    """

    run: LoadRun
    latency: dict[Series, Timeline] = field(default_factory=dict)
    service: dict[Series, Timeline] = field(default_factory=dict)
    notes: dict[str, dict[Series, Timeline]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    samples: Samples = field(default_factory=Samples)
    events: list[Event] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it went, or has gone so far."""
        if self.run.seconds is not None:
            return self.run.seconds
        seen = [timeline for series in (self.latency, *self.notes.values()) for timeline in series.values()]
        return float(max((max(timeline) + 1 for timeline in seen if timeline), default=0))


class Follower:
    """Reads a recording, and reads on while it grows.

    Args:
        directory: The recording's.

    Raises:
        errors.CheckError: There is none.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._logs: dict[str, list[Tail]] = {}
        self._samples = SampleTail(directory / SAMPLES)
        self._events = 0
        self.recording = Recording(LoadRun.read(directory / RUN))

    def look(self) -> Recording:
        """The recording with all that is written by now.

        Raises:
            errors.CheckError: A file of it is damaged, or cannot be read.
        """
        recording = self.recording
        recording.run = LoadRun.read(self._directory / RUN)
        for process in recording.run.processes:
            if process not in self._logs:
                self._logs[process] = [Tail(self._directory / name) for name in _logs_of(process)]
            latency, service = self._logs[process]
            intervals = latency.read()
            _merge(recording.latency, [one for one in intervals if one.series.request])
            notes = recording.notes.setdefault(process, {})
            _merge(notes, [one for one in intervals if not one.series.request])
            _merge(recording.service, [one for one in service.read() if one.series.request])
            if latency.ended and service.ended:
                recording.ended.add(process)
        recording.samples.add(self._samples.read())
        self._read_events()
        return recording

    def _read_events(self) -> None:
        path = self._directory / EVENTS
        if not path.exists():
            return
        whole = path.read_bytes().rpartition(b"\n")[0].decode("utf-8", errors="replace").splitlines()
        for line in whole[self._events :]:
            values = json.loads(line)
            second = (datetime.fromisoformat(values["time"]) - self.recording.run.started).total_seconds()
            self.recording.events.append(Event(second, values["subject"], values["what"]))
        self._events = len(whole)


def read(directory: Path) -> Recording:
    """Read a recording.

    Raises:
        errors.CheckError: There is none, or it is damaged.
    """
    return Follower(directory).look()


def _merge(into: dict[Series, Timeline], intervals: Iterable[Interval]) -> None:
    for interval in intervals:
        timeline = into.setdefault(interval.series, {})
        known = timeline.setdefault(int(interval.began), interval.histogram)
        if known is not interval.histogram:
            known.merge(interval.histogram)


def _logs_of(process: str) -> list[str]:
    return [f"{process}{ending}" for ending in LOGS]


@contextmanager
def _written(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.HostError(
            f"write the recording {directory}",
            expected="a new directory, room on the disk, and leave to write there",
            actual=error.strerror or str(error),
            next_step="make room, or name another place for reports",
        ) from None
