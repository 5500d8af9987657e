"""What the processes of a generator use, looked at from outside while they go on."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from benchmarks import turns
from benchmarks.served import Served

_PERIOD = 0.5
"""Seconds between two looks."""

_WARM = 2.0
"""Seconds from the first request that do not count: connections are made, and code is read for the first time."""

_END = 1.0
"""Seconds before the last request that do not count, either."""

_SEEN = 4
"""Looks that a turn has to have had, of the five that fit."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a process.

    Attributes:
        at: When, on the monotonic clock.
        cpu: Processor seconds that it has used.
        memory: Bytes that it has.
    """

    at: float
    cpu: float
    memory: int


@dataclass(slots=True)
class Meter:
    """Looks at ourselves, and at the processes of locust that we have started.

    Attributes:
        ourselves: The looks at this process.
        generators: Those at each process of locust, by its number.
    """

    ourselves: list[Look] = field(default_factory=list)
    generators: dict[int, list[Look]] = field(default_factory=dict)

    @property
    def generator(self) -> list[Look]:
        """The looks at the only process of locust.

        Raises:
            RuntimeError: There was another number of them.
        """
        if len(self.generators) != 1:
            raise RuntimeError(f"{len(self.generators)} processes of locust were seen, and not one")
        return next(iter(self.generators.values()))

    def look(self) -> None:
        """Look once."""
        here = psutil.Process()
        self.ourselves.append(_seen(here))
        for child in here.children():
            with suppress(psutil.Error):  # it may end meanwhile
                if "locust" in child.cmdline():
                    self.generators.setdefault(child.pid, []).append(_seen(child))


@contextmanager
def metered() -> Iterator[Meter]:
    """Look for as long as the block goes on."""
    meter, over = Meter(), threading.Event()

    def go_on() -> None:
        while not over.wait(_PERIOD):
            meter.look()

    thread = threading.Thread(target=go_on, name="meter", daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        over.set()
        thread.join()


def steady(looks: list[Look], served: Served) -> list[Look]:
    """The looks at a process while requests came as they did all the time.

    Raises:
        RuntimeError: There were too few.
    """
    first, last = (served.came[0] + _WARM, served.came[-1] - _END) if served.came else (0.0, 0.0)
    chosen = [look for look in looks if first <= look.at <= last]
    if len(chosen) < 2:  # noqa: PLR2004 - a stretch of time has two ends
        raise RuntimeError(f"{len(served.came)} requests came, too soon one after the other to look at who sent them")
    return chosen


def cost(looks: list[Look], served: Served) -> float:
    """Processor seconds that a process used for each request that the target saw."""
    first, *_, last = steady(looks, served)
    return _cost(first, last, served)


def added(looks: list[Look], served: Served) -> float:
    """Share that recording adds to what a process uses for each request: the median of the turns beside each other.

    Raises:
        RuntimeError: There were no two turns beside each other.
    """
    by_turn: dict[int, list[Look]] = {}
    for look in steady(looks, served):
        turn, into = divmod(look.at, turns.TURN)
        if into >= turns.SETTLES:
            by_turn.setdefault(int(turn), []).append(look)
    costs = {turn: _cost(seen[0], seen[-1], served) for turn, seen in by_turn.items() if len(seen) >= _SEEN}
    pairs = [sorted((turn, turn + 1), key=lambda one: turns.is_recorded(one * turns.TURN)) for turn in costs]
    ratios = [costs[recorded] / costs[bare] - 1 for bare, recorded in pairs if {bare, recorded} <= costs.keys()]
    if not ratios:
        raise RuntimeError("requests did not come long enough to be recorded in turns")
    return statistics.median(ratios)


def rate(looks: list[Look], served: Served) -> float:
    """Requests that came each second."""
    first, *_, last = steady(looks, served)
    return served.between(first.at, last.at) / (last.at - first.at)


def _cost(first: Look, last: Look, served: Served) -> float:
    return (last.cpu - first.cpu) / served.between(first.at, last.at)


def _seen(program: psutil.Process) -> Look:
    with program.oneshot():
        used = program.cpu_times()
        return Look(time.monotonic(), used.user + used.system, program.memory_info().rss)
