"""The database, looked at from outside with the application's own account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pymysql

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import configuration, digests, row_hashes
from agentchat_check.probes.digests import Shape
from agentchat_check.stack.running import Stack

TIMEOUT = 10
"""Seconds to connect, and for one statement."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the application logs in."""

    user: str
    password: str
    database: str


def credentials(stack: Stack) -> Credentials:
    """The application's account: as its own configuration says, else as the database's container was told to make it.

    AgentChat's releases keep it in config.yaml, and log in as another account than the one their compose file makes.

    Raises:
        errors.CheckError: The container does not say.
    """
    if configured := configuration.address(stack, "mysql"):
        return Credentials(configured.user, configured.password, configured.path or "agentchat")
    return told(stack)


def told(stack: Stack) -> Credentials:
    """The account that the database's container was told to make for the application; the administrator's without."""
    environment = stack.environment(Role.DATABASE)
    value = {name: _value(stack, environment, name) for name in ("USER", "PASSWORD", "ROOT_PASSWORD", "DATABASE")}
    if value["USER"]:
        return Credentials(value["USER"], value["PASSWORD"], value["DATABASE"] or "agentchat")
    return Credentials("root", value["ROOT_PASSWORD"], value["DATABASE"] or "agentchat")


def root_password(stack: Stack) -> str:
    """The password of the database's administrator, as its container was told; "" where it was not."""
    return _value(stack, stack.environment(Role.DATABASE), "ROOT_PASSWORD")


def application_log_ins(stack: Stack) -> tuple[facts.LogIn, ...]:
    """Log in with every account that the backend itself holds: in its environment, its secret files and config.yaml.

    A password may stand there by itself (MYSQL_PASSWORD, or the file that MYSQL_PASSWORD_FILE names), or in an address
    (``mysql+pymysql://user:password@host/name``). Empty where the backend holds none.
    """
    return tuple(
        replace(log_in(stack, account), who=f"{account.user}, as {place} says")
        for place, account in _held_by_the_backend(stack).items()
    )


def _held_by_the_backend(stack: Stack) -> dict[str, Credentials]:
    environment, service = stack.environment(Role.BACKEND), stack.service_name(Role.BACKEND)
    held = {}
    for prefix in ("MYSQL_", "MARIADB_", "DB_", "DATABASE_"):
        user = environment.get(f"{prefix}USER")
        database = environment.get(f"{prefix}DATABASE") or environment.get(f"{prefix}NAME") or ""
        if user and (password := environment.get(f"{prefix}PASSWORD")):
            held[f"{prefix}PASSWORD of its environment"] = Credentials(user, password, database)
        elif user and (file := environment.get(f"{prefix}PASSWORD_FILE")):
            status, text = stack.execute(service, ["cat", file])
            held[f"the file of {prefix}PASSWORD_FILE"] = Credentials(
                user, "" if status else text.rstrip("\r\n"), database
            )
    for name, value in environment.items():
        if found := configuration.first(value, "mysql") or configuration.first(value, "mariadb"):
            held[f"{name} of its environment"] = Credentials(found.user, found.password, found.path)
    if found := configuration.address(stack, "mysql"):
        held[configuration.FILE] = Credentials(found.user, found.password, found.path)
    return held


def log_in(stack: Stack, account: Credentials | None = None) -> facts.LogIn:
    """Log in and ask one question; a refusal is a fact.

    Args:
        stack: A stack whose database this host reaches.
        account: The account, its database "" for none; by default the application's own.
    """
    account = account or credentials(stack)
    seen = facts.Moment.now()
    refused = ""
    try:
        with _connected(stack, account) as cursor:
            cursor.execute("SELECT 1")
    except pymysql.MySQLError as error:
        refused = _in_words(error)
    seconds = seen.until(facts.Moment.now())
    who = f"{account.user} on {account.database}" if account.database else account.user
    return facts.LogIn(who, not refused, refused, seconds, seen)


def schema(stack: Stack) -> facts.Schema:
    """The server's version, the database's character set and its tables.

    Raises:
        errors.StackError: The database does not let us in.
    """
    account = credentials(stack)
    with _looking(stack, account) as cursor:
        cursor.execute("SELECT VERSION()")
        version = str(cursor.fetchall()[0][0])
        cursor.execute(
            "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s",
            (account.database,),
        )
        charset = str(cursor.fetchall()[0][0])
        cursor.execute(
            "SELECT TABLE_NAME, TABLE_COLLATION FROM information_schema.TABLES"
            " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME",
            (account.database,),
        )
        tables = tuple(facts.Table(name, collation) for name, collation in cursor.fetchall())
    return facts.Schema(version, charset, tables, facts.Moment.now())


