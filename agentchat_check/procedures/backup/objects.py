"""What a database has besides tables: views, triggers, routines and events, as a script that makes them anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

import pymysql

from agentchat_check.probes import database_state
from agentchat_check.probes.administration import Connection
from agentchat_check.probes.digests import Cursor
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.procedures.backup import scripts

_ORDER = ("FUNCTION", "PROCEDURE", "VIEW", "TRIGGER", "EVENT")


def script(cursor: Cursor, database: str) -> bytes:
    """A script that makes the objects of a database as they are, and its character set."""
    cursor.execute(f"USE {quoted(database)}")
    cursor.execute("SELECT @@character_set_database, @@collation_database")
    ((charset, usual),) = cursor.fetchall()
    statements = [f"ALTER DATABASE CHARACTER SET {charset} COLLATE {usual}".encode()]
    for kind in _ORDER:
        for name in _views(cursor, database) if kind == "VIEW" else database_state.names(cursor, database, kind):
            statements += _statements(database_state.definition(cursor, kind, name), usual)
    return scripts.written([*statements, b"SET NAMES utf8mb4"])


def replace(connection: Connection, database: str, made_by: bytes) -> None:
    """Drop what a database has besides tables, and make what a script makes.

    Args:
        connection: An administrator's; its settings are others afterwards.
        database: The database.
        made_by: The script.
    """
    with connection.cursor() as cursor:
        drop(cursor, database)
        cursor.execute(f"USE {quoted(database)}")
    for statement in scripts.read(made_by):
        connection.query(statement)  # in the character set that was chosen before


def drop(cursor: Cursor, database: str) -> None:
    """Drop what a database has besides tables."""
    for kind in _ORDER:
        for name in database_state.names(cursor, database, kind):
            cursor.execute(f"DROP {kind} IF EXISTS {quoted(database)}.{quoted(name)}")


def _views(cursor: Cursor, database: str) -> Iterable[str]:
    """The views, each after those that it shows."""
    views: dict[str, set[str]] = {name: set() for name in database_state.names(cursor, database, "VIEW")}
    cursor.execute(
        "SELECT VIEW_NAME, TABLE_NAME FROM information_schema.VIEW_TABLE_USAGE"
        " WHERE VIEW_SCHEMA = %s AND TABLE_SCHEMA = VIEW_SCHEMA",
        (database,),
    )
    for view, shown in cursor.fetchall():
        views[view] |= {shown} & views.keys()
    return TopologicalSorter(views).static_order()


def _statements(found: Mapping[str, str], usual: str) -> Iterator[bytes]:
    """What makes one object under the settings that it was made under."""
    text = next(value for label, value in found.items() if label.startswith("Create ") or "Original" in label)
    charset = found["character_set_client"]
    collation = found.get("Database Collation", usual)
    settings = {
        "sql_mode": f"'{found.get('sql_mode', '')}'",
        "time_zone": f"'{found.get('time_zone', '+00:00')}'",
        "character_set_client": charset,
        "collation_connection": found["collation_connection"],
    }
    if collation != usual:
        yield f"ALTER DATABASE COLLATE {collation}".encode()
    yield f"SET SESSION {', '.join(f'{name} = {value}' for name, value in settings.items())}".encode()
    yield text.encode(pymysql.charset.charset_by_name(charset).encoding)
    if collation != usual:
        yield f"ALTER DATABASE COLLATE {usual}".encode()
