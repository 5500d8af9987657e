"""What is measured: starts of stacks, and looks at them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from agentchat_check.deployment import REFERENCE, Deployment
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle
from agentchat_check.stack.running import Stack
from benchmarks.measuring import Figure, Run, alternately, command, ratio, spread, suite

# The environment of `make smoke` has no hypothesis; ours has, and importing it takes a second.
SMOKE = ("suites/smoke", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")


@dataclass(frozen=True, slots=True)
class Bench:
    """What every figure is taken with.

    Attributes:
        session: The engine and the deployment.
        runs: How often each measurement is taken.
        megabytes: Size of the database that is backed up.
    """

    session: Session
    runs: int
    megabytes: int

    def cold(self) -> float:
        """Seconds from nothing to a ready stack with an empty database."""
        started = time.monotonic()
        with self._stack("cold"):
            return time.monotonic() - started

    def prepared(self) -> float:
        """Seconds from nothing to a ready stack with the prepared database."""
        started = time.monotonic()
        with self._stack("prepared"):
            return time.monotonic() - started

    def bare(self) -> float:
        """Seconds that ``docker compose up --wait`` takes on the very files of such a stack."""
        settings = self._settings("prepared")
        stack = lifecycle.create(self.session.client, self.session.deployment, settings, self.session.run)
        started = time.monotonic()
        try:
            stack.compose("up", "--detach", "--no-build", "--wait", timeout=settings.up_timeout)
            return time.monotonic() - started
        finally:
            lifecycle.remove(self.session.client, stack.project)
            stack.timeline.close()

    def two_in_turn(self) -> float:
        """Seconds from nothing to a ready stack, twice, one after the other."""
        return self.prepared() + self.prepared()

    def two_at_once(self) -> float:
        """Seconds from nothing to two ready stacks that were begun at the same time."""
        started = time.monotonic()
        with ExitStack() as ends, ThreadPoolExecutor(max_workers=2) as pool:
            both = [self._stack("prepared") for _ in range(2)]
            list(pool.map(ends.enter_context, both))
            return time.monotonic() - started

    def stack(self) -> AbstractContextManager[Stack]:
        """A stack that stays for several looks."""
        return self._stack("prepared")

    def stack_of(self, release: Deployment) -> AbstractContextManager[Stack]:
        """A stack of another deployment, with the database that a first start of it leaves."""
        return self._stack("prepared", release)

    def cold_stack(self) -> AbstractContextManager[Stack]:
        """A stack whose database keeps its data in a volume, as installations do."""
        return self._stack("cold")

    def _stack(self, database: str, deployment: Deployment | None = None) -> AbstractContextManager[Stack]:
        return lifecycle.temporary(
            self.session.client,
            deployment or self.session.deployment,
            self._settings(database),
            self.session.run,
            evidence_into=self.session.directory / "evidence",
        )

    def _settings(self, database: str) -> Settings:
        return self.session.settings.model_copy(update={"database": database})


def starts(bench: Bench) -> Iterator[Figure]:
    """How long stacks take to be ready."""
    bench.prepared()  # makes the prepared database, and warms every cache
    taken = alternately(bench.runs, library=bench.prepared, bare=bench.bare, cold=bench.cold)
    library, bare, cold = taken["library"], taken["bare"], taken["cold"]
    yield Figure(
        "bring-up by the library over a bare `docker compose up --wait` of the same files",
        1.10,
        ratio(library, bare),
        detail=f"{spread(library)} over {spread(bare)}",
    )
    yield Figure(
        "warm images and prepared database to ready", 6.0, statistics.median(library), " s", detail=spread(library)
    )
    yield Figure(
        "a stack from the prepared database over a cold one",
        0.5,
        ratio(library, cold),
        detail=f"{spread(library)} over {spread(cold)}",
    )


def pairs(bench: Bench) -> Iterator[Figure]:
    """What is gained by two stacks at once."""
    taken = alternately(bench.runs, in_turn=bench.two_in_turn, at_once=bench.two_at_once)
    yield Figure(
        "two stacks at once over one after the other",
        1.7,
        ratio(taken["in_turn"], taken["at_once"]),
        at_least=True,
        detail=f"{spread(taken['in_turn'])} over {spread(taken['at_once'])}",
    )


def looks(bench: Bench) -> Iterator[Figure]:
    """How long the smoke suite takes, as a whole process."""
    with bench.stack() as stack:
        attached = [suite(*SMOKE, "-m", "not browser", "--attach", stack.project) for _ in _of(bench)]
    whole = [suite(*SMOKE) for _ in _of(bench)]
    yield _seconds("smoke on a running stack, whole process, without the browser", 6.0, attached)
    yield _seconds("warm host to a smoke verdict, with the browser", 45.0, whole)
    peak = max(run.peak for run in (*attached, *whole)) / 2**20
    yield Figure("the checker's own peak memory", 200.0, peak, " MiB", detail="the largest of all these runs")


def suites(bench: Bench) -> Iterator[Figure]:
    """How long the suites take that start, stop and break stacks: once, for they take minutes."""
    del bench
    everything = ("suites/startup", "suites/env", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    at_once = suite(*everything, "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder").seconds
    in_turn = suite(*everything).seconds
    yield Figure("the suites startup and env, by two processes", 10.0, at_once / 60, " min", detail="one run")
    yield Figure(
        "the same by one process over two",
        1.5,
        in_turn / at_once,
        at_least=True,
        detail=f"{in_turn:.0f} s over {at_once:.0f} s, one run",
    )


def audits(bench: Bench) -> Iterator[Figure]:
    """What reading and judging the reference deployment's files takes, as a whole process."""
    runs = [command("audit", str(REFERENCE)) for _ in _of(bench)]
    yield _seconds("audit of a directory, whole process", 3.0, runs)
    yield Figure("its peak memory", 100.0, max(run.peak for run in runs) / 2**20, " MiB", detail="the largest of them")


def _of(bench: Bench) -> range:
    return range(bench.runs)


def _seconds(what: str, target: float, runs: list[Run]) -> Figure:
    seconds = [run.seconds for run in runs]
    return Figure(what, target, statistics.median(seconds), " s", detail=spread(seconds))