def has_rows(stack: Stack, table: str) -> bool:
    """Whether a table of the application is there, and is not empty.

    Raises:
        errors.StackError: The database does not let us in.
    """
    account = credentials(stack)
    with _looking(stack, account) as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s",
            (account.database, table),
        )
        if not cursor.fetchall():
            return False
        cursor.execute(f"SELECT 1 FROM {row_hashes.quoted(table)} LIMIT 1")  # noqa: S608 - the name is quoted
        return bool(cursor.fetchall())


def row_digests(stack: Stack) -> facts.RowDigests:
    """Digests of every table's rows, by the user they belong to, computed in the server in one snapshot.

    A row belongs to its ``user_id``; a message to the user of its dialog.

    Raises:
        errors.StackError: The database does not let us in.
    """
    account = credentials(stack)
    with _looking(stack, account) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        shapes = digests.shapes(cursor, account.database)
        has_dialogs = any(shape.table == "dialog" for shape in shapes)
        groups = {}
        for shape in shapes:
            cursor.execute(digests_by_user(shape, has_dialogs=has_dialogs))
            for owner, rows, digest in cursor.fetchall():
                groups[shape.table, str(owner)] = (int(rows), str(digest))
    return facts.RowDigests(groups, facts.Moment.now())


def digests_by_user(shape: Shape, *, has_dialogs: bool) -> str:
    """A statement that gives (user, rows, digest) for every user who has rows in a table; "" for rows of nobody's.

    Args:
        shape: The table, and the columns that count; ``user_id`` and ``dialog_id`` say whose a row is.
        has_dialogs: Whether there is the table that says whose a dialog is.
    """
    columns = {column.name for column in shape.columns}
    owner, join = "''", ""
    if "user_id" in columns:
        owner = "COALESCE(t.user_id, '')"
    elif "dialog_id" in columns and has_dialogs and shape.table != "dialog":
        owner, join = "COALESCE(d.user_id, '')", "LEFT JOIN dialog d ON d.dialog_id = t.dialog_id"
    table, total = row_hashes.quoted(shape.table), row_hashes.row_sum(shape.columns, of="t.")
    return f"SELECT {owner} AS owner, COUNT(*), {total} FROM {table} t {join} GROUP BY owner"  # noqa: S608 - names quoted, from the server


def _value(stack: Stack, environment: Mapping[str, str], name: str) -> str:
    """A setting of the database's container, by either vendor's name; from a file where it was given one."""
    for prefix in ("MYSQL_", "MARIADB_"):
        if value := environment.get(prefix + name):
            return value
        if file := environment.get(f"{prefix}{name}_FILE"):
            status, content = stack.execute(stack.service_name(Role.DATABASE), ["cat", file])
            if status == 0:
                return content.rstrip("\n")
    return ""


@contextlib.contextmanager
def _connected(stack: Stack, account: Credentials) -> Iterator[pymysql.cursors.Cursor]:
    host, port = stack.address(Role.DATABASE)
    connection = pymysql.connect(
        host=host,
        port=port,
        user=account.user,
        password=account.password,
        database=account.database or None,
        connect_timeout=TIMEOUT,
        read_timeout=TIMEOUT,
        write_timeout=TIMEOUT,
    )
    with connection, connection.cursor() as cursor:
        yield cursor


@contextlib.contextmanager
def _looking(stack: Stack, account: Credentials) -> Iterator[pymysql.cursors.Cursor]:
    """A connection for a look; without one there is nothing to judge."""
    try:
        with _connected(stack, account) as cursor:
            yield cursor
    except pymysql.MySQLError as error:
        raise errors.StackError(
            "look into the database",
            expected=f"answers to {account.user} on {account.database}",
            actual=_in_words(error),
            next_step=f"docker compose --project-name {stack.project} logs {stack.service_name(Role.DATABASE)}",
        ) from None


def _in_words(error: pymysql.MySQLError) -> str:
    """MySQL's own message, with its number."""
    number, *message = error.args or ("", "")
    return f"{' '.join(map(str, message))} ({number})" if message else str(error)
