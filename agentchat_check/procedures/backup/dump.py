"""The rows of a database as ``mysqldump`` writes them, in one snapshot, split by table as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from agentchat_check import errors, wait
from agentchat_check.archive.streams import CHUNK, Sink
from agentchat_check.deployment import Role
from agentchat_check.probes import administration, database
from agentchat_check.probes.digests import Cursor
from agentchat_check.procedures.backup import cut
from agentchat_check.procedures.backup.method import Draft
from agentchat_check.stack import streams
from agentchat_check.stack.running import Stack
from agentchat_check.stack.streams import Streaming

HEADER = (
    b"/*!40101 SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO',"
    b" foreign_key_checks = 0, unique_checks = 0 */;\n"
)
"""The first line of every table's part: what the ``mysql`` program has to be told before the rows."""

_OPTIONS = (
    "--single-transaction",  # one snapshot
    "--compact",  # statements and nothing else
    "--no-create-info",  # definitions are ours: with keys to be left for later
    "--skip-triggers",
    "--no-tablespaces",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
    "--loose-column-statistics=0",  # what an older or another vendor's program does not know it does not mind
    "--loose-set-gtid-purged=OFF",
)

_WAITS = 'echo $$; read -r go && exec nice -n 15 mysqldump "$@"'
"""Whoever starts it knows its process, and so finds its connection; with its input closed it ends. The server goes
first."""

_HAS_BEGUN = (
    "SELECT COUNT(*) FROM performance_schema.session_connect_attrs p"
    " JOIN performance_schema.session_connect_attrs n USING (PROCESSLIST_ID)"
    " JOIN performance_schema.threads t USING (PROCESSLIST_ID)"
    " JOIN performance_schema.events_transactions_current x USING (THREAD_ID)"
    " JOIN performance_schema.events_statements_current s USING (THREAD_ID)"
    " WHERE p.ATTR_NAME = '_pid' AND p.ATTR_VALUE = %s AND n.ATTR_NAME = 'program_name'"
    " AND n.ATTR_VALUE LIKE '%%dump' AND x.STATE = 'ACTIVE' AND s.EVENT_ID > x.EVENT_ID"
)
"""Whether its transaction is under way, and a statement after the one that began it: so its snapshot is there."""

_ITS_CONNECTIONS = (
    "SELECT p.PROCESSLIST_ID FROM performance_schema.session_connect_attrs p"
    " JOIN performance_schema.session_connect_attrs n USING (PROCESSLIST_ID)"
    " WHERE p.ATTR_NAME = '_pid' AND p.ATTR_VALUE = %s AND n.ATTR_NAME = 'program_name' AND n.ATTR_VALUE LIKE '%%dump'"
)

_BEGINS_WITHIN = 10.0
_ENDS_WITHIN = 60.0
"""Seconds."""

_INSERT = re.compile(rb"INSERT INTO `((?:[^`]|``)+)` ")


@contextmanager
def waiting(stack: Stack, name: str, *, without: Iterable[str]) -> Iterator[Dump]:
    """A ``mysqldump`` that waits to be told to begin.

    Args:
        stack: The stack.
        name: The database.
        without: Tables whose rows it leaves out.

    Raises:
        errors.StackError: There is no such program in the database's container, or the database does not let it in.
    """
    left_out = [f"--ignore-table={name}.{table}" for table in without]
    command = ["sh", "-c", _WAITS, "sh", f"--user={administration.USER}", *_OPTIONS, *left_out, name]
    secrets = {"MYSQL_PWD": database.root_password(stack)}
    with streams.inside(stack, stack.service_name(Role.DATABASE), command, secrets=secrets) as program:
        process = program.stdout.readline().decode().strip()
        if not process:
            program.finish(_ENDS_WITHIN)
        try:
            yield Dump(program, process)
        except BaseException:
            _end(stack, process)
            raise


class Dump:
    """A dump that has not begun, or is under way."""

    def __init__(self, program: Streaming, process: str) -> None:
        self._program = program
        self._process = process

    def begin(self, cursor: Cursor) -> None:
        """Let it begin, and wait until its snapshot is there.

        Args:
            cursor: To look with.

        Raises:
            errors.CheckError: It ended, or its snapshot cannot be seen.
        """
        self._program.stdin.write(b"go\n")
        self._program.stdin.close()

        def look() -> int:
            if self._program.ended():  # a small dump is over before it was seen to begin; one that failed says so
                self._program.finish(_ENDS_WITHIN)
                return 1
            cursor.execute(_HAS_BEGUN, (self._process,))
            ((found,),) = cursor.fetchall()
            return int(found)

        wait.until(
            look,
            bool,
            what="the snapshot of mysqldump",
            timeout=_BEGINS_WITHIN,
            delay=0.005,
            next_step="see that performance_schema is on in the database; without it take the backup with --cold",
        )

    def split(self, draft: Draft, tables: Sequence[str]) -> None:
        """Write the rows of each table into a part of its own.

        Args:
            draft: The archive.
            tables: The tables that it writes; each gets a part, also one without rows.

        Raises:
            errors.CheckError: The dump fails.
        """
        missing = set(tables)
        with ExitStack() as part:
            table, sink, begins = "", None, True
            while block := self._program.stdout.readline(CHUNK):
                if begins and (found := _INSERT.match(block)):
                    name = found[1].replace(b"``", b"`").decode()
                    if name != table:
                        part.close()
                        table, sink = name, part.enter_context(rows_of(draft, name))
                        missing.discard(name)
                if sink is None:
                    raise _unreadable(block)
                sink.write(block)
                begins = block.endswith(b"\n")
        self._program.finish(_ENDS_WITHIN)
        for name in sorted(missing):
            with rows_of(draft, name):
                pass


@contextmanager
def rows_of(draft: Draft, table: str) -> Iterator[Sink]:
    """The part with the rows of a table, its first line written."""
    with draft.part(part_of(table)) as sink:
        sink.write(HEADER)
        yield sink


def part_of(table: str) -> str:
    """The part with the rows of a table: ``database/tables/dialog.sql``."""
    plain = "".join(quote(c, safe="") if c in "%/\\" or not c.isprintable() else c for c in table)
    return f"database/tables/{plain}.sql"


def _end(stack: Stack, process: str) -> None:
    """End what a dump that nobody reads any more still asks the server."""
    with cut.root(stack) as cursor:
        cursor.execute(_ITS_CONNECTIONS, (process,))
        for (connection,) in cursor.fetchall():
            cursor.execute("KILL %s", (connection,))


def _unreadable(block: bytes) -> errors.StackError:
    return errors.StackError(
        "read what mysqldump writes",
        expected="rows, table by table",
        actual=block[:200].decode(errors="replace"),
        next_step="take the backup with --physical",
    )
