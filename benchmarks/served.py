"""What the target of load says it served, and what follows from that: the truth beside which generators are held."""

from __future__ import annotations

import math
import sys
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from agentchat_check import wait
from agentchat_check.stack import process

Percentile: TypeAlias = Literal["p50", "p95", "p99"]

_STARTS = 10.0
"""Seconds until the target says where it is."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long requests took.

    Attributes:
        p50: Seconds.
        p95: Seconds.
        p99: Seconds.
        requests: How many there were.
    """

    p50: float
    p95: float
    p99: float
    requests: int

    def of(self, percentile: Percentile) -> float:
        """One of them, by its name."""
        return {"p50": self.p50, "p95": self.p95, "p99": self.p99}[percentile]


@dataclass(slots=True)
class Served:
    """What a target served; known once it has ended.

    Attributes:
        url: Its address.
        came: When each request came, on the monotonic clock, in order.
        answered: When it was answered.
    """

    url: str
    came: Sequence[float] = field(default_factory=list)
    answered: Sequence[float] = field(default_factory=list)

    def between(self, began: float, ended: float) -> int:
        """How many requests came in a stretch of time, on the monotonic clock."""
        return bisect_left(self.came, ended) - bisect_left(self.came, began)

    def truth(self, rate: float) -> Times:
        """How long requests took that were due at a constant rate, each from when it was due to its answer.

        When the first was due nobody has to tell: they were due evenly, and none can come before it is due, so the
        latest even course that none of them came before is the one. It is off by as much as the request took that came
        soonest: a fraction of a millisecond. Who was late counts as waiting, and so does who came during a stall.

        Args:
            rate: Requests per second.
        """
        first = min(came - number / rate for number, came in enumerate(self.came))
        return times(answered - first - number / rate for number, answered in enumerate(self.answered))


def times(seconds: Iterator[float]) -> Times:
    """The percentiles of some times, by nearest rank."""
    several = sorted(seconds)

    def percentile(percent: int) -> float:
        return several[math.ceil(len(several) * percent / 100) - 1]

    return Times(percentile(50), percentile(95), percentile(99), len(several))


@contextmanager
def running(directory: Path, *, stall_after: int = 0) -> Iterator[Served]:
    """A target in a process of its own; what it served is known once the block is left.

    Args:
        directory: Where it may write its record.
        stall_after: Requests after which it stalls once; 0 for never.
    """
    said: list[str] = []
    record = directory / f"target-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "benchmarks.target", str(record), "--stall-after", str(stall_after)]
    with process.running(command, on_line=said.append) as program:
        wait.until(
            lambda: "".join(said[:1]),
            bool,
            what="the target of load",
            hopeless=lambda _: "it ended" if program.done() else "",
            show=lambda line: line or "it said nothing",
            timeout=_STARTS,
        )
        yield (served := Served(said[0]))
    recorded = array("d", record.read_bytes())
    record.unlink()
    served.came, served.answered = recorded[::2], recorded[1::2]
