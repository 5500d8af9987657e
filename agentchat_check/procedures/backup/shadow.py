"""A database restored beside the one that is there, and put into its place by one statement."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

import pymysql

from agentchat_check import facts
from agentchat_check.probes import administration, database_state
from agentchat_check.probes.administration import Connection
from agentchat_check.probes.digests import Cursor
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.procedures.backup import accounts, cut, loading, objects, scripts, tables
from agentchat_check.procedures.backup.dump import part_of
from agentchat_check.procedures.backup.loading import Dealer
from agentchat_check.procedures.backup.method import Archived
from agentchat_check.stack.running import Stack

log = logging.getLogger(__name__)

SCHEMA = "database/schema.sql"
LATER = "database/later.sql"

_AT_ONCE = 4
"""Statements of about a million bytes each that are one transaction."""

_SETTINGS = (
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, unique_checks = 0",
)
_PATIENCE = "SET SESSION lock_wait_timeout = 60"
"""For whoever still uses a table; the server's own is a year."""

_WISHES = ("SET SESSION sql_log_bin = 0", "SET SESSION innodb_ddl_buffer_size = 67108864")
"""What makes it faster, where the server knows and allows it."""

_TRIED = "restore the database"

_OBJECTS = "agentchat_check_objects"
"""The table that keeps what makes the original's triggers and views, which do not move along with its tables.

It keeps the names of the accounts that the restore makes, too.
"""


@dataclass(frozen=True, slots=True)
class Shadow:
    """The restore of a logical backup.

    Attributes:
        stack: The stack.
        archive: The archive.
        state: What the database was.
        name: The database that is restored.
    """

    stack: Stack
    archive: Archived
    state: facts.DatabaseState
    name: str

    @property
    def shadow(self) -> str:
        """Where it is restored to at first."""
        return f"{self.name}__restoring"

    @property
    def before(self) -> str:
        """Where the original is kept after the swap."""
        return f"{self.name}__before"

    def stage(self) -> None:
        """Load everything into the shadow."""
        self.put_back()
        with self._cursor() as cursor:
            cursor.execute(
                f"CREATE DATABASE {quoted(self.shadow)}"
                f" CHARACTER SET {self.state.charset} COLLATE {self.state.collation}"
            )
        with self.archive.part(SCHEMA) as source:
            made = [text.decode() for text in scripts.read(scripts.whole(source))]
        every = [tables.taken_apart(statement) for statement in made if statement.startswith("CREATE TABLE ")]
        rows = {table.table: table.rows for table in self.state.tables}
        every.sort(key=lambda table: rows.get(table.name, 0), reverse=True)
        with self._connections() as connections, loading.dealer(connections) as dealer:
            for table in every:
                dealer.deal([table.bare])
            dealer.wait()
            for table in every:
                self._load(table.name, dealer)
            dealer.wait()
            for table in every:
                dealer.deal(table.later)

    def swap(self) -> None:
        """Put the shadow's tables into the place of the original's, all by one statement.

        Accounts that are missing are made, and all get their grants; what those that are there are granted outlasts
        ``put_back``.
        """
        kept = accounts.read(self.archive)
        with self._cursor() as cursor:
            for database in (self.name, self.before):
                cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
            self._keep_original(cursor, accounts.missing(cursor, kept))
            objects.drop(cursor, self.name)
            restored = [name for name in _tables(cursor, self.shadow) if name != _OBJECTS]
            _move(
                cursor,
                [
                    *((self.name, self.before, name) for name in _tables(cursor, self.name)),
                    *((self.shadow, self.name, name) for name in restored),
                    (self.shadow, self.before, _OBJECTS),
                ],
            )
            for refused in accounts.restore(cursor, kept):
                log.warning("not restored: %s", refused)
        with self.archive.part(LATER) as source:
            self._make_objects(scripts.whole(source))

    def put_back(self) -> None:
        """Put the original back into its place, where a swap has moved it; the shadow goes."""
        with self._cursor() as cursor:
            if _OBJECTS in _tables(cursor, self.before):
                objects.drop(cursor, self.name)
                originals = [name for name in _tables(cursor, self.before) if name != _OBJECTS]
                cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(self.shadow)}")
                _move(
                    cursor,
                    [
                        *((self.name, self.shadow, name) for name in _tables(cursor, self.name)),
                        *((self.before, self.name, name) for name in originals),
                        (self.before, self.shadow, _OBJECTS),
                    ],
                )
            if _OBJECTS in _tables(cursor, self.shadow):
                cursor.execute(f"SELECT script, made FROM {quoted(self.shadow)}.{_OBJECTS}")  # noqa: S608 - names quoted
                for script, made in cursor.fetchall():
                    self._make_objects(script)
                    accounts.remove(cursor, json.loads(made))
        self.confirm()

    def confirm(self) -> None:
        """Drop the original, and what is left of the shadow."""
        with self._cursor() as cursor:
            for database in (self.before, self.shadow):
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted(database)}")

    def _load(self, table: str, dealer: Dealer) -> None:
        """Deal the rows of a table out, some statements at a time."""
        with self.archive.part(part_of(table)) as source:
            rows = islice(scripts.lines(source), 1, None)  # without dump.HEADER; the connections are told already
            while some := list(islice(rows, _AT_ONCE)):
                dealer.deal(["BEGIN", *some, "COMMIT"])

    def _keep_original(self, cursor: Cursor, made: Sequence[str]) -> None:
        """Note what makes the original's objects, and which accounts it lacks, beside the shadow's tables.

        The swap takes it along.
        """
        place = f"{quoted(self.shadow)}.{_OBJECTS}"
        script = objects.script(cursor, self.name)
        cursor.execute(f"CREATE TABLE {place} (script LONGBLOB NOT NULL, made LONGBLOB NOT NULL)")
        cursor.execute(f"INSERT INTO {place} VALUES (%s, %s)", (script, json.dumps(made)))  # noqa: S608 - names quoted

    def _make_objects(self, script: bytes) -> None:
        with administration.connected(self.stack, _TRIED, timeout=cut.STATEMENT_TIMEOUT) as connection:
            objects.replace(connection, self.name, script)

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        with self._connection() as connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _connections(self) -> Iterator[list[Connection]]:
        with ExitStack() as ends:
            yield [ends.enter_context(self._connection(self.shadow)) for _ in range(cut.CONNECTIONS)]

    @contextmanager
    def _connection(self, database: str | None = None) -> Iterator[Connection]:
        with administration.connected(self.stack, _TRIED, schema=database, timeout=cut.STATEMENT_TIMEOUT) as connection:
            for setting in (*_SETTINGS, _PATIENCE):
                connection.query(setting)
            for wish in _WISHES:
                with suppress(pymysql.MySQLError):
                    connection.query(wish)
            yield connection


def _tables(cursor: Cursor, database: str) -> tuple[str, ...]:
    return database_state.names(cursor, database, "TABLE")


def _move(cursor: Cursor, moves: Iterable[tuple[str, str, str]]) -> None:
    """Move tables from one database into another: all or none."""
    steps = [f"{quoted(old)}.{quoted(name)} TO {quoted(new)}.{quoted(name)}" for old, new, name in moves]
    cursor.execute(f"RENAME TABLE {', '.join(steps)}")
