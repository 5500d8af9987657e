"""The database as its administrator reaches it from this host."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import pymysql
from pymysql.constants import ER

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.probes import database
from agentchat_check.stack.running import Stack

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"

USER = "root"

_FULL = {(ER.DISK_FULL,), (ER.RECORD_FILE_FULL,)}
_NO_ROOM = re.compile(rf"(?i)errno: {errno.ENOSPC}\b|no space left on device|disk is full")
"""How the server says that a disk is full: by a number of its own, with the operating system's, or in words."""


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
        said = " ".join(map(str, error.args[1:] or error.args))
        if error.args[:1] in _FULL or _NO_ROOM.search(said):
            raise errors.HostError(
                tried,
                expected="room on the disk where the database keeps its data",
                actual=said,
                next_step="make room where the engine keeps its volumes; `docker system df` shows what takes it",
            ) from None
        raise errors.StackError(
            tried,
            expected="the database's administrator to be obeyed",
            actual=said,
            next_step="see whether the root password of the env file is the one that the database has",
        ) from None
