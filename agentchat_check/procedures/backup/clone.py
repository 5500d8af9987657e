"""A copy of the database's directory that the server itself makes while it runs: MySQL's clone plugin."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pymysql

from agentchat_check import errors, facts, wait
from agentchat_check.deployment import Role
from agentchat_check.probes import administration
from agentchat_check.probes.digests import Cursor
from agentchat_check.procedures.backup import cut
from agentchat_check.stack.running import Stack

TOP = "data"
"""The name of the copied directory, in the container as in the archive."""

_PLACE = "agentchat-check-clone"

_TRIED = "copy the database's directory"

_ROOM = 1.1
"""How much more room a copy may need than what it copies, which goes on growing."""

_TIMEOUT = cut.STATEMENT_TIMEOUT
_LOOK_EVERY = 0.002
"""Seconds."""

_FILES, _WRITES, _DONE = "FILE COPY", "REDO COPY", "Completed"

Position = tuple[str, int, str]
"""File, position and transactions of the binary log."""


@contextmanager
def plugin(cursor: Cursor) -> Iterator[bool]:
    """The clone plugin is there in this block; one that was not there before goes again. Yields whether it was.

    Raises:
        errors.StackError: The server has none.
    """
    cursor.execute("SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'")
    ((there,),) = cursor.fetchall()
    if not there:
        try:
            cursor.execute("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
        except pymysql.MySQLError as error:
            raise errors.StackError(
                _TRIED,
                expected="the clone plugin, which comes with MySQL since 8.0.17",
                actual=" ".join(map(str, error.args[1:])),
                next_step="take the backup with --physical --cold, or a logical one",
            ) from None
    try:
        yield bool(there)
    finally:
        if not there:
            forget_plugin(cursor)


def forget_plugin(cursor: Cursor) -> None:
    """Remove the clone plugin: it came for one copy only, and is in every copy that it makes."""
    with suppress(pymysql.MySQLError):  # it is not there, or in use for a moment after a clone that failed
        cursor.execute("UNINSTALL PLUGIN clone")


@contextmanager
def place(stack: Stack, cursor: Cursor) -> Iterator[str]:
    """Where a copy can be made: a directory that is not there yet, which goes at the end with all that is in it.

    Raises:
        errors.CheckError: There is no room for it.
    """
    cursor.execute("SELECT @@GLOBAL.tmpdir, @@GLOBAL.datadir")
    ((temporary, data),) = cursor.fetchall()
    cursor.execute("SELECT COALESCE(SUM(FILE_SIZE), 0) FROM information_schema.INNODB_TABLESPACES")
    ((size,),) = cursor.fetchall()
    parent = posixpath.join(str(temporary).partition(":")[0], _PLACE)
    require_room(stack, _TRIED, posixpath.dirname(parent), int(int(size) * _ROOM))
    script = 'rm -rf "$1" && mkdir -m 700 "$1" && chown "$(stat -c %u:%g "$2")" "$1"'
    _run(stack, script, parent, str(data))
    try:
        yield posixpath.join(parent, TOP)
    finally:
        _run(stack, 'rm -rf "$1"', parent)


def make(stack: Stack, into: str, cursors: Sequence[Cursor], at_the_cut: Callable[[], None]) -> facts.CutLine:
    """Make a copy; nobody writes at its last moment. Where somebody did just then, once more, and nobody all along.

    Args:
        stack: The stack.
        into: A directory that is not there yet.
        cursors: Those that are to see what the copy shows; see ``cut.opened``.
        at_the_cut: What is to be begun at that moment.

    Returns:
        The moment that the copy shows.

    Raises:
        errors.CheckError: The server refuses.
    """
    with administration.reported(_TRIED), cut.root(stack) as cursor, ThreadPoolExecutor(1) as pool:
        copying = _Copying(cursor, lambda: pool.submit(_clone, stack, into))
        before = copying.files_copied()
        with cut.locked(cursor) as since:
            still = copying.writes_copied(before)
            if still:
                at = _see(cursors, at_the_cut)
        if not still:
            _run(stack, 'rm -rf "$1"', into)
            with cut.locked(cursor) as since:
                copying = _Copying(cursor, lambda: pool.submit(_clone, stack, into))
                copying.finished()
                at = _see(cursors, at_the_cut)
                still = cut.log_position(cursor)
        copying.finished()
        return facts.CutLine(at, since.seconds, *still)


class _Copying:
    """A copy under way, watched."""

    def __init__(self, cursor: Cursor, begin: Callable[[], Future[None]]) -> None:
        self._cursor = cursor
        cursor.execute("SELECT MAX(BEGIN_TIME) FROM performance_schema.clone_progress")
        ((self._earlier,),) = cursor.fetchall()  # what is told of the one before is no news
        self._copy = begin()

    def files_copied(self) -> Position | None:
        """Wait until only what was written meanwhile is left to be copied.

        Returns:
            Where the binary log stood before the copy was whole; None where that was never seen.
        """
        before: list[Position] = []

        def look() -> str:
            position = cut.log_position(self._cursor)
            stages = self._stages()
            if stages.get(_WRITES) != _DONE and not self._copy.done():
                before.append(position)
            return stages.get(_FILES, "") if not self._copy.done() else _DONE

        wait.until(look, lambda state: state == _DONE, what="the copied files", timeout=_TIMEOUT, delay=_LOOK_EVERY)
        return before[-1] if before else None

    def writes_copied(self, before: Position | None) -> Position | None:
        """Wait until the copy is whole, while nobody writes.

        Args:
            before: Where the binary log stood before the copy was whole.

        Returns:
            Where the binary log stands; None where something was written between the copy's last moment and now.
        """
        now = cut.log_position(self._cursor)
        behind = self._stages().get(_WRITES) == _DONE or self._copy.done()
        if behind and (now != before or now == cut.NO_LOG):
            return None

        def look() -> bool:
            return self._copy.done() or self._stages().get(_WRITES) == _DONE

        wait.until(look, bool, what="the last writes of the copy", timeout=_TIMEOUT, delay=_LOOK_EVERY)
        return now

    def finished(self) -> None:
        """Wait until the copy lies on the disk.

        Raises:
            pymysql.MySQLError: It failed.
        """
        self._copy.result()

    def _stages(self) -> dict[str, str]:
        """The state of each stage that this copy has begun."""
        self._cursor.execute(
            "SELECT STAGE, STATE FROM performance_schema.clone_progress WHERE %s IS NULL OR BEGIN_TIME > %s",
            (self._earlier, self._earlier),
        )
        return {str(stage): str(state) for stage, state in self._cursor.fetchall()}


def _see(cursors: Sequence[Cursor], at_the_cut: Callable[[], None]) -> datetime:
    at = datetime.now(UTC)
    cut.begin(cursors)
    at_the_cut()
    return at


def _clone(stack: Stack, into: str) -> None:
    with cut.root(stack) as cursor:
        cursor.execute("CLONE LOCAL DATA DIRECTORY = %s", (into,))


def require_room(stack: Stack, tried: str, directory: str, size: int) -> None:
    """See that so many bytes have room in a directory of the database's container.

    Raises:
        errors.HostError: They have not.
    """
    status, said = stack.execute(stack.service_name(Role.DATABASE), ["df", "-Pk", directory])
    free = int(said.splitlines()[-1].split()[3]) * 1024 if status == 0 else size  # without df nobody knows
    if free < size:
        raise errors.HostError(
            tried,
            expected=f"{size / 2**20:.0f} MiB of room in {directory} of the database's container",
            actual=f"{free / 2**20:.0f} MiB are free",
            next_step="make room there; a cold physical backup and a logical one need none to be taken",
        )


def _run(stack: Stack, script: str, *arguments: str) -> None:
    command = ["sh", "-ec", script, "sh", *arguments]
    status, said = stack.execute(stack.service_name(Role.DATABASE), command, user="root")
    if status:
        raise errors.StackError(
            _TRIED,
            expected="success",
            actual=said.strip() or f"exit status {status}",
            next_step="read what was said above; the database's container needs a shell, mkdir, chown, stat and rm",
        )
