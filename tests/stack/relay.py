"""A relay to the engine that can be cut, so that a run loses its engine while everybody else keeps it."""

from __future__ import annotations

import contextlib
import socket
import threading
import urllib.parse
from collections.abc import Iterator

from agentchat_check.stack import engine


class Relay:
    """Passes on every byte between its clients and the engine until it is cut."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Close every connection, and take no new one."""
        for connection in (self._server, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                upstream = _engine()
                self._open += [client, upstream]
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


@contextlib.contextmanager
def relay() -> Iterator[Relay]:
    """A relay to the engine, cut at the end."""
    made = Relay()
    try:
        yield made
    finally:
        made.cut()


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """A port that accepts every connection and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def _engine() -> socket.socket:
    where = urllib.parse.urlsplit(engine.address())
    if where.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(where.path)
        return connection
    return socket.create_connection((where.hostname, where.port))


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)  # the other direction may go on
