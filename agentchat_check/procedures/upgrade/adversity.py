"""What goes wrong while a release is brought in: its migration is refused or cut short, a column is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from agentchat_check import errors, wait
from agentchat_check.deployment import Role
from agentchat_check.probes import administration, database, database_state
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.procedures.upgrade.outcome import Tell
from agentchat_check.stack.running import Stack

_RIGHTS = "ALTER, CREATE, DROP, INDEX, REFERENCES"
"""What a migration needs, and reading and writing does not."""

_TABLE, _COLUMN = "dialog", "name"
"""A column that every release has, and that no call can do without."""

_WAITS = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%metadata lock'"

_TRIED = "disturb an upgrade"

_HELD = 30.0
"""Seconds in which a new release begins to migrate."""

_PATIENCE = 60.0
"""Seconds until the tables have to be held."""


@contextmanager
def migrations_refused(stack: Stack) -> Iterator[None]:
    """The database lets the application read and write, and change no table.

    Raises:
        errors.StackError: The application's rights are not given for its database as a whole.
    """
    account = database.credentials(stack)
    rights = f"{_RIGHTS} ON {quoted(account.database)}.*"
    with administration.connected(stack, _TRIED) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT User, Host FROM mysql.user WHERE User = %s", (account.user,))
        names = cursor.fetchall()
        cursor.executemany(f"REVOKE {rights} FROM %s@%s", names)
    try:
        yield
    finally:
        with administration.connected(stack, _TRIED) as connection, connection.cursor() as cursor:
            cursor.executemany(f"GRANT {rights} TO %s@%s", names)


@contextmanager
def column_missing(stack: Stack) -> Iterator[Tell]:
    """The database lacks a column while every call of the new release is tried, and has it again at the way back.

    Yields:
        What is told each step.
    """
    name, planted = database.credentials(stack).database, threading.Event()
    with ExitStack() as undo:

        def tell(step: str) -> None:
            if step.startswith("trying every call") and not planted.is_set():
                planted.set()
                undo.enter_context(_renamed(stack, name))
            elif step.startswith("rolling back"):
                undo.close()

        yield tell


@contextmanager
def _renamed(stack: Stack, name: str) -> Iterator[None]:
    table, gone = f"{quoted(name)}.{quoted(_TABLE)}", quoted(f"{_COLUMN}_gone")
    _execute(stack, f"ALTER TABLE {table} RENAME COLUMN {quoted(_COLUMN)} TO {gone}")
    try:
        yield
    finally:
        _execute(stack, f"ALTER TABLE {table} RENAME COLUMN {gone} TO {quoted(_COLUMN)}")


@contextmanager
def database_lost(stack: Stack) -> Iterator[Tell]:
    """The database is killed while the new release changes its tables; where it changes none, soon after it begins.

    A change is held until the database is killed, so that this is in its middle. Nobody starts the database again but
    whoever brings the stack up.

    Yields:
        What is told each step.
    """
    held, over = threading.Event(), threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:

        def tell(step: str) -> None:
            if step.startswith("waiting for every service") and not held.is_set():
                pool.submit(_kill_at_a_change, stack, held, over)
                held.wait(_PATIENCE)

        try:
            yield tell
        finally:
            over.set()


def _kill_at_a_change(stack: Stack, held: threading.Event, over: threading.Event) -> None:
    """Keep every table from being changed until somebody wants to, and kill the database then."""
    try:
        with (
            suppress(errors.StackError),  # of a connection that ends with the server
            administration.connected(stack, _TRIED) as holder,
            administration.connected(stack, _TRIED) as watcher,
            holder.cursor() as holding,
            watcher.cursor() as watching,
        ):
            name = database.credentials(stack).database
            holding.execute("BEGIN")
            for table in database_state.names(holding, name, "TABLE"):
                holding.execute(f"SELECT 1 FROM {quoted(name)}.{quoted(table)} LIMIT 1")  # noqa: S608 - quoted names
            held.set()

            def waiting() -> bool:
                watching.execute(_WAITS)
                ((number,),) = watching.fetchall()
                return bool(number) or over.is_set()

            with suppress(errors.TimeoutError):
                wait.until(waiting, bool, what="a migration that changes a table", timeout=_HELD)
            if not over.is_set():
                stack.act("kill", stack.service_name(Role.DATABASE))
    finally:
        held.set()


def _execute(stack: Stack, statement: str) -> None:
    with administration.connected(stack, _TRIED) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
