"""Rows of tables with FLOAT columns, which ``mysqldump`` would write with six digits, as text shows them."""

from __future__ import annotations

from collections.abc import Iterator

from pymysql.cursors import SSCursor

from agentchat_check import errors
from agentchat_check.archive.streams import Sink
from agentchat_check.probes import row_hashes
from agentchat_check.probes.digests import Cursor, Shape
from agentchat_check.probes.row_hashes import Column, quoted

_STATEMENT = 1 << 20
"""Bytes after which another statement begins."""

_QUOTED = {"date", "time", "datetime", "timestamp"}


def needs_it(shape: Shape) -> bool:
    """Whether a table's rows would lose digits."""
    return any(column.kind == "float" for column in shape.columns)


def write(cursor: Cursor, database: str, shape: Shape, sink: Sink) -> None:
    """Write a table's rows as statements, one to a line.

    Args:
        cursor: Of a connection that sees the moment.
        database: The database.
        shape: The table.
        sink: Takes the statements.

    Raises:
        errors.StackError: A row is longer than a packet.
    """
    cursor.execute(
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND GENERATION_EXPRESSION <> ''",
        (database, shape.table),
    )
    generated = {name for (name,) in cursor.fetchall()}
    columns = [column for column in shape.columns if column.name not in generated]
    names = ", ".join(quoted(column.name) for column in columns)
    into = f"INSERT INTO {quoted(shape.table)} ({names}) VALUES "  # noqa: S608 - names quoted, from the server
    statement: list[str] = []
    size = 0
    for row in _rows(cursor, database, shape, columns):
        statement.append(row)
        size += len(row)
        if size > _STATEMENT:
            sink.write(f"{into}{','.join(statement)};\n".encode())
            statement, size = [], 0
    if statement:
        sink.write(f"{into}{','.join(statement)};\n".encode())


def _rows(cursor: Cursor, database: str, shape: Shape, columns: list[Column]) -> Iterator[str]:
    """Each row as it stands in a statement."""
    row = ", ',', ".join(_literal(column) for column in columns)
    order = ", ".join(quoted(column.name) for column in shape.key) or "NULL"
    place = f"{quoted(database)}.{quoted(shape.table)}"
    with cursor.connection.cursor(SSCursor) as rows:
        rows.execute(f"SELECT CONCAT('(', {row}, ')') FROM {place} ORDER BY {order}")  # noqa: S608 - names quoted, from the server
        for (text,) in rows:
            if text is None:
                raise errors.StackError(
                    f"read the rows of {shape.table}",
                    expected="each row as a statement",
                    actual="a row is longer than the server's max_allowed_packet",
                    next_step="give the server a larger max_allowed_packet, and try again",
                )
            yield text


def _literal(column: Column) -> str:
    """An expression: a value as it stands in a statement."""
    value = quoted(column.name)
    if column.kind in row_hashes.FLOATING:
        text = row_hashes.exactly(value)
    elif column.kind in row_hashes.BINARY | row_hashes.OPAQUE:
        text = f"IF(LENGTH({value}) = 0, \"''\", CONCAT('0x', HEX({value})))"
    elif column.charset:
        return rf"REPLACE(QUOTE(CONVERT({value} USING utf8mb4)), '\n', '\\n')"  # a row is a line
    elif column.kind == "json":
        return f"QUOTE(CAST({value} AS CHAR))"
    elif column.kind in _QUOTED:
        return f"QUOTE({value})"
    else:
        text = value
    return f"COALESCE({text}, 'NULL')"
