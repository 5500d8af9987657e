"""What a backup holds, without saying it: states of the database, the cache and the files at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class CutLine:
    """The moment that a backup shows: what was acknowledged before it is in, what began after it is not.

    Attributes:
        at: When, UTC.
        locked_for: Seconds for which nobody could write, 0 where nobody was running.
        binlog_file: The file of the binary log that was written at that moment, or "" where none is.
        binlog_position: The position in it, bytes.
        gtids: The transactions that were executed, as the server writes them, or "" where it counts none.
    """

    at: datetime
    locked_for: float
    binlog_file: str
    binlog_position: int
    gtids: str


@dataclass(frozen=True, slots=True)
class TableDigest:
    """One table.

    Attributes:
        table: Its name.
        rows: How many rows it has.
        digest: Of its rows, in no order.
        schema_digest: Of its definition: columns, indexes, keys, character set; without what its use changes.
    """

    table: str
    rows: int
    digest: str
    schema_digest: str


@dataclass(frozen=True, slots=True)
class RangeDigest:
    """The rows of a table whose primary keys lie in a range.

    Attributes:
        table: The table.
        after: The first column of the key is greater than this; None where the range has no beginning. Binary ones are
            written in hexadecimal digits.
        up_to: And not greater than this; None where it has no end.
        rows: How many rows there are.
        digest: Of the rows, in no order; those of a table's ranges add up to the table's.
    """

    table: str
    after: str | None
    up_to: str | None
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """A row that is not as it should be.

    Attributes:
        table: Its table.
        key: Its primary key; several columns with ", " between them, binary ones in hexadecimal digits.
        what: What is wrong with it.
    """

    table: str
    key: str
    what: Literal["missing", "extra", "changed"]


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The application's database.

    Attributes:
        version: The server's version.
        name: The database's name.
        charset: Its default character set.
        collation: Its default collation.
        sql_mode: The server's.
        time_zone: The server's.
        tables: Its tables, by name.
        routines_digest: Of its procedures, functions and events.
        views_digest: Of its views.
        triggers_digest: Of its triggers.
        accounts: The server's accounts but for its own, as ``user@host``, by name.
    """

    version: str
    name: str
    charset: str
    collation: str
    sql_mode: str
    time_zone: str
    tables: tuple[TableDigest, ...]
    routines_digest: str
    views_digest: str
    triggers_digest: str
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CacheState:
    """The cache.

    Attributes:
        version: The server's version.
        keys: How many keys it holds.
        digest: Of all keys and their values, in no order; without the time they have to live.
    """

    version: str
    keys: int
    digest: str


@dataclass(frozen=True, slots=True)
class FileTree:
    """The files of one volume or bind mount.

    Attributes:
        service: The service that mounts it.
        path: Where, in its container.
        kind: What is mounted there.
        files: How many files it holds; directories and links are not counted.
        bytes: What is in them.
        digest: Of paths, kinds, modes, owners and contents, in no order; without times.
    """

    service: str
    path: str
    kind: Literal["volume", "bind"]
    files: int
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Omission:
    """Data that lies outside of every volume, and so is in no backup.

    Attributes:
        service: Whose container holds it.
        path: Where, in the container.
        bytes: How much it is.
    """

    service: str
    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Image:
    """What a service ran from.

    Attributes:
        service: The service.
        name: The image's name.
        id: Its id or digest.
    """

    service: str
    name: str
    id: str
