"""What one process of the generator measures: every request, counted by the second in which it ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from agentchat_check.load.histogram import Histogram, bucket_of
from agentchat_check.load.interval_log import END, Interval, header
from agentchat_check.load.series import BUSY, DRIFT, LATENESS, NOT_STARTED, PART, Series

_Counts = dict[Series, dict[int, int]]

_SHORTEST = 0.05
"""Seconds: over less a process's use of its processor is no figure."""


class Clocks(Protocol):
    """The three clocks of a process; tests give their own."""

    def time(self) -> float:
        """Seconds since the epoch, by the clock on the wall."""

    def monotonic(self) -> float:
        """Seconds of a clock that only goes forward."""

    def process_time(self) -> float:
        """Seconds of processor time that this process used."""


class Recorder:
    """Counts requests, and writes each second's counts once it is over.

    It is for one thread, or for greenlets of one thread. Nothing of a second stays in memory after it is written.

    Args:
        latency: Takes the lines of the log whose times count from the intended start.
        service: Takes the lines of the log whose times count from the actual start.
        started: When the run started, on ``clocks.monotonic``: second 0 of all its processes.
        clocks: Where time comes from.
    """

    def __init__(
        self,
        latency: Callable[[str], object],
        service: Callable[[str], object],
        *,
        started: float,
        clocks: Clocks = time,
    ) -> None:
        self._clocks = clocks
        self._started = started
        self._logs = (latency, service)
        self._counts: tuple[_Counts, _Counts] = ({}, {})
        self._over: deque[tuple[int, tuple[_Counts, _Counts]]] = deque()
        self._turned = self._now()
        self._second = int(self._turned)
        self._busy = clocks.process_time()
        self._epoch = clocks.time() - self._turned
        for log in self._logs:
            log(header(self._epoch))

    def request(self, journey: str, name: str, outcome: str, *, due: float, began: float, ended: float) -> None:
        """Count a request.

        Args:
            journey: The journey it belongs to.
            name: Its name, which is no address with ids in it.
            outcome: ``series.OK``, or the kind of error.
            due: When it was to start, on the monotonic clock; of one that follows on another within a journey, when it
                began.
            began: When it did.
            ended: When its answer was there, or it failed.
        """
        self._turn(int(ended - self._started))
        series = Series(journey, name, outcome)
        self._count(0, series, ended - due)
        self._count(1, series, ended - began)

    def part(self, journey: str, name: str, *, due: float, began: float, reached: float) -> None:
        """Count how long a part of a request took: ``POST /completion, first chunk``."""
        self.request(journey, name, PART, due=due, began=began, ended=reached)

    def arrival(self, *, due: float, began: float) -> None:
        """Count an arrival, or a closed user who has thought, with the delay."""
        self._count(0, LATENESS, began - due)

    def not_started(self, journey: str, name: str) -> None:
        """Count an arrival that was due and could not start, since too many others were in flight."""
        now = self._clocks.monotonic()
        self.request(journey, name, NOT_STARTED, due=now, began=now, ended=now)

    def tick(self, pause: Callable[[], object] = lambda: None) -> None:
        """Write the seconds that are over; to be called at least once a second.

        Args:
            pause: Called between two series, so that what is due may go first.
        """
        self._turn(int(self._now()))
        while self._over:
            over = self._over[0]
            self._write(*over, pause)
            if self._over and self._over[0] is over:  # whoever had the pauses may have written it to its end
                self._over.popleft()

    def close(self) -> None:
        """Write what is left, the second under way included, and that this was all."""
        self._turn(max(int(self._now()), self._second + 1))
        self.tick()
        for log in self._logs:
            log(END)

    def _count(self, log: int, series: Series, seconds: float) -> None:
        counts = self._counts[log]
        buckets = counts.get(series)
        if buckets is None:
            buckets = counts[series] = {}
        bucket = bucket_of(int(seconds * 1e6 + 0.5))
        buckets[bucket] = buckets.get(bucket, 0) + 1

    def _now(self) -> float:
        return self._clocks.monotonic() - self._started

    def _turn(self, second: int) -> None:
        """Have what comes counted in another second than what came, if it has begun."""
        if second <= self._second:
            return
        now, busy = self._now(), self._clocks.process_time()
        self._count(0, DRIFT, abs(self._clocks.time() - now - self._epoch))
        self._count(0, BUSY, (busy - self._busy) / max(now - self._turned, _SHORTEST))
        self._over.append((self._second, self._counts))
        self._second, self._turned, self._busy, self._counts = second, now, busy, ({}, {})

    def _write(self, second: int, both: tuple[_Counts, _Counts], pause: Callable[[], object]) -> None:
        for log, counts in zip(self._logs, both, strict=True):
            while counts:
                series = min(counts)  # it is gone once it is written: nothing is lost where a pause is the end
                log(Interval(float(second), 1.0, series, Histogram(counts.pop(series))).line())
                pause()
