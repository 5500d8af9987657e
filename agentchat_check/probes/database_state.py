"""The state of the application's database: its definition, its objects and its rows, as digests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from agentchat_check import facts, zones
from agentchat_check.probes import digests
from agentchat_check.probes.digests import Cursor
from agentchat_check.probes.row_hashes import quoted

_COUNTS = re.compile(r" AUTO_INCREMENT=\d+")

_KEY = re.compile(r"\s+(UNIQUE |FULLTEXT |SPATIAL )?(KEY|CONSTRAINT) ")

_OBJECTS = {
    "TABLE": "TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA",
    "PROCEDURE": "ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'PROCEDURE' AND ROUTINE_SCHEMA",
    "FUNCTION": "ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA",
    "EVENT": "EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA",
    "VIEW": "TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA",
    "TRIGGER": "TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA",
}
"""Where the names of each kind of object are."""


def state(
    cursors: Sequence[Cursor], database: str, pieces: Iterable[facts.RangeDigest] | None = None
) -> facts.DatabaseState:
    """The state of a database, in the snapshot that the connections share; it is chosen on the first of them.

    Args:
        cursors: An administrator's, one for each connection that helps; see ``digests.ranges``.
        database: The database's name.
        pieces: What ``digests.ranges`` has found already; looked for when not given.

    Raises:
        errors.StackError: A row cannot be digested.
        pymysql.MySQLError: The server does not answer.
    """
    cursor = cursors[0]
    rows = digests.by_table(digests.ranges(cursors, database) if pieces is None else pieces)
    cursor.execute("SELECT VERSION(), @@GLOBAL.sql_mode, @@GLOBAL.time_zone")
    ((version, sql_mode, zone),) = cursor.fetchall()
    charset, collation = defaults(cursor, database)
    return facts.DatabaseState(
        version=version,
        name=database,
        charset=charset,
        collation=collation,
        sql_mode=sql_mode,
        time_zone=f"SYSTEM ({system_zone(cursor)})" if zone == "SYSTEM" else zone,
        tables=tuple(
            facts.TableDigest(table, *of_rows, _digest([table_definition(cursor, database, table)]))
            for table, of_rows in sorted(rows.items())
        ),
        routines_digest=_digest(_texts(cursor, database, "PROCEDURE", "FUNCTION", "EVENT")),
        views_digest=_digest(_texts(cursor, database, "VIEW")),
        triggers_digest=_digest(_texts(cursor, database, "TRIGGER")),
        accounts=account_names(cursor),
    )


def defaults(cursor: Cursor, database: str) -> tuple[str, str]:
    """The character set and the collation that a database gives its tables."""
    cursor.execute(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        " WHERE SCHEMA_NAME = %s",
        (database,),
    )
    ((charset, collation),) = cursor.fetchall()
    return str(charset), str(collation)


def table_definition(cursor: Cursor, database: str, table: str) -> str:
    """What makes a table, without the number that the next row gets; its keys by name, whatever order they came in."""
    cursor.execute(f"SHOW CREATE TABLE {quoted(database)}.{quoted(table)}")
    ((_, statement),) = cursor.fetchall()
    first, *rest = [line.rstrip(",") for line in _COUNTS.sub("", statement).splitlines()]
    keys = sorted(line for line in rest if _KEY.match(line))
    return "\n".join([first, *(line for line in rest if not _KEY.match(line)), *keys])


def account_names(cursor: Cursor) -> tuple[str, ...]:
    """The accounts of a server and its roles, as ``user@host``, but for those that it makes for itself."""
    cursor.execute(r"SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'mysql.%%' ORDER BY User, Host", ())
    return tuple(f"{user}@{host}" for user, host in cursor.fetchall())


def names(cursor: Cursor, database: str, kind: str) -> tuple[str, ...]:
    """The objects of a kind: ``TABLE``, ``VIEW``, ``TRIGGER``, ``PROCEDURE``, ``FUNCTION`` or ``EVENT``."""
    cursor.execute(f"SELECT {_OBJECTS[kind]} = %s ORDER BY 1", (database,))
    return tuple(str(name) for (name,) in cursor.fetchall())


def definition(cursor: Cursor, kind: str, name: str) -> dict[str, str]:
    """What makes an object of the chosen database and the settings it was made under, as the server labels them."""
    cursor.execute(f"SHOW CREATE {kind} {quoted(name)}")
    labels = [column[0] for column in cursor.description or ()]
    (values,) = cursor.fetchall()
    return {label: str(value) for label, value in zip(labels, values, strict=True) if label != "Created"}


def system_zone(cursor: Cursor) -> str:
    """The host's zone by its hours in winter and in summer; its name is another one in each of them."""
    days = [day.replace(tzinfo=None) for day in (zones.WINTER, zones.SUMMER)]  # in UTC; the server takes no zone
    cursor.execute("SELECT CONVERT_TZ(%s, '+00:00', 'SYSTEM'), CONVERT_TZ(%s, '+00:00', 'SYSTEM')", tuple(days))
    ((winter, summer),) = cursor.fetchall()
    return zones.by_hours(winter - days[0], summer - days[1])


def _texts(cursor: Cursor, database: str, *kinds: str) -> Iterator[str]:
    cursor.execute(f"USE {quoted(database)}")  # or its name would stand in the definitions
    for kind in kinds:
        for name in names(cursor, database, kind):
            yield repr(definition(cursor, kind, name))


def _digest(texts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text)}:{text}".encode())
    return whole.hexdigest()
