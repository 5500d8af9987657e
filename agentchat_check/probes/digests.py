"""The rows of a database, digested in the server: exactly, in no order, in pieces that several connections share.

A row becomes one text that no other row has: numbers and dates as the server writes them, anything of free length with
its length before it, ``N`` for NULL. Its SHA-256 counts as a number, and the numbers are summed: equal rows add up,
where they would cancel each other in an exclusive or. Text is taken as utf8mb4 whatever a column's character set, and
JSON as the server normalises it. FLOAT and DOUBLE are written as JSON writes numbers: as text they would lose their
last digits, a FLOAT after the sixth, a DOUBLE where it is longer than 22 characters.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import pymysql

from agentchat_check import errors, facts

Cursor = pymysql.cursors.Cursor
Bound = tuple[str | None, str | None]
"""A range of a key's first column: greater than the one, and not greater than the other."""

SESSION = (
    "SET SESSION sql_mode = '', time_zone = '+00:00', max_execution_time = 0, transaction_isolation = 'REPEATABLE-READ'"
)
"""What a connection has to be told before its digests can be compared with another's."""

ROWS_OF_A_RANGE = 10_000
"""Rows that are digested by one statement, and among which a difference is looked for row by row."""

_LARGE = 2**20
"""Bytes from which a value counts by its own hash: a text longer than a packet would come to nothing."""

_NOTHING = f"-1{'0' * 40}"
"""What a row counts that came to nothing: no sum of hashes makes up for it. An exact number: as ``-1e40`` it would turn
the whole sum into one that is not."""

_AS_THEY_ARE = {"utf8mb4", "utf8mb3", "utf8", "ascii"}
"""Character sets whose bytes are those of utf8mb4."""

FLOATING = {"float", "double"}
BINARY = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
OPAQUE = {"bit", "vector", "geometry", "point", "linestring", "polygon"} | {
    f"{prefix}{kind}" for prefix in ("multi", "geom") for kind in ("point", "linestring", "polygon", "collection")
}
_WHOLE = {"tinyint", "smallint", "mediumint", "int", "bigint"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column, as far as it matters for its digest.

    Attributes:
        name: Its name.
        kind: Its type, without length and sign: ``varchar``.
        charset: The character set of its text, or "".
        nullable: Whether it may hold NULL.
    """

    name: str
    kind: str
    charset: str = ""
    nullable: bool = True


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


def row_hash(columns: Iterable[Column], *, of: str = "") -> str:
    """An expression: the SHA-256 of a row, in hexadecimal digits.

    Args:
        columns: The columns that count.
        of: The alias of their table, with its point: ``t.``.
    """
    return f"SHA2(CONCAT_WS(',', {', '.join(_text(column, of + quoted(column.name)) for column in columns)}), 256)"


def row_sum(columns: Iterable[Column], *, of: str = "") -> str:
    """An expression: the sum of the rows' hashes; negative where a row came to nothing, which must not go unseen."""
    number = f"CAST(CONV(LEFT({row_hash(columns, of=of)}, 15), 16, 10) AS DECIMAL(65))"
    return f"COALESCE(SUM(COALESCE({number}, {_NOTHING})), 0)"


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
    """Where a table is cut: ranges of so many rows by the first column of its key; open at both ends."""
    after: str | None = None
    while shape.key and _splits(shape.key[0]):
        where, values = _within(shape, (after, None))
        name = quoted(shape.key[0].name)
        statement = f"SELECT {_shown(shape.key[0])} FROM {_place(database, shape)}{where} ORDER BY {name}"  # noqa: S608 - names quoted, from the server
        cursor.execute(f"{statement} LIMIT 1 OFFSET {ROWS_OF_A_RANGE - 1}", values)
        row = cursor.fetchone()
        if row is None:
            break
        yield after, str(row[0])
        after = str(row[0])
    yield after, None


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


def _splits(column: Column) -> bool:
    return column.kind in _WHOLE or column.kind in BINARY or column.kind in {"char", "varchar"}


def _shown(column: Column) -> str:
    """A key's column as a text that it can be found by again."""
    return f"HEX({quoted(column.name)})" if column.kind in BINARY else quoted(column.name)


def _text(column: Column, value: str) -> str:
    """A value as a text that no other value of its column has."""
    if column.kind in FLOATING:
        text = exactly(value)
    elif column.kind in OPAQUE:
        text = f"HEX({value})"
    elif column.kind == "json":
        text = _with_length(f"CAST({value} AS CHAR)", unbounded=True)
    elif column.kind in BINARY or column.charset:
        convert = column.charset and column.charset not in _AS_THEY_ARE
        unbounded = column.kind.endswith(("blob", "text"))
        text = _with_length(f"CONVERT({value} USING utf8mb4)" if convert else value, unbounded=unbounded)
    else:
        text = value
    return f"COALESCE({text}, 'N')" if column.nullable else text


def _with_length(value: str, *, unbounded: bool) -> str:
    content = f"IF(LENGTH({value}) > {_LARGE}, SHA2({value}, 256), {value})" if unbounded else value
    return f"CONCAT(LENGTH({value}), ':', {content})"


def _place(database: str, shape: Shape) -> str:
    return f"{quoted(database)}.{quoted(shape.table)}"


def exactly(value: str) -> str:
    """An expression: a FLOAT or DOUBLE as a text with all its digits; the zero below nothing is the other zero."""
    return f"CAST(CAST({value} + 0e0 AS JSON) AS CHAR)"


def quoted(identifier: str) -> str:
    """A name as it stands in a statement."""
    return "`" + identifier.replace("`", "``") + "`"
