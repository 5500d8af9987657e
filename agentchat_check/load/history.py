"""Runs of load, kept: figures by run in SQLite, the noise between them, and what has become worse."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agentchat_check import errors
from agentchat_check.facts.metrics import Unit
from agentchat_check.findings import Finding, Promise, Verdict, few
from agentchat_check.load import changes, gate
from agentchat_check.load.changes import Change, ChangePoint
from agentchat_check.load.summary import Summary

FILE = "load-history.sqlite3"
"""Its name, among the reports."""

_VERSION = 1
_PATIENCE = 30.0
"""Seconds to wait for another run that writes."""

_TABLES = """
create table runs (
    run text primary key, started text not null, profile text not null, conditions text not null, images text not null,
    verdict text not null, trusted integer not null, directory text not null
) strict;
create index runs_by_conditions on runs (conditions, started);
create table figures (
    run text not null references runs (run) on delete cascade, name text not null, unit text not null,
    value real not null, primary key (run, name)
) strict;
"""

NOT_WORSE = Promise(
    "load.not_worse_than_before",
    "nothing has become worse than in the runs before",
    "compare this run with one of before: agentchat-check load compare RUN RUN",
)


class History:
    """The runs of before.

    Args:
        path: The database; made where it is missing.

    Raises:
        errors.CheckError: It is none, or a newer version's; or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened() as connection:
            connection.execute("begin immediate")
            version = connection.execute("pragma user_version").fetchone()[0]
            if version > _VERSION:
                raise self._unusable(f"format {version} of a newer agentchat-check")
            if not version:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"pragma user_version = {_VERSION}")

    def add(self, summary: Summary) -> None:
        """Keep a run; the one of the same name that was kept before, it replaces."""
        with self._opened() as connection:
            connection.execute("begin immediate")
            connection.execute("delete from runs where run = ?", (summary.run,))
            connection.execute(
                "insert into runs values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    summary.run,
                    summary.started,
                    summary.profile,
                    summary.key,
                    json.dumps(summary.images, sort_keys=True),
                    summary.verdict.value,
                    summary.trusted,
                    summary.directory,
                ),
            )
            connection.executemany(
                "insert into figures values (?, ?, ?, ?)",
                [(summary.run, name, summary.units[name], value) for name, value in summary.figures.items()],
            )

    def runs(self, profile: str | None = None) -> list[Summary]:
        """All runs, or those of a profile, the oldest first."""
        return self._read("select * from runs where ?1 is null or profile = ?1 order by started, run", (profile,))

    def find(self, run: str) -> Summary | None:
        """The run of this name; None where there is none."""
        return next(iter(self._read("select * from runs where run = ?", (run,))), None)

    def before(self, summary: Summary, at_most: int = changes.LAST) -> list[Summary]:
        """The trusted runs before this one under the same conditions, the oldest first."""
        found = self._read(
            "select * from runs where conditions = ? and trusted and (started, run) < (?, ?) "
            "order by started desc, run desc limit ?",
            (summary.key, summary.started, summary.run, at_most),
        )
        return found[::-1]

    def _read(self, query: str, values: tuple[str | int | None, ...]) -> list[Summary]:
        with self._opened() as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("begin")
            rows = connection.execute(query, values).fetchall()
            return [_summary(row, connection) for row in rows]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A transaction."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as connection:
                connection.execute("pragma foreign_keys = on")
                yield connection
                connection.execute("commit")
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(str(error)) from None

    def _unusable(self, why: str) -> errors.CheckError:
        return errors.CheckError(
            f"use the history of load runs in {self.path}",
            expected=f"a database of agentchat-check, format {_VERSION}",
            actual=why,
            next_step="move it away, and the next run begins a new one; or make room, if that is it",
        )


def against(summary: Summary, before: list[Summary]) -> list[Change]:
    """Every figure of a run beside the runs before that have it."""
    found = []
    for name, figure in summary.figures.items():
        known = [one.figures[name] for one in before if name in one.figures]
        if known:
            found.append(changes.compared(name, summary.units[name], known, figure, changes.noise(known)))
    return found


def not_worse(summary: Summary, before: list[Summary]) -> Finding:
    """No figure rose beyond its noise against the runs before."""
    expected = f"figures within the noise of the last {changes.LAST} runs under the same conditions"
    if not summary.trusted:
        return NOT_WORSE.unknown(
            expected=expected,
            actual="the recording of this run cannot be trusted",
            next_step="see what speaks against it, and run again",
        )
    if len(before) < changes.ENOUGH:
        return NOT_WORSE.unknown(
            expected=expected,
            actual=f"{len(before)} such runs are known; a noise takes {changes.ENOUGH}",
            next_step="run it again until there are as many",
        )
    found = against(summary, before)
    worse = [told(one) for one in found if one.worse]
    better = sum(one.better for one in found)
    return NOT_WORSE.judge(
        not worse,
        expected=expected,
        actual=few(worse) or f"{len(found)} figures beside {len(before)} runs: {better} better, none worse",
    )


def compare(one: Summary, other: Summary, before: list[Summary]) -> tuple[Verdict, list[Change]]:
    """A run beside another one.

    Args:
        one: The run of before.
        other: The run of after.
        before: Runs under the same conditions, that tell the noise.

    Returns:
        BROKEN where a figure is worse; HOLDS where none is, both can be trusted and the noise is known; and every
        figure that both have.
    """
    found = [
        changes.compared(
            name,
            unit,
            [one.figures[name]],
            other.figures[name],
            changes.noise([run.figures[name] for run in before if name in run.figures]),
        )
        for name, unit in other.units.items()
        if name in one.figures
    ]
    if not (one.trusted and other.trusted and found):
        return Verdict.UNKNOWN, found
    if any(change.worse for change in found):
        return Verdict.BROKEN, found
    return (Verdict.HOLDS if all(change.noise_known for change in found) else Verdict.UNKNOWN), found


def turns(runs: list[Summary]) -> list[tuple[Summary, str, ChangePoint]]:
    """Where figures changed their level for good, over runs under the same conditions.

    Args:
        runs: The oldest first.

    Returns:
        The first run of each new level, the figure, and the levels.
    """
    runs = [run for run in runs if run.trusted][-changes.SERIES :]
    names = {name: unit for run in runs for name, unit in run.units.items()}
    found = []
    for name, unit in names.items():
        having = [run for run in runs if name in run.figures]
        points = changes.change_points([run.figures[name] for run in having], unit)
        found += [(having[point.at], name, point) for point in points]
    return sorted(found, key=lambda turn: (turn[0].started, turn[1]))


def told(change: Change) -> str:
    """A change in words: ``POST /completion p95: 0.31 s, was 0.2 s (+55 %, noise up to 0.02 s)``."""
    after, was, floor = (gate.shown(figure, change.unit) for figure in (change.after, change.before, change.floor))
    return f"{change.name}: {after}, was {was} ({change.share:+.0%}; up to {floor} mean nothing)"


def _summary(row: sqlite3.Row, connection: sqlite3.Connection) -> Summary:
    figures = connection.execute("select name, unit, value from figures where run = ?", (row["run"],)).fetchall()
    return Summary(
        row["run"],
        row["started"],
        row["profile"],
        json.loads(row["conditions"]),
        json.loads(row["images"]),
        Verdict(row["verdict"]),
        bool(row["trusted"]),
        {one["name"]: one["value"] for one in figures},
        {one["name"]: Unit(one["unit"]) for one in figures},
        row["directory"],
    )
