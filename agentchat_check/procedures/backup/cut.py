"""The cut line: a moment at which nobody writes, and the snapshots that show it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pymysql

from agentchat_check import errors, facts
from agentchat_check.probes import administration, digests
from agentchat_check.probes.digests import Cursor
from agentchat_check.stack import priority
from agentchat_check.stack.running import Stack

_TRIED = "hold the database still"

_LOCK_WAIT = 2
"""Seconds to wait for the lock: whoever writes waits behind us meanwhile, while a long statement keeps us waiting."""

_DEFINITIONS_WAIT = 60
"""Seconds to wait until nobody changes the definition of a table."""

_ATTEMPTS = 15
_PAUSE = 2.0
"""Seconds between two of them, in which writers go on."""

_NOT_IN_TIME = {1205, 3024}
_NO_SUCH_STATEMENT = 1064

NO_LOG = ("", 0, "")

STATEMENT_TIMEOUT = 3600.0
"""Seconds that one statement of a backup may take."""

CONNECTIONS = min(max(os.cpu_count() or 1, 2), 4)
"""Connections that share the work of a look at every row, where nobody else needs the processors."""

BESIDE_USERS = max(CONNECTIONS // 2, 1)
"""Likewise while the application runs: its users are to have processors left."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A moment of the database.

    Attributes:
        line: When it was, and where the binary log stood.
        cursors: Cursors that see the database as it was then, each of a connection of its own.
    """

    line: facts.CutLine
    cursors: tuple[Cursor, ...]


@contextmanager
def made(stack: Stack, *, snapshots: int, under_lock: Callable[[Cursor], None] = lambda _: None) -> Iterator[Cut]:
    """Hold the database still for as short as can be, and keep on seeing what it held.

    Definitions of tables stay as they are until the end of the block.

    Args:
        stack: The stack.
        snapshots: How many connections are to see that moment.
        under_lock: What is to be begun at that very moment; gets a cursor to look with.

    Raises:
        errors.StackError: The database refuses.
        errors.TimeoutError: It is never still for long enough.
    """
    with opened(stack, snapshots) as cursors, root(stack) as cursor:
        cursor.execute("SET SESSION lock_wait_timeout = %s", (_DEFINITIONS_WAIT,))
        cursor.execute("LOCK INSTANCE FOR BACKUP")
        with locked(cursor) as since:
            at = datetime.now(UTC)
            position = log_position(cursor)
            begin(cursors)
            under_lock(cursor)
        yield Cut(facts.CutLine(at, since.seconds, *position), tuple(cursors))


class Since:
    """How long something lasted, once it is over.

    Attributes:
        seconds: That long.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = time.monotonic()

    def over(self) -> None:
        """It is over now."""
        self.seconds = time.monotonic() - self._began


@contextmanager
def locked(cursor: Cursor) -> Iterator[Since]:
    """Nobody writes in this block; yields how long it took, known at its end.

    Raises:
        errors.TimeoutError: A statement of somebody else's never ends.
    """
    cursor.execute("SET SESSION lock_wait_timeout = %s", (_LOCK_WAIT,))
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        try:
            cursor.execute("FLUSH TABLES WITH READ LOCK")
        except pymysql.OperationalError as error:
            if error.args[0] not in _NOT_IN_TIME:
                raise
        else:
            break
    else:
        raise errors.TimeoutError(
            _TRIED,
            expected=f"a moment without a long statement, in {_ATTEMPTS} attempts",
            actual="a statement that runs for long, or a transaction that holds a table",
            next_step="see what `SHOW PROCESSLIST` lists, and take the backup when that is over",
        )
    since = Since()
    try:
        with priority.pressing():
            yield since
    finally:
        cursor.execute("UNLOCK TABLES")
        since.over()


@contextmanager
def root(stack: Stack) -> Iterator[Cursor]:
    """A cursor of the administrator's."""
    with (
        administration.connected(stack, _TRIED, timeout=STATEMENT_TIMEOUT) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@contextmanager
def opened(stack: Stack, many: int) -> Iterator[list[Cursor]]:
    """As many cursors, each of a connection of its own, ready to see a moment."""
    with ExitStack() as ends:
        cursors = [ends.enter_context(root(stack)) for _ in range(many)]
        for cursor in cursors:
            cursor.execute(digests.SESSION)
        yield cursors


def begin(cursors: Sequence[Cursor]) -> None:
    """From now on these see what is there now, whatever is written."""
    for cursor in cursors:
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def log_position(cursor: Cursor) -> tuple[str, int, str]:
    """File, position and transactions of the binary log; ``NO_LOG`` where there is none."""
    try:
        cursor.execute("SHOW BINARY LOG STATUS")
    except pymysql.ProgrammingError as error:
        if error.args[0] != _NO_SUCH_STATEMENT:
            raise
        cursor.execute("SHOW MASTER STATUS")  # as it was called before 8.2
    rows = cursor.fetchall()
    if not rows:
        return NO_LOG
    file, position, _, _, *transactions = rows[0]
    return str(file), int(position), str(transactions[0]).replace("\n", "") if transactions else ""
