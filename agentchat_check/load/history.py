"""Runs of load, kept: figures by run in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agentchat_check import errors
from agentchat_check.facts.metrics import Unit
from agentchat_check.findings import Verdict
from agentchat_check.load import changes
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


class History:
    """The runs of before.

    Args:
        path: The database; the first run that is kept makes it, and whoever only reads makes nothing.

    Raises:
        errors.CheckError: It is none, or a newer version's; or cannot be read, or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            with self._opened() as connection:
                self._version(connection)

    def add(self, summary: Summary) -> None:
        """Keep a run; the one of the same name that was kept before, it replaces."""
        with self._opened(make=True) as connection:
            connection.execute("begin immediate")
            if not self._version(connection):
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"pragma user_version = {_VERSION}")
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

    def require(self) -> History:
        """See that there is one.

        Raises:
            errors.CheckError: No run was kept.
        """
        if self.runs():
            return self
        raise errors.CheckError(
            f"read the history of load runs in {self.path}",
            expected="runs that were kept",
            actual="there is no history",
            next_step="agentchat-check load run, which begins one; or name the reports' directory: "
            "AGENTCHAT_CHECK_REPORTS=DIR",
        )

    def _read(self, query: str, values: tuple[str | int | None, ...]) -> list[Summary]:
        if not self.path.exists():
            return []
        with self._opened() as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("begin")
            if not self._version(connection):
                return []
            rows = connection.execute(query, values).fetchall()
            return [_summary(row, connection) for row in rows]

    def _version(self, connection: sqlite3.Connection) -> int:
        """Its format; 0 of a file that is empty."""
        version = int(connection.execute("pragma user_version").fetchone()[0])
        if version > _VERSION:
            raise self._unusable(f"format {version} of a newer agentchat-check")
        return version

    @contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction; on a file that is there, or is made."""
        try:
            if make:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            place = f"{self.path.absolute().as_uri()}?mode={'rwc' if make else 'rw'}"
            with closing(sqlite3.connect(place, uri=True, timeout=_PATIENCE, isolation_level=None)) as connection:
                connection.execute("pragma foreign_keys = on")
                yield connection
                if connection.in_transaction:
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
