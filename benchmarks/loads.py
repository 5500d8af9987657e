"""What is measured of load: beside k6, plain locust and wrk, at the same target, in one sitting."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import generators, metering, served
from benchmarks.figures import Bench
from benchmarks.measuring import Figure, alternately, ratio, spread
from benchmarks.metering import Meter
from benchmarks.served import Percentile, Served, Times
from benchmarks.target import STALL

_STALLED_RATE, _STALLED_SECONDS, _STALLS_AFTER = 200.0, 10.0, 800
_STEADY_RATE, _STEADY_SECONDS = 400.0, 20.0
_FULL = 15.0
"""Seconds of a generator that does as much as it can."""

_IN_TURNS = 45.0
"""Seconds of one whose requests are recorded in every other turn: eleven turns."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Told:
    """A run by its generator's account, and by the target's.

    Attributes:
        said: What the generator says.
        truth: What follows from the target's record.
        late: Seconds: the 99th percentile of the delay of its arrivals; 0 where it does not tell.
    """

    said: Times
    truth: Times
    late: float = 0.0

    def error(self, percentile: Percentile) -> float:
        """How many hundredths of the truth it is off."""
        return abs(self.said.of(percentile) / self.truth.of(percentile) - 1) * 100


@dataclass(frozen=True, slots=True)
class _Full:
    """A generator that did as much as it could.

    Attributes:
        rate: Requests that came to the target each second.
        cost: Processor seconds of the generator for each of them.
        led: Likewise of this process, which leads the generator, takes samples and judges.
    """

    rate: float
    cost: float
    led: float


