"""The portable way: rows as ``mysqldump`` writes them, restored into any server that is not older."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from agentchat_check import errors, facts
from agentchat_check.probes import administration, database, database_state, digests
from agentchat_check.probes.digests import Cursor, Shape
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.procedures.backup import accounts, cut, directory, dump, exact, method, objects, scripts
from agentchat_check.procedures.backup.method import Archived, Draft, Restoration, Taken
from agentchat_check.procedures.backup.shadow import LATER, SCHEMA, Shadow
from agentchat_check.stack.running import Stack
from agentchat_check.versions import at_least

_TRIED = "back up the database"


@dataclass(frozen=True, slots=True)
class Logical:
    """Backups that are statements.

    Attributes:
        stack: The stack.
    """

    stack: Stack

    def take(self, draft: Draft, *, at_the_cut: Callable[[], None] = lambda: None) -> Taken:
        """Write definitions, rows and objects, and digest all rows meanwhile, as they were at one moment."""
        name = database.credentials(self.stack).database
        with administration.reported(_TRIED), cut.root(self.stack) as cursor:
            require_transactions(cursor, name)
            rewritten = [shape for shape in digests.shapes(cursor, name) if exact.needs_it(shape)]

        with dump.waiting(self.stack, name, without=[shape.table for shape in rewritten]) as dumping:

            def under_lock(cursor: Cursor) -> None:
                dumping.begin(cursor)
                at_the_cut()

            with (
                administration.reported(_TRIED),
                cut.made(self.stack, snapshots=cut.BESIDE_USERS + 1, under_lock=under_lock) as made,
                ThreadPoolExecutor(1) as pool,
            ):
                own, *others = made.cursors
                digesting = pool.submit(digests.ranges, others, name)
                accounts.write(draft, accounts.look(own))
                _write_definitions(own, name, draft)
                exactly = {shape.table for shape in rewritten}
                dumping.split(draft, [t for t in database_state.names(own, name, "TABLE") if t not in exactly])
                for shape in rewritten:
                    _write_exactly(own, name, shape, draft)
                pieces = digesting.result()
                method.write_ranges(draft, pieces)
                return Taken(made.line, database_state.state([own], name, pieces))

    def recover(self, archive: Archived) -> None:  # noqa: ARG002 - nothing of it is needed: a swap is one statement
        """Start the database."""
        directory.start(self.stack)

    def restoration(self, archive: Archived, state: facts.DatabaseState) -> Restoration:
        """Prepare a restore; the backend has to be there still, for it says which database is its own."""
        with cut.root(self.stack) as cursor:
            cursor.execute("SELECT VERSION()")
            ((version,),) = cursor.fetchall()
        if not at_least(version, release(state.version)):
            raise errors.StackError(
                "restore the database",
                expected=f"a server of release {release(state.version)} or newer, as the archive's",
                actual=f"the database is of version {version}",
                next_step="restore into the release that the backup was taken of, and upgrade that",
            )
        return Shadow(self.stack, archive, state, database.credentials(self.stack).database)


def require_transactions(cursor: Cursor, name: str) -> None:
    """See that every table can be seen as it was at one moment.

    Raises:
        errors.StackError: One cannot.
    """
    cursor.execute(
        "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY TABLE_NAME",
        (name,),
    )
    if others := [f"{table} ({engine})" for table, engine in cursor.fetchall()]:
        raise errors.StackError(
            _TRIED,
            expected="tables of InnoDB, which can be read as they were at one moment",
            actual=f"not so: {', '.join(others)}",
            next_step="ALTER TABLE … ENGINE = InnoDB, or take the backup with --physical --cold",
        )


def release(version: str) -> str:
    """The release of a version: 9.7 of 9.7.4-2."""
    found = re.match(r"\d+\.\d+", version)
    return found[0] if found else version


def _write_definitions(cursor: Cursor, name: str, draft: Draft) -> None:
    tables = []
    for table in database_state.names(cursor, name, "TABLE"):
        cursor.execute(f"SHOW CREATE TABLE {quoted(name)}.{quoted(table)}")
        ((_, statement),) = cursor.fetchall()
        tables.append(statement.encode())
    settings = [b"SET NAMES utf8mb4", b"SET SESSION sql_mode = '', foreign_key_checks = 0"]
    for part, script in ((SCHEMA, scripts.written([*settings, *tables])), (LATER, objects.script(cursor, name))):
        with draft.part(part) as sink:
            sink.write(script)


def _write_exactly(cursor: Cursor, name: str, shape: Shape, draft: Draft) -> None:
    with dump.rows_of(draft, shape.table) as sink:
        exact.write(cursor, name, shape, sink)
