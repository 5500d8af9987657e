"""Many users with dialogs and messages, made in the database as copies of one that the application itself made.

Copying leaves every column that we do not know as the application wrote it, so that this works for any release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pymysql

from agentchat_check.probes import administration, database
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.stack.running import Stack

_AT_ONCE = 100_000
"""Rows in one statement: a transaction that the server undoes soon, should it be interrupted."""

_TIMEOUT = 600.0
"""Seconds for one statement."""

_ID = 32
"""Characters of an id."""

Cursor = pymysql.cursors.Cursor


@dataclass(frozen=True, slots=True)
class Template:
    """What is copied: one user, with an agent, and a dialog with one question and its answer."""

    user_id: str
    user_name: str
    agent_id: str
    dialog_id: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A user that was made.

    Attributes:
        name: The account's name; its password is the template's.
        user_id: Its id.
        agent_id: Its agent.
        dialogs: Its dialogs, the longest first.
    """

    name: str
    user_id: str
    agent_id: str
    dialogs: tuple[str, ...]


def copy(
    stack: Stack,
    template: Template,
    *,
    names: Sequence[str],
    dialogs: int,
    messages: int,
    text: str,
    seed: str,
) -> tuple[Copied, ...]:
    """Make users with dialogs and messages.

    Args:
        stack: A stack of ours.
        template: What is copied.
        names: The users' names.
        dialogs: Dialogs of each user.
        messages: Messages in all: half of them in the first dialog of each user, the rest spread over all.
        text: What messages are pieces of.
        seed: What chooses ids and pieces; no two calls on one stack may have the same.

    Raises:
        errors.StackError: The database refuses it.
    """
    if not names:
        return ()
    schema = database.credentials(stack).database
    with (
        administration.connected(stack, "make people for load", schema=schema, timeout=_TIMEOUT) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET SESSION sql_log_bin = 0, SESSION cte_max_recursion_depth = 1000000")
        cursor.execute("CREATE TEMPORARY TABLE people_of_load (n INT PRIMARY KEY, name VARCHAR(64), id VARCHAR(32))")
        cursor.execute("SELECT COALESCE(MAX(CAST(user_id AS UNSIGNED)), 0) FROM user")
        highest = int(cursor.fetchall()[0][0])
        rows = [(number, name, str(highest + 1 + number)) for number, name in enumerate(names)]
        cursor.executemany("INSERT INTO people_of_load VALUES (%s, %s, %s)", rows)
        maker = _Maker(cursor, schema, seed)
        maker.people(template)
        maker.dialogs(template, len(names), dialogs)
        maker.messages(template, len(names), dialogs, messages, text)
        cursor.execute("DROP TEMPORARY TABLE people_of_load")
        return tuple(
            Copied(
                name,
                user_id,
                maker.id_of("agent", number),
                tuple(maker.id_of("dialog", number + len(names) * which) for which in range(dialogs)),
            )
            for number, name, user_id in rows
        )


class _Maker:
    """Copies rows, each with some columns of its own."""

    def __init__(self, cursor: Cursor, schema: str, seed: str) -> None:
        self._cursor = cursor
        self._schema = schema
        self._seed = seed

    def id_of(self, table: str, number: int) -> str:
        """The id of a row that was made."""
        return hashlib.sha256(f"{self._seed}/{table}/{number}".encode()).hexdigest()[:_ID]

    def people(self, template: Template) -> None:
        """Users with their roles and agents."""
        for table in ("user", "user_role"):
            self._copy(
                table,
                "t.user_id = %s",
                (template.user_id,),
                {"user_id": "p.id", "user_name": "p.name"},
                "people_of_load p",
            )
        agent = "id" if "id" in self._columns("agent") else "agent_id"
        own = {agent: self._id("agent", "p.n"), "user_id": "p.id"}
        self._copy("agent", f"t.{agent} = %s", (template.agent_id,), own, "people_of_load p")

    def dialogs(self, template: Template, people: int, each: int) -> None:
        """Dialogs of everybody: number i belongs to person i modulo their number."""
        if each:
            numbers = self._numbers(0, people * each)
            of = f"{numbers} JOIN people_of_load p ON p.n = s.n %% {people}"
            own = {
                "dialog_id": self._id("dialog", "s.n"),
                "user_id": "p.id",
                "agent_id": self._id("agent", "p.n"),
            }
            self._copy("dialog", "t.dialog_id = %s", (template.dialog_id,), own, of)

    def messages(self, template: Template, people: int, each: int, number: int, text: str) -> None:
        """Messages, by turns of the user and the model."""
        if not each:
            return
        spread = number // 2
        for begin, end, among in ((0, spread, people * each), (spread, number, people)):
            for start in range(begin, end, _AT_ONCE):
                place = f"(s.n - {begin})"
                own = {
                    "dialog_id": self._id("dialog", f"{place} %% {among}"),
                    "content": f"SUBSTR(%s, 1 + (s.n * 7919) %% {len(text) // 2}, 40 + (s.n * 31) %% 700)",
                }
                self._copy(
                    "history",
                    f"t.dialog_id = %s AND t.role = IF({place} DIV {among} %% 2, 'assistant', 'user')",
                    (template.dialog_id,),
                    own,
                    self._numbers(start, min(start + _AT_ONCE, end)),
                    given=(text,),
                )

    def _copy(
        self,
        table: str,
        which: str,
        chosen: tuple[str, ...],
        own: Mapping[str, str],
        of: str,
        *,
        given: tuple[str, ...] = (),
    ) -> None:
        """Copy the chosen rows of a table once for each row of another, with columns of their own."""
        columns = self._columns(table)
        values = {name: own.get(name, f"t.{quoted(name)}") for name in columns}
        for name, kind in columns.items():
            if kind == "key" and name not in own:
                values[name] = self._id(table, "s.n" if " s" in of else "p.n")
        names = ", ".join(map(quoted, values))
        self._cursor.execute(
            f"INSERT INTO {quoted(table)} ({names}) SELECT {', '.join(values.values())}"  # noqa: S608 - names quoted
            f" FROM {quoted(table)} t JOIN {of} WHERE {which}",
            (*given, *chosen),
        )

    def _columns(self, table: str) -> dict[str, str]:
        """Columns that can be written, in order; of a text that is the key alone "key"; those the server counts not."""
        self._cursor.execute(
            "SELECT COLUMN_NAME, IF(COLUMN_KEY = 'PRI' AND DATA_TYPE LIKE '%%char%%', 'key', '')"
            " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
            " AND EXTRA NOT LIKE '%%auto_increment%%' AND EXTRA NOT LIKE '%%GENERATED%%' ORDER BY ORDINAL_POSITION",
            (self._schema, table),
        )
        return {str(name): str(kind) for name, kind in self._cursor.fetchall()}

    def _id(self, table: str, number: str) -> str:
        return f"LEFT(SHA2(CONCAT('{self._seed}/{table}/', {number}), 256), {_ID})"

    def _numbers(self, start: int, end: int) -> str:
        """A table ``s`` of the numbers n from start to before end."""
        numbers = f"SELECT {start} UNION ALL SELECT n + 1 FROM r WHERE n + 1 < {end}"  # noqa: S608 - numbers of ours
        return f"(WITH RECURSIVE r (n) AS ({numbers}) SELECT n FROM r) s"  # noqa: S608 - likewise
