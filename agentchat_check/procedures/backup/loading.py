"""Statements dealt to several connections, as many at a time as these can take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

from agentchat_check.probes.administration import Connection

_AHEAD = 2
"""Statements that wait for each connection."""


@contextmanager
def dealer(connections: Sequence[Connection]) -> Iterator[Dealer]:
    """Deal statements out; at the end of the block all are done.

    Raises:
        pymysql.MySQLError: A statement failed; no others are begun.
    """
    with ThreadPoolExecutor(len(connections), thread_name_prefix="loading") as pool:
        dealt = Dealer(pool, connections)
        yield dealt
        dealt.wait()


class Dealer:
    """Deals statements to whichever connection is free."""

    def __init__(self, pool: ThreadPoolExecutor, connections: Sequence[Connection]) -> None:
        self._pool = pool
        self._most = len(connections) * (1 + _AHEAD)
        self._room = threading.Semaphore(self._most)
        self._failures: SimpleQueue[BaseException] = SimpleQueue()
        self._free: SimpleQueue[Connection] = SimpleQueue()
        for connection in connections:
            self._free.put(connection)

    def deal(self, statements: Iterable[str | bytes]) -> None:
        """Have these run one after the other on one connection, and the last of them be waited for by nobody.

        Raises:
            pymysql.MySQLError: One that was dealt before has failed.
        """
        self._room.acquire()
        self._raise()
        self._pool.submit(self._run, lambda connection: [connection.query(statement) for statement in statements])

    def wait(self) -> None:
        """Wait until all that was dealt is done.

        Raises:
            pymysql.MySQLError: One of them has failed.
        """
        for _ in range(self._most):
            self._room.acquire()
        self._room.release(self._most)
        self._raise()

    def _run(self, task: Callable[[Connection], object]) -> None:
        connection = self._free.get()
        try:
            if self._failures.empty():
                task(connection)
        except BaseException as error:  # noqa: BLE001 - raised where statements are dealt
            self._failures.put(error)
        finally:
            self._free.put(connection)
            self._room.release()

    def _raise(self) -> None:
        if not self._failures.empty():
            error = self._failures.get()
            self._failures.put(error)
            raise error
