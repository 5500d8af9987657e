"""The database as its administrator reaches it from this host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import pymysql

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.probes import database
from agentchat_check.stack.running import Stack

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"

USER = "root"


@contextmanager
def connected(
    stack: Stack, tried: str, *, schema: str | None = None, timeout: float = database.TIMEOUT
) -> Iterator[Connection]:
    """A connection of the administrator's; every statement is a transaction of its own.

    Args:
        stack: A stack whose database this host reaches.
        tried: What is being done, as the title of an error.
        schema: The database that is chosen.
        timeout: Seconds for one statement.

    Raises:
        errors.StackError: The database does not let us in, or refuses a statement in the block.
    """
    host, port = stack.address(Role.DATABASE)
    with reported(tried), pymysql.connect(
        host=host,
        port=port,
        user=USER,
        password=database.root_password(stack),
        database=schema,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=database.TIMEOUT,
        read_timeout=timeout,
        write_timeout=timeout,
        max_allowed_packet=2**30,
    ) as connection:  # fmt: skip
        yield connection


@contextmanager
def reported(tried: str) -> Iterator[None]:
    """Turn what the server refuses into one clear error.

    Args:
        tried: What is being done, as the error's title.
    """
    try:
        yield
    except pymysql.MySQLError as error:
        raise errors.StackError(
            tried,
            expected="the database's administrator to be obeyed",
            actual=" ".join(map(str, error.args[1:] or error.args)),
            next_step="see whether the root password of the env file is the one that the database has",
        ) from None