class _Rig:
    """Targets, and new directories for those who drive them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made = 0

    def new(self) -> Path:
        """A directory that is not there yet."""
        self._made += 1
        return self._directory / str(self._made)

    def target(self, *, stall_after: int = 0) -> AbstractContextManager[Served]:
        """A target, with a record of its own."""
        return served.running(self._directory, stall_after=stall_after)

    @contextmanager
    def metered(self) -> Iterator[tuple[Served, Meter]]:
        """A target, and looks at who drives it."""
        with self.target() as target, metering.metered() as meter:
            yield target, meter

    def ours(self, *, requests: float, seconds: float, stall_after: int = 0) -> _Told:
        """Arrivals at a constant rate, by our generator."""
        with self.target(stall_after=stall_after) as target:
            recording = generators.arriving(target.url, self.new(), requests=requests, seconds=seconds)
        late = generators.lateness(recording)
        return _told(generators.times_of(recording), target, requests, late)

    def k6(self, *, requests: float, seconds: float, stall_after: int = 0) -> _Told:
        """The same by k6."""
        with self.target(stall_after=stall_after) as target:
            said = generators.k6(target.url, requests=requests, seconds=seconds)
        return _told(said, target, requests)

    def full(self, drive: Callable[[str, Path], object]) -> _Full:
        """As much as a generator can."""
        with self.metered() as (target, meter):
            drive(target.url, self.new())
        spent = sum(metering.cost(looks, target) for looks in meter.generators.values())
        return _Full(metering.rate(meter.ourselves, target), spent, metering.cost(meter.ourselves, target))

    def recorder(self) -> float:
        """Share that the recorder adds to what a generator uses for each request."""
        with self.metered() as (target, meter):
            generators.asking(target.url, self.new(), seconds=_IN_TURNS, file="in_turns.py")
        return metering.added(meter.generator, target)


def loads(bench: Bench) -> Iterator[Figure]:
    """How true our times are, how exact our arrivals, and how much one process can do."""
    with tempfile.TemporaryDirectory() as directory:
        rig = _Rig(Path(directory))
        yield from _stalled(bench.runs, rig)
        yield from _steady(bench.runs, rig)
        yield from _ceilings(bench, rig)


def load_memory(bench: Bench) -> Iterator[Figure]:
    """What a process of the generator keeps of a million requests: once, for they take minutes."""
    del bench
    with tempfile.TemporaryDirectory() as directory:
        rig = _Rig(Path(directory))
        known = rig.full(lambda url, into: generators.asking(url, into, seconds=_FULL)).rate
        with rig.metered() as (target, meter):
            generators.asking(target.url, rig.new(), seconds=1.1 * _MILLION / known)
    if len(target.came) < _MILLION:
        raise RuntimeError(f"only {len(target.came):,} requests came: the host became slower meanwhile; run it again")
    early = target.came[_MILLION // 10]
    (looks,) = meter.generators.values()
    after = [look.memory / 2**20 for look in looks if look.at >= early]
    detail = f"{len(target.came):,} requests, {after[0]:.1f} MiB after 100,000 of them"
    yield Figure("a generator's memory over a million requests", 150.0, max(after), " MiB", detail=detail)
    yield Figure("the same over what it was after a tenth of them", 1.05, max(after) / after[0], detail="the same run")


def _stalled(runs: int, rig: _Rig) -> Iterator[Figure]:
    rate, seconds, after = _STALLED_RATE, _STALLED_SECONDS, _STALLS_AFTER
    taken = alternately(
        runs,
        ours=lambda: rig.ours(requests=rate, seconds=seconds, stall_after=after),
        k6=lambda: rig.k6(requests=rate, seconds=seconds, stall_after=after),
    )
    what = f"{rate:g} requests/s with one stall of {STALL:g} s"
    percentiles: tuple[Percentile, ...] = ("p95", "p99")
    for percentile in percentiles:
        ours, theirs = ([one.error(percentile) for one in taken[name]] for name in ("ours", "k6"))
        said = _beside_truth(taken["ours"], percentile)
        yield Figure(f"{what}: error of our {percentile}", 3.0, statistics.median(ours), " %", detail=said)
        said = f"k6's is {statistics.median(theirs):.2f} %: {_beside_truth(taken['k6'], percentile)}"
        yield Figure("the same beyond k6's", 0.0, _apart(ours, theirs), " %", detail=said)


def _steady(runs: int, rig: _Rig) -> Iterator[Figure]:
    rate, seconds = _STEADY_RATE, _STEADY_SECONDS
    taken = alternately(
        runs,
        ours=lambda: rig.ours(requests=rate, seconds=seconds),
        k6=lambda: rig.k6(requests=rate, seconds=seconds),
    )
    what = f"steady {rate:g} requests/s"
    targets: dict[Percentile, float] = {"p50": 1.0, "p95": 3.0}
    for percentile, target in targets.items():
        ours, theirs = ([1000 * one.said.of(percentile) for one in taken[name]] for name in ("ours", "k6"))
        detail = f"{spread(ours, ' ms')} beside {spread(theirs, ' ms')}"
        yield Figure(f"{what}: our {percentile} beyond k6's", target, _apart(ours, theirs), " ms", detail=detail)
    late = [1000 * one.late for one in taken["ours"]]
    yield Figure(
        f"{what}: how late arrivals start, p99", 5.0, statistics.median(late), " ms", detail=spread(late, " ms")
    )


def _ceilings(bench: Bench, rig: _Rig) -> Iterator[Figure]:
    with rig.target() as target:
        most = generators.wrk(target.url, bench.session.settings, seconds=5)
    taken = alternately(
        bench.runs,
        plain=lambda: rig.full(lambda url, _: generators.plain(url, seconds=_FULL)),
        one=lambda: rig.full(lambda url, into: generators.asking(url, into, seconds=_FULL)),
        two=lambda: rig.full(lambda url, into: generators.asking(url, into, seconds=_FULL, processes=2)),
    )
    ours, plain = ([1 / full.cost for full in taken[name]] for name in ("one", "plain"))
    detail = f"{spread(ours, '/s')} of a processor over {spread(plain, '/s')}; the target answers wrk {most:,.0f}/s"
    yield Figure("what one process can do over plain locust's FastHttpUser", 0.95, ratio(ours, plain), at_least=True,
                 detail=detail)  # fmt: skip
    recorder = [rig.recorder() * 100 for _ in range(bench.runs)]
    others = [full.led / full.cost * 100 for full in taken["one"]]
    both = [one + other for one, other in zip(recorder, others, strict=True)]
    detail = f"recorder {spread(recorder, ' %')}, sampler and judge {spread(others, ' %')}, with no stack to look at"
    yield Figure("what recorder, sampler and judge cost of it", 5.0, statistics.median(both), " %", detail=detail)
    two, one = ([full.rate for full in taken[name]] for name in ("two", "one"))
    detail = f"{spread(two, '/s')} over {spread(one, '/s')}; {psutil.cpu_count()} processors, of which the target and "
    yield Figure("what two processes can do over one", 1.7, ratio(two, one), at_least=True,
                 detail=detail + "the process that leads need some, too")  # fmt: skip
    pair = [2 / full.cost for full in taken["two"]]
    yield Figure("the same where each of them has a processor", 1.7, ratio(pair, ours), at_least=True,
                 detail=f"{spread(pair, '/s')} of two processors over {spread(ours, '/s')} of one")  # fmt: skip


def _told(said: Times, target: Served, requests: float, late: float = 0.0) -> _Told:
    truth = target.truth(requests)
    if said.requests != truth.requests:
        raise RuntimeError(f"{said.requests} requests by the generator's account, {truth.requests} by the target's")
    return _Told(said, truth, late)


def _beside_truth(several: Sequence[_Told], percentile: Percentile) -> str:
    said = spread(one.said.of(percentile) for one in several)
    return f"{said}, in truth {spread(one.truth.of(percentile) for one in several)}"


def _apart(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the differences of pairs that were taken one after the other."""
    return statistics.median(one - other for one, other in zip(ours, theirs, strict=True))
