"""A run of load while it goes on: one look at its figures, and how a terminal or a log shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from rich.console import Console
from rich.live import Live
from rich.table import Table

from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording
from agentchat_check.load.series import BUSY, LATENESS
from agentchat_check.progress import console as standard_error

_WINDOW = 10
"""Seconds over which figures are shown."""

_PLAIN_EVERY = 10
"""Seconds between two lines where there is no terminal."""

_SHOWN = 4
"""Requests and containers that are shown, the slowest and the busiest."""


_Number = TypeVar("_Number", int, float)


class Show(Protocol):
    """Takes the recording as far as it is."""

    def __call__(self, recording: Recording, /) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the last seconds were like.

    Attributes:
        second: Seconds since the run's start.
        left: Seconds that it goes on.
        rate: Requests per second.
        p95: Seconds, of all requests together; None when there were none.
        requests: All that ended so far.
        errors: Those that failed.
        kinds: The kinds of errors, the most frequent first.
        slowest: 95th percentiles by request, the slowest first.
        cpu: Shares by subject, the busiest first.
        busy: Share of its core that the busiest process of the generator used.
        late: Seconds: the 99th percentile of how late arrivals started.
    """

    second: int
    left: int
    rate: float
    p95: float | None
    requests: int
    errors: int
    kinds: tuple[tuple[str, int], ...]
    slowest: tuple[tuple[str, float], ...]
    cpu: tuple[tuple[str, float], ...]
    busy: float
    late: float


def figures(recording: Recording, seconds: float) -> Figures:
    """The figures of the last seconds of a recording.

    Args:
        recording: As far as it is.
        seconds: How long the run is to go on in all.
    """
    now = int(recording.seconds)
    recent = range(max(0, now - _WINDOW), now)
    together, requests, errors = Histogram(), 0, 0
    by_request: dict[str, Histogram] = {}
    kinds: dict[str, int] = {}
    for series, timeline in recording.latency.items():
        if not series.is_request:
            continue
        total = sum(one.total for one in timeline.values())
        requests += total
        if series.is_error:
            errors += total
            kinds[series.outcome] = kinds.get(series.outcome, 0) + total
        mine = by_request.setdefault(series.request, Histogram())
        for one in (timeline[second] for second in recent if second in timeline and series.took_time):
            mine.merge(one)
            together.merge(one)
    cpu = {subject: track.values[-1] for subject, track in recording.samples.of("cpu")}
    notes = recording.notes.values()
    busy = [of[BUSY][second].longest for of in notes for second in recent if second in of.get(BUSY, {})]
    late = Histogram.merged(of[LATENESS][second] for of in notes for second in recent if second in of.get(LATENESS, {}))
    slow = {name: one.percentile(95) for name, one in by_request.items() if one.total}
    return Figures(
        second=now,
        left=max(0, int(seconds) - now),
        rate=together.total / max(len(recent), 1),
        p95=together.percentile(95) if together.total else None,
        requests=requests,
        errors=errors,
        kinds=_largest(kinds),
        slowest=_largest(slow)[:_SHOWN],
        cpu=_largest(cpu)[:_SHOWN],
        busy=max(busy, default=0.0),
        late=late.percentile(99),
    )


def line(seen: Figures) -> str:
    """The figures on one line: ``0:42, 1:18 left: 24.1 requests/s, p95 0.031 s, 0 errors of 1,012, …``."""
    p95 = "none answered" if seen.p95 is None else f"p95 {seen.p95:.3f} s"
    kinds = f" ({', '.join(f'{kind} {number}' for kind, number in seen.kinds[:2])})" if seen.kinds else ""
    cpu = "".join(f", {subject.removeprefix('container:')} {share:.0%}" for subject, share in seen.cpu)
    return (
        f"{_clock(seen.second)}, {_clock(seen.left)} left: {seen.rate:.1f} requests/s, {p95}, "
        f"{seen.errors:,} errors of {seen.requests:,}{kinds}; processors: generator {seen.busy:.0%}{cpu}"
    )


@contextmanager
def shown(seconds: float, console: Console = standard_error) -> Iterator[Show]:
    """Show a run while the block goes on: on a terminal a table that changes, elsewhere a line now and then.

    Args:
        seconds: How long it is to go on.
        console: Where to.
    """
    last = -_PLAIN_EVERY

    def plainly(recording: Recording, /) -> None:
        nonlocal last
        seen = figures(recording, seconds)
        if seen.second - last >= _PLAIN_EVERY:
            last = seen.second
            console.print(line(seen), soft_wrap=True, markup=False)

    if not console.is_terminal:
        yield plainly
        return
    with Live(console=console, transient=True, auto_refresh=False) as live:
        yield lambda recording: live.update(table(figures(recording, seconds)), refresh=True)


def table(seen: Figures) -> Table:
    """The figures for a terminal."""
    grid = Table.grid(padding=(0, 2))
    share = seen.errors / seen.requests if seen.requests else 0.0
    grid.add_row("time", f"{_clock(seen.second)}, {_clock(seen.left)} left")
    grid.add_row("rate", f"{seen.rate:.1f} requests/s, {seen.requests:,} in all")
    grid.add_row("p95", "none answered" if seen.p95 is None else f"{seen.p95:.3f} s")
    grid.add_row("", "  ".join(f"{name} {p95:.3f} s" for name, p95 in seen.slowest))
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in seen.kinds[:_SHOWN])
    grid.add_row("errors", f"{seen.errors:,} ({share:.1%}) {kinds}", style="red" if seen.errors else "")
    grid.add_row("processors", "  ".join(f"{name.removeprefix('container:')} {used:.0%}" for name, used in seen.cpu))
    grid.add_row("generator", f"{seen.busy:.0%} of a core, arrivals {seen.late * 1000:.1f} ms late (p99)")
    return grid


def _largest(values: dict[str, _Number]) -> tuple[tuple[str, _Number], ...]:
    return tuple(sorted(values.items(), key=lambda pair: (-pair[1], pair[0])))


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"
