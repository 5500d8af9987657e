"""What is measured of upgrades: ours beside a bare `pull; up -d` of the same pair, and pairs judged end to end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check.deployment import Deployment
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import by_hand, passage, run
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.procedures.upgrade.pairs import Judge
from agentchat_check.stack import releases
from benchmarks.figures import Bench
from benchmarks.measuring import Figure, alternately, spread

_BACKUP = "copying what is there"
_AFTER_IT = "switching to"


@dataclass(frozen=True, slots=True)
class _Timed:
    """One way to go from ref-1 to ref-2, while a user writes.

    Attributes:
        bench: Makes the stacks.
        act: Goes; returns the seconds of it that are no part of the comparison.
        downtimes: Seconds that users went without an answer, once for each time it was done.
    """

    bench: Bench
    act: Callable[[Regular], float]
    downtimes: list[float] = field(default_factory=list)

    def wall(self) -> float:
        """Seconds from the beginning to the end, without what is no part of the comparison."""
        with self.bench.stack() as stack:
            regular = Regular.arrive(stack, Ledger())
            with meanwhile.users_write(regular) as writers:
                began = time.monotonic()
                besides = self.act(regular)
                seconds = time.monotonic() - began
                writers.go_on()
            self.downtimes.append(passage.of(writers).longest)
        return seconds - besides


def upgrades(bench: Bench) -> Iterator[Figure]:
    """How long an upgrade takes, and how long a pair of releases takes to be judged."""
    session = bench.session
    every = [releases.read(session.client, session.settings, name) for name in releases.NAMES]
    with tempfile.TemporaryDirectory() as directory:
        into = Path(directory)
        judge = Judge(bench.stack_of, session.settings, into)
        judge.pair(*every[:2])  # makes the prepared databases, and every image
        ours = _Timed(bench, lambda user: _ours(bench, user, every[1], into))
        bare = _Timed(bench, lambda user: _bare(bench, user, every[1], into))
        walls = alternately(bench.runs, ours=ours.wall, bare=bare.wall)
        yield _beside("users without an answer", 1.05, ours.downtimes, bare.downtimes)
        yield _beside("wall time without the backup", 1.2, walls["ours"], walls["bare"])
        yield from _judged(judge, every)


def _judged(judge: Judge, every: list[Deployment]) -> Iterator[Figure]:
    began = time.monotonic()
    judge.pair(*every[:2])
    yield Figure("a pair of releases judged end to end", 180.0, time.monotonic() - began, " s", detail="once")
    began = time.monotonic()
    pairs = judge.matrix(every)
    seconds = time.monotonic() - began
    yield Figure("the matrix of the reference releases", 480.0, seconds, " s", detail=f"{len(pairs)} pairs, once")


def _ours(bench: Bench, regular: Regular, release: Deployment, into: Path) -> float:
    """Our procedure; the seconds of its backup."""
    told: dict[str, float] = {}

    def tell(step: str) -> None:
        known = next((one for one in (_BACKUP, _AFTER_IT) if step.startswith(one)), step)
        told.setdefault(known, time.monotonic())

    run.run(regular.stack, lambda _: release, bench.session.settings, Wishes(into), tell)
    return told[_AFTER_IT] - told[_BACKUP]


def _bare(bench: Bench, regular: Regular, release: Deployment, into: Path) -> float:
    """`docker compose pull; docker compose up -d`."""
    by_hand.brought_in(regular, release, bench.session.settings, number=1, into=into)
    return 0.0


def _beside(what: str, target: float, ours: list[float], theirs: list[float]) -> Figure:
    """The best run over the best: a backend that stops waits for answers under way, if there happen to be any."""
    best, theirs_best = min(ours), min(theirs)
    detail = f"{best:.2f} s over {theirs_best:.2f} s, the best of {len(ours)}; {spread(ours)} over {spread(theirs)}"
    return Figure(f"our upgrade over a bare `pull; up -d`: {what}", target, best / theirs_best, detail=detail)
