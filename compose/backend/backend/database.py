"""The only door to MySQL. It answers, or says in time that it cannot.

A connection never outlives the piece of work that took it, and every piece of work runs in one of THREADS
threads: so the pool never runs dry, however many answers are streaming.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymysql.constants import ER
from sqlalchemy import URL, Engine, ExceptionContext, NullPool, create_engine, event, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from backend.replies import UnavailableError
from backend.settings import settings

THREADS = 20  # four workers stay below MySQL's 151 connections
LIMIT = 2.0  # seconds for one exchange; a paused server costs two: the ping, then the new connection
PROBE_LIMIT = 0.7
OF_ANOTHER_SCHEMA = {ER.BAD_FIELD_ERROR, ER.NO_DEFAULT_FOR_FIELD}  # PyMySQL counts them among a server's troubles
REST = 1.0  # seconds without a new attempt after a failed one, so that waiting requests do not queue up

log = logging.getLogger(__name__)


def make_engine(limit: float, **options: Any) -> Engine:
    """Make an engine whose every exchange with the server ends within `limit` seconds."""
    address = URL.create(
        "mysql+pymysql",
        username=settings.mysql_user,
        password=settings.mysql_password,
        host=settings.mysql_host,
        port=settings.mysql_port,
        database=settings.mysql_database,
        query={"charset": "utf8mb4"},
    )
    limits = {"connect_timeout": limit, "read_timeout": limit, "write_timeout": limit}
    # Read committed takes no gap locks: users never wait for each other's rows.
    return create_engine(address, connect_args=limits, isolation_level="READ COMMITTED", **options)


_engine = make_engine(LIMIT, pool_size=THREADS, max_overflow=0, pool_pre_ping=True)
_probe = make_engine(PROBE_LIMIT, poolclass=NullPool)
_rest_until = 0.0


@event.listens_for(_engine, "handle_error")
def _rest_after_a_failed_connect(context: ExceptionContext) -> None:
    global _rest_until  # noqa: PLW0603 - one for the process
    if context.connection is None and not context.is_pre_ping:
        _rest_until = time.monotonic() + REST


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if error.orig and OF_ANOTHER_SCHEMA.intersection(error.orig.args[:1]):
            raise  # asking again never helps
        log.warning("the database does not answer: %s", error.orig)
        raise UnavailableError("database") from error


@contextmanager
def session() -> Iterator[Session]:
    """Open a session for one short piece of work, in a thread of the pool.

    Raises:
        UnavailableError: The server did not answer in time, or refused.
    """
    if time.monotonic() < _rest_until:
        raise UnavailableError("database")
    with _failures_in_words(), Session(_engine, expire_on_commit=False) as work:
        yield work


def answers() -> bool:
    """Run a real query, over a connection of its own; an answer ends the rest after a failure."""
    global _rest_until  # noqa: PLW0603 - one for the process
    try:
        with _failures_in_words(), _probe.connect() as connection:
            connection.execute(text("SELECT 1"))
    except UnavailableError:
        return False
    _rest_until = 0.0
    return True
