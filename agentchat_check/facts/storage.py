"""What the database and the cache said and hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentchat_check.facts.moment import Moment


@dataclass(frozen=True, slots=True)
class LogIn:
    """An attempt to log in to the database or the cache and to ask something.

    Attributes:
        who: The account, and where its password was read.
        accepted: Whether it was let in and answered.
        error: Why not, or "".
        seconds: How long it took.
        seen: When it began.
    """

    who: str
    accepted: bool
    error: str
    seconds: float
    seen: Moment

    def __str__(self) -> str:
        """Who, and how it went."""
        return f"{self.who}: {'accepted' if self.accepted else self.error} in {self.seconds:.2f} s"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the application's database."""

    name: str
    collation: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The application's database as the server describes it.

    Attributes:
        version: The server's version.
        charset: The database's default character set.
        tables: Its tables, by name.
        seen: When we looked.
    """

    version: str
    charset: str
    tables: tuple[Table, ...]
    seen: Moment


@dataclass(frozen=True, slots=True)
class RowDigests:
    """What the tables hold, without saying it: rows and a digest by table and by the user they belong to.

    Attributes:
        groups: (number of rows, digest) by (table, user id); user id "" for rows that belong to nobody.
        seen: When we looked.
    """

    groups: Mapping[tuple[str, str], tuple[int, str]]
    seen: Moment


@dataclass(frozen=True, slots=True)
class CacheKey:
    """A key of the cache.

    Attributes:
        name: The key.
        exists: Whether it is there.
        ttl: Seconds it will live; None when it lives for ever.
    """

    name: str
    exists: bool
    ttl: int | None


@dataclass(frozen=True, slots=True)
class Persistence:
    """How the cache keeps what it holds, as it says itself.

    Attributes:
        appends: Whether it writes an append-only log.
        last_write: What became of the last write to it: ok, err, or "" where it writes none.
        unsaved: Changes since its last snapshot.
    """

    appends: bool
    last_write: str
    unsaved: int

    @property
    def forgets(self) -> bool:
        """Whether it would have forgotten something if it were killed now."""
        return not self.appends and self.unsaved > 0


@dataclass(frozen=True, slots=True)
class KeyDigest:
    """A key of the cache, and what it holds without saying it.

    Attributes:
        database: The number of its database.
        name: Its name; bytes that are no text are escaped.
        kind: What it holds: string, hash, list, set, zset, stream.
        digest: Of its value.
        ends: When it ends, milliseconds since 1970; None for one that stays.
    """

    database: int
    name: str
    kind: str
    digest: str
    ends: int | None
