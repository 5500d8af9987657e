"""The end of people who were made for load, in the database: with all that is theirs, in any release's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pymysql

from agentchat_check.probes import administration, database
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.stack.running import Stack

_NAMED = 500
"""Values that one statement names."""

_TIMEOUT = 600.0
"""Seconds for one statement."""

Cursor = pymysql.cursors.Cursor


def people(stack: Stack, prefix: str) -> tuple[str, ...]:
    """Remove every user whose name begins like this, with all that is theirs; their ids.

    Raises:
        errors.StackError: The database refuses it.
    """
    schema = database.credentials(stack).database
    with (
        administration.connected(stack, "remove the people of load", schema=schema, timeout=_TIMEOUT) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT user_id FROM user WHERE LEFT(user_name, %s) = %s", (len(prefix), prefix))
        gone = tuple(str(row[0]) for row in cursor.fetchall())
        dialogs = _chosen(cursor, "SELECT dialog_id FROM dialog WHERE user_id IN %s", gone)
        for table in _tables_with(cursor, schema, "dialog_id"):
            if table != "dialog":
                _delete(cursor, table, "dialog_id", dialogs)
        for table in sorted(_tables_with(cursor, schema, "user_id"), key=lambda name: (name == "user", name)):
            _delete(cursor, table, "user_id", gone)
    return gone


def _chosen(cursor: Cursor, query: str, values: Sequence[str]) -> list[str]:
    """The first column of what a query finds for these values, some hundred at a time."""
    found = []
    for part in _parts(values):
        cursor.execute(query, (part,))
        found += [str(row[0]) for row in cursor.fetchall()]
    return found


def _delete(cursor: Cursor, table: str, column: str, values: Sequence[str]) -> None:
    """Delete the rows of these values; as literals they meet any collation, and an index is used."""
    for part in _parts(values):
        cursor.execute(f"DELETE FROM {quoted(table)} WHERE {quoted(column)} IN %s", (part,))  # noqa: S608 - quoted


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _NAMED] for start in range(0, len(values), _NAMED))


def _tables_with(cursor: Cursor, schema: str, column: str) -> list[str]:
    cursor.execute(
        "SELECT c.TABLE_NAME FROM information_schema.COLUMNS c JOIN information_schema.TABLES t"
        " ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME AND t.TABLE_TYPE = 'BASE TABLE'"
        " WHERE c.TABLE_SCHEMA = %s AND c.COLUMN_NAME = %s",
        (schema, column),
    )
    return [str(row[0]) for row in cursor.fetchall()]
