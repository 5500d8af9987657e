"""The rows of a database, digested in the server, in ranges of their keys that several connections share."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import pymysql

from agentchat_check import errors, facts
from agentchat_check.probes.row_hashes import BINARY, Column, quoted, row_hash, row_sum

Cursor = pymysql.cursors.Cursor
Bound = tuple[str | None, str | None]
"""A range of a key's first column: greater than the one, and not greater than the other."""

SESSION = (
    "SET SESSION sql_mode = '', time_zone = '+00:00', transaction_isolation = 'REPEATABLE-READ',"
    " max_execution_time = 0, information_schema_stats_expiry = 0"
)
"""What a connection has to be told before its digests can be compared with another's."""

ROWS_OF_A_RANGE = 10_000
"""Rows that are digested by one statement, and among which a difference is looked for row by row."""

_WHOLE = {"tinyint", "smallint", "mediumint", "int", "bigint"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A table.

    Attributes:
        table: Its name.
        columns: All of them, in order; generated and invisible ones, too.
        key: Those of its primary key, in the key's order.
    """

    table: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...] = ()


def shapes(cursor: Cursor, database: str) -> tuple[Shape, ...]:
    """The tables of a database, by name; views are none."""
    cursor.execute(
        "SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.CHARACTER_SET_NAME, c.IS_NULLABLE, k.ORDINAL_POSITION"
        " FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)"
        " LEFT JOIN information_schema.KEY_COLUMN_USAGE k ON k.CONSTRAINT_NAME = 'PRIMARY'"
        " AND (k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME) = (c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME)"
        " WHERE c.TABLE_SCHEMA = %s AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION",
        (database,),
    )
    columns: dict[str, list[Column]] = {}
    keys: dict[str, list[tuple[int, Column]]] = {}
    for table, name, kind, charset, nullable, place in cursor.fetchall():
        column = Column(name, kind.lower(), charset or "", nullable == "YES")
        columns.setdefault(table, []).append(column)
        keys.setdefault(table, []).extend([(int(place), column)] if place else [])
    return tuple(
        Shape(table, tuple(found), tuple(column for _, column in sorted(keys[table], key=lambda one: one[0])))
        for table, found in columns.items()
    )


def ranges(
    cursors: Sequence[Cursor], database: str, given: Mapping[str, Sequence[facts.RangeDigest]] | None = None
) -> tuple[facts.RangeDigest, ...]:
    """The digests of every table's rows, range by range of their primary keys.

    Args:
        cursors: One for each connection, all in the same snapshot; each is told what ``SESSION`` says before.
        database: The database.
        given: Ranges of another look, by table, so that the two can be compared one by one; a table without is split
            anew.

    Raises:
        errors.StackError: A row cannot be digested.
        pymysql.MySQLError: The server does not answer.
    """
    free: queue.SimpleQueue[Cursor] = queue.SimpleQueue()
    for cursor in cursors:
        free.put(cursor)

    def asking(look: Callable[..., Any], *arguments: Any) -> Any:
        cursor = free.get()
        try:
            return look(cursor, *arguments)
        finally:
            free.put(cursor)

    def split(cursor: Cursor, shape: Shape) -> list[Future[facts.RangeDigest]]:
        known = (given or {}).get(shape.table)
        bounds = ((one.after, one.up_to) for one in known) if known else _bounds(cursor, database, shape)
        return [pool.submit(asking, _digest, database, shape, bound) for bound in bounds]

    found = shapes(cursors[0], database)
    pool = ThreadPoolExecutor(len(cursors), thread_name_prefix="digests")
    try:
        splits = [pool.submit(asking, split, shape) for shape in found]
        return tuple(piece.result() for pieces in splits for piece in pieces.result())
    finally:
        pool.shutdown(cancel_futures=True)


def by_table(pieces: Iterable[facts.RangeDigest]) -> dict[str, tuple[int, str]]:
    """Rows and digest of each table, from those of its ranges."""
    totals: dict[str, tuple[int, int]] = {}
    for piece in pieces:
        rows, digest = totals.get(piece.table, (0, 0))
        totals[piece.table] = rows + piece.rows, digest + int(piece.digest)
    return {table: (rows, str(digest)) for table, (rows, digest) in totals.items()}


def first_differences(
    expected: tuple[Cursor, str], found: tuple[Cursor, str], table: str, *, most: int = 3
) -> tuple[facts.KeyDifference, ...]:
    """The first rows of a table that differ between two databases, in the order of their keys.

    Args:
        expected: A cursor and the database that is right.
        found: A cursor, of the same server or another, and the database that is looked at.
        table: The table; both databases have it, with the same primary key.
        most: As many are enough.

    Returns:
        Nothing for a table without a primary key, and where no row differs.
    """
    shape = next(shape for shape in shapes(*expected) if shape.table == table)
    theirs = next(shape for shape in shapes(*found) if shape.table == table)
    return tuple(islice(_differences(expected, found, shape, theirs), most)) if shape.key else ()


def _differences(
    expected: tuple[Cursor, str], found: tuple[Cursor, str], shape: Shape, theirs: Shape
) -> Iterator[facts.KeyDifference]:
    for bound in list(_bounds(*expected, shape)):
        if _digest(*expected, shape, bound) != _digest(*found, theirs, bound):
            right, seen = _rows(*expected, shape, bound), _rows(*found, theirs, bound)
            for key in [*right, *(key for key in seen if key not in right)]:
                if right.get(key) != seen.get(key):
                    yield facts.KeyDifference(shape.table, key, _what(key in right, key in seen))


def _what(expected: bool, found: bool) -> Literal["missing", "extra", "changed"]:  # noqa: FBT001 - two of a kind
    if not found:
        return "missing"
    return "changed" if expected else "extra"


def _rows(cursor: Cursor, database: str, shape: Shape, bound: Bound) -> dict[str, str]:
    """The hash of each row of a range, by its key."""
    key = ", ".join(_shown(column) for column in shape.key)
    where, values = _within(shape, bound)
    order = ", ".join(quoted(column.name) for column in shape.key)
    statement = f"SELECT CONCAT_WS(', ', {key}), {row_hash(shape.columns)} FROM {_place(database, shape)}{where}"  # noqa: S608 - names quoted, from the server
    cursor.execute(f"{statement} ORDER BY {order}", values)
    return {str(name): str(digest) for name, digest in cursor.fetchall()}


def _bounds(cursor: Cursor, database: str, shape: Shape) -> Iterator[Bound]:
    """Where a table is cut, by the first column of its key; open at both ends."""
    ends: Iterable[str] = ()
    if shape.key and shape.key[0].kind in _WHOLE:
        ends = _steps(cursor, database, shape)
    elif shape.key and (shape.key[0].kind in BINARY or shape.key[0].kind in {"char", "varchar"}):
        ends = _walk(cursor, database, shape)
    after: str | None = None
    for end in ends:
        yield after, end
        after = end
    yield after, None


def _steps(cursor: Cursor, database: str, shape: Shape) -> Iterable[str]:
    """Equal steps from the least number to the greatest, as many as the rows need, if the server knows their number."""
    name = quoted(shape.key[0].name)
    cursor.execute(
        "SELECT COALESCE(TABLE_ROWS, 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s",
        (database, shape.table),
    )
    ((rows,),) = cursor.fetchall()
    cursor.execute(f"SELECT MIN({name}), MAX({name}) FROM {_place(database, shape)}")  # noqa: S608 - names quoted, from the server
    ((least, greatest),) = cursor.fetchall()
    if least is None:
        return ()
    step = max(1, (int(greatest) - int(least) + 1) * ROWS_OF_A_RANGE // max(int(rows), 1))
    return map(str, range(int(least) + step - 1, int(greatest), step))


def _walk(cursor: Cursor, database: str, shape: Shape) -> Iterator[str]:
    """The key of every so many rows."""
    name, after = quoted(shape.key[0].name), None
    while True:
        where, values = _within(shape, (after, None))
        statement = f"SELECT {_shown(shape.key[0])} FROM {_place(database, shape)}{where} ORDER BY {name}"  # noqa: S608 - names quoted, from the server
        cursor.execute(f"{statement} LIMIT 1 OFFSET {ROWS_OF_A_RANGE - 1}", values)
        row = cursor.fetchone()
        if row is None:
            return
        after = str(row[0])
        yield after


def _digest(cursor: Cursor, database: str, shape: Shape, bound: Bound) -> facts.RangeDigest:
    where, values = _within(shape, bound)
    statement = f"SELECT COUNT(*), {row_sum(shape.columns)} FROM {_place(database, shape)}{where}"  # noqa: S608 - names quoted, from the server
    cursor.execute(statement, values)
    ((rows, digest),) = cursor.fetchall()
    if digest < 0:
        raise errors.StackError(
            f"digest the rows of {shape.table}",
            expected="a digest of every row",
            actual="a row is longer than the server's max_allowed_packet",
            next_step="give the server a larger max_allowed_packet, and try again",
        )
    return facts.RangeDigest(shape.table, *bound, int(rows), str(int(digest)))


def _within(shape: Shape, bound: Bound) -> tuple[str, list[int | str]]:
    """The condition of a range, and the values in it; the primary key's index answers it."""
    conditions, values = [], []
    for sign, end in zip((">", "<="), bound, strict=True):
        if end is not None:
            column = shape.key[0]
            conditions.append(f"{quoted(column.name)} {sign} {'UNHEX(%s)' if column.kind in BINARY else '%s'}")
            values.append(int(end) if column.kind in _WHOLE else end)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _shown(column: Column) -> str:
    """A key's column as a text that it can be found by again."""
    return f"HEX({quoted(column.name)})" if column.kind in BINARY else quoted(column.name)


def _place(database: str, shape: Shape) -> str:
    return f"{quoted(database)}.{quoted(shape.table)}"
