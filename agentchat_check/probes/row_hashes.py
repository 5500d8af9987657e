"""A row as one text that no other row has, and its hash, computed in the server.

Numbers and dates are as the server writes them, anything of free length has its length before it, and NULL is ``N``.
The SHA-256 of that counts as a number, and the numbers are summed: equal rows add up, where they would cancel each
other in an exclusive or. Text is taken as utf8mb4 whatever a column's character set, JSON as the server normalises it.
FLOAT and DOUBLE are written as JSON writes numbers: as text they would lose their last digits, a FLOAT after the sixth,
a DOUBLE where it is longer than 22 characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


def row_hash(columns: Iterable[Column], *, of: str = "") -> str:
    """An expression: the SHA-256 of a row, in hexadecimal digits.

    Args:
        columns: The columns that count.
        of: The alias of their table, with its point: ``t.``.
    """
    texts = ", ',', ".join(_text(column, of + quoted(column.name)) for column in columns)
    return f"SHA2(CONCAT({texts}), 256)"


def row_sum(columns: Iterable[Column], *, of: str = "") -> str:
    """An expression: the sum of the rows' hashes; negative where a row came to nothing, which must not go unseen."""
    number = f"CAST(CONV(LEFT({row_hash(columns, of=of)}, 15), 16, 10) AS SIGNED)"
    return f"COALESCE(SUM(COALESCE({number}, {_NOTHING})), 0)"


def exactly(value: str) -> str:
    """An expression: a FLOAT or DOUBLE as a text with all its digits; the zero below nothing is the other zero."""
    return f"CAST(CAST({value} + 0e0 AS JSON) AS CHAR)"


def quoted(identifier: str) -> str:
    """A name as it stands in a statement."""
    return "`" + identifier.replace("`", "``") + "`"


def _text(column: Column, value: str) -> str:
    """A value as a text that no other value of its column has: what CONCAT makes it of."""
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
    return f"COALESCE(CONCAT({text}), 'N')" if column.nullable else text


def _with_length(value: str, *, unbounded: bool) -> str:
    content = f"IF(LENGTH({value}) > {_LARGE}, SHA2({value}, 256), {value})" if unbounded else value
    return f"LENGTH({value}), ':', {content}"
