"""How the application's database is defined, and which rows it has from its release."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat_check import facts
from agentchat_check.probes import database_state, digests
from agentchat_check.probes.digests import Cursor, Shape
from agentchat_check.probes.row_hashes import Column, quoted, row_hash

SYSTEM_USER = "0"
"""The user that the rows of AgentChat's own belong to."""

_OWNER = "user_id"
_TIMES = {"datetime", "timestamp"}
REVISIONS = "alembic_version"
"""Where migrations note how far they came."""
_LABELS = ("name", "model", "server_name", "role_name")


def schema(cursor: Cursor, database: str) -> facts.SchemaDefinition:
    """Read how a database is defined.

    Args:
        cursor: An administrator's, or the application's.
        database: The database's name.

    Raises:
        pymysql.MySQLError: The server does not answer.
    """
    charset, collation = database_state.defaults(cursor, database)
    tables = [
        parsed(name, database_state.table_definition(cursor, database, name))
        for name in database_state.names(cursor, database, "TABLE")
    ]
    return facts.SchemaDefinition(charset, collation, tuple(tables))


def parsed(table: str, definition: str) -> facts.TableDefinition:
    """A table's definition, taken apart.

    Args:
        table: Its name.
        definition: As ``database_state.table_definition`` returns it: a line for each column and key.
    """
    columns: dict[str, str] = {}
    keys, options = [], []
    for line in definition.splitlines()[1:]:
        text = line.strip()
        if line.startswith("  `"):
            name, _, rest = text[1:].partition("` ")
            columns[name] = rest
        elif line.startswith("  "):
            keys.append(text)
        else:
            options.append(text.removeprefix(")").strip())
    return facts.TableDefinition(table, columns, tuple(sorted(keys)), " ".join(filter(None, options)))


def seeds(cursor: Cursor, database: str) -> tuple[facts.SeedRecord, ...]:
    """The rows that an installation has from its release.

    Those are the system's own, and all rows of a table in which none has an owner or belongs to what a user made. What
    they hold is digested in the server, without ids and times.

    Args:
        cursor: As for ``schema``; it has been told what ``digests.SESSION`` says.
        database: The database's name.

    Raises:
        pymysql.MySQLError: The server does not answer.
    """
    return tuple(record for shape in digests.shapes(cursor, database) for record in _seeds(cursor, database, shape))


def revision(cursor: Cursor, database: str) -> str:
    """The revision of Alembic's that a database is at; "" where it counts none, or several.

    Args:
        cursor: As for ``schema``.
        database: The database's name.

    Raises:
        pymysql.MySQLError: The server does not answer.
    """
    if REVISIONS not in database_state.names(cursor, database, "TABLE"):
        return ""
    cursor.execute(f"SELECT version_num FROM {quoted(database)}.{quoted(REVISIONS)}")  # noqa: S608 - quoted names
    found = cursor.fetchall()
    return str(found[0][0]) if len(found) == 1 else ""


def _seeds(cursor: Cursor, database: str, shape: Shape) -> Iterator[facts.SeedRecord]:
    names = {column.name for column in shape.columns}
    owned = _OWNER in names
    if not owned and any(name.endswith("_id") for name in names):
        return  # rows of what a user made, as a dialog's messages
    counted = [column for column in shape.columns if not _is_its_own(column, shape)] or list(shape.key)
    if not counted:
        return
    label = next((name for name in _LABELS if name in names), counted[0].name)
    where = f" WHERE {quoted(_OWNER)} = '{SYSTEM_USER}'" if owned else ""
    table = f"{quoted(database)}.{quoted(shape.table)}"
    cursor.execute(f"SELECT {quoted(label)}, {row_hash(counted)} FROM {table}{where}")  # noqa: S608 - quoted names
    for called, digest in sorted((str(called), str(digest)) for called, digest in cursor.fetchall()):
        yield facts.SeedRecord(shape.table, called, digest, owned)


def _is_its_own(column: Column, shape: Shape) -> bool:
    """Whether every installation makes up what stands in a column."""
    return column.kind in _TIMES or column in shape.key or column.name.endswith("_id")
