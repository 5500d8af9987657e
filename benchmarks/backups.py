"""What is measured of backups: beside the plain tools, on the same database, in one run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import zstandard

from agentchat_check import facts
from agentchat_check.archive import reading, writing
from agentchat_check.archive.manifest import Contents
from agentchat_check.archive.sealing import Sealing
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger
from agentchat_check.probes import administration, database, digests
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import cut, methods
from agentchat_check.procedures.backup.methods import METHODS, MethodName
from agentchat_check.procedures.meanwhile import users_write
from agentchat_check.procedures.regular import Regular
from agentchat_check.stack import streams
from agentchat_check.stack.running import Stack
from benchmarks import seeded
from benchmarks.figures import Bench
from benchmarks.measuring import Figure, alternately, ratio, spread

_PATIENCE = 3600.0
_PLAIN = "plain_restore"
_CALM = 15.0
"""Seconds of the application without a backup."""


def backups(bench: Bench) -> Iterator[Figure]:
    """How long copies of a database take, and the way back."""
    with bench.cold_stack() as stack, tempfile.TemporaryDirectory() as directory:
        with administration.connected(stack, "fill", schema=_name(stack), timeout=_PATIENCE) as connection:
            seeded.fill(connection, bench.megabytes)
        plain = _Plain(stack, Path(directory))
        ours = {method: _Ours(stack, Path(directory), method) for method in METHODS}
        takes: dict[str, Callable[[], float]] = {method: one.take for method, one in ours.items()}
        taken = alternately(bench.runs, dump=plain.dump, written=plain.write, digests=lambda: _digests(stack), **takes)
        targets = {"logical": 1.5, "physical": 0.7}
        for method in METHODS:
            yield _beside(f"{method} take, digests included, over `mysqldump | zstd`", targets[method],
                          taken[method], taken["dump"])  # fmt: skip
        yield _beside("digests of all tables over `mysqldump`", 0.8, taken["digests"], taken["written"])
        restores: dict[str, Callable[[], float]] = {method: one.restore for method, one in ours.items()}
        restored = alternately(max(1, bench.runs // 2), load=plain.load, **restores)
        targets = {"logical": 0.8, "physical": 0.45}
        for method in METHODS:
            yield _beside(f"{method} restore over `mysql < dump`", targets[method], restored[method], restored["load"])
        peak = psutil.Process().memory_info().rss / 2**20
        yield Figure("our own memory after all of it", 250.0, peak, " MiB", detail=f"{bench.megabytes} MB of messages")
        yield from _answers(bench, stack, Path(directory))


def _answers(bench: Bench, stack: Stack, directory: Path) -> Iterator[Figure]:
    """How long the application's answers take while our command backs it up: one user, who asks all the time.

    Each time it is a new one: what a user reads grows with what that user has written.
    """

    def back_up(method: MethodName) -> None:
        options = ["--method", method, "--leave-secrets-out", "--into", str(directory / "archives")]
        killing.run(stack, ["backup", "take", *options], state=directory / "state")

    def p95(meanwhile: Callable[[], object]) -> float:
        with users_write(Regular.arrive(stack, Ledger())) as writers:
            meanwhile()
        seconds = [answer.seconds for answers in writers.answers().values() for answer in answers]
        return statistics.quantiles(seconds, n=20)[-1]

    takes = {method: lambda method=method: p95(lambda: back_up(method)) for method in METHODS}
    took = alternately(bench.runs, calm=lambda: p95(lambda: time.sleep(_CALM)), **takes)
    for method in METHODS:
        yield _beside(f"p95 of answers during a hot {method} backup over without", 1.5, took[method], took["calm"])


class _Plain:
    """``mysqldump | zstd``, and ``mysql < dump`` into a database of its own."""

    def __init__(self, stack: Stack, directory: Path) -> None:
        self._stack, self._file = stack, directory / "plain.sql.zst"

    def dump(self) -> float:
        began = time.monotonic()
        with self._program(self._mysqldump()) as program, self._file.open("wb") as file:
            zstandard.ZstdCompressor(level=3).copy_stream(program.stdout, file)
            program.finish(_PATIENCE)
        return time.monotonic() - began

    def write(self) -> float:
        """The same, and nobody keeps it."""
        began = time.monotonic()
        with self._program(self._mysqldump()) as program:
            while program.stdout.read(1 << 20):
                pass
            program.finish(_PATIENCE)
        return time.monotonic() - began

    def _mysqldump(self) -> list[str]:
        return ["mysqldump", "--user=root", "--single-transaction", "--set-gtid-purged=OFF", _name(self._stack)]

    def load(self) -> float:
        with cut.root(self._stack) as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {_PLAIN}")
            cursor.execute(f"CREATE DATABASE {_PLAIN}")
        began = time.monotonic()
        with self._program(["mysql", "--user=root", _PLAIN]) as program, self._file.open("rb") as file:
            zstandard.ZstdDecompressor().copy_stream(file, program.stdin)
            program.finish(_PATIENCE)
        seconds = time.monotonic() - began
        with cut.root(self._stack) as cursor:
            cursor.execute(f"DROP DATABASE {_PLAIN}")
        return seconds

    @contextmanager
    def _program(self, command: list[str]) -> Iterator[streams.Streaming]:
        secrets = {"MYSQL_PWD": database.root_password(self._stack)}
        service = self._stack.service_name(Role.DATABASE)
        with streams.inside(self._stack, service, command, secrets=secrets) as program:
            yield program


class _Ours:
    """A method's take into an archive of its own, and the restore of the last one."""

    def __init__(self, stack: Stack, directory: Path, method: MethodName) -> None:
        self._stack, self._directory, self._method = stack, directory, method
        self._archives: list[Path] = []

    def take(self) -> float:
        began = time.monotonic()
        name = f"{self._method}-{len(self._archives)}"
        with writing.draft(self._directory, name, Sealing()) as draft:
            taken = methods.of(self._stack, self._method).take(draft, at_the_cut=lambda: None)
            self._archives.append(draft.finish(_contents(self._method, taken.cut, taken.database)))
        return time.monotonic() - began

    def restore(self) -> float:
        began = time.monotonic()
        archive = reading.open_archive(self._archives[-1])
        restoration = methods.of(self._stack, self._method).restoration(archive, archive.manifest.database)
        restoration.stage()
        restoration.swap()
        _digests(self._stack)
        seconds = time.monotonic() - began
        restoration.confirm()
        return seconds


def _digests(stack: Stack) -> float:
    began = time.monotonic()
    with cut.opened(stack, cut.CONNECTIONS) as cursors:
        cut.begin(cursors)
        digests.ranges(cursors, _name(stack))
    return time.monotonic() - began


def _contents(method: MethodName, line: facts.CutLine, state: facts.DatabaseState) -> Contents:
    return Contents(
        taken_at=datetime.now(UTC),
        deployment="bench",
        project="bench",
        method=method,
        hot=True,
        images=(),
        cut=line,
        database=state,
        cache=None,
        files=(),
        omissions=(),
    )


def _name(stack: Stack) -> str:
    return database.credentials(stack).database


def _beside(what: str, target: float, ours: list[float], theirs: list[float]) -> Figure:
    detail = f"{spread(ours)} over {spread(theirs)}"
    return Figure(what, target, ratio(ours, theirs), detail=detail)
