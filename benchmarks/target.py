"""What load is driven at: a small server that answers at once, stalls when it was told to, and keeps its own record.

``python -m benchmarks.target RECORD`` prints its address and serves until it is asked to end; then it writes when each
request had come and when it was answered. Reading goes on while it stalls, so that a request's coming is noted when it
comes: only the answers are held, and go out all at once.
"""

from __future__ import annotations

import argparse
import json
import select
import signal
import socket
import sys
import time
from array import array
from pathlib import Path

STALL = 2.0
"""Seconds of a stall."""

_END = b"\r\n\r\n"
_BODY = json.dumps({"status_code": 200, "status_message": "SUCCESS", "data": []}).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_LARGEST = 1 << 16
_WAITING = 4096
"""Connections that may wait to be accepted."""


class _Server:
    """One thread, one epoll, and no library: what it takes of a small host's processors is missing to the generator.

    Requests are small, without a body, and come one after the other on a connection.
    """

    def __init__(self, listening: socket.socket, stall_after: int) -> None:
        self._listening = listening
        self._stall_after = stall_after
        self._stalled_until = 0.0
        self._held: list[tuple[socket.socket, float]] = []
        self._connections: dict[int, socket.socket] = {}
        self._begun: dict[int, bytes] = {}
        self._poll = select.epoll()
        self._poll.register(listening, select.EPOLLIN)
        self.times = array("d")

    def serve(self) -> None:
        """Serve until somebody ends it."""
        door = self._listening.fileno()
        while True:
            patience = max(0.0, self._stalled_until - time.monotonic()) if self._held else None
            for number, _ in self._poll.poll(patience):
                if number == door:
                    self._accept()
                else:
                    self._read(number)
            if self._held and time.monotonic() >= self._stalled_until:
                for connection, came in self._held:
                    self._answer(connection, came)
                self._held.clear()

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.settimeout(0.0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._poll.register(connection, select.EPOLLIN)

    def _read(self, number: int) -> None:
        connection = self._connections[number]
        try:
            data = connection.recv(_LARGEST)
        except ConnectionError:
            data = b""
        if not data:
            del self._connections[number]
            self._begun.pop(number, None)
            connection.close()
            return
        if not data.endswith(_END):
            data = self._begun.pop(number, b"") + data
            if not data.endswith(_END):
                self._begun[number] = data
                return
        came = time.monotonic()
        if self._stall_after and len(self.times) == 2 * self._stall_after:
            self._stall_after, self._stalled_until = 0, came + STALL
        if came < self._stalled_until:
            self._held.append((connection, came))
        else:
            self._answer(connection, came)

    def _answer(self, connection: socket.socket, came: float) -> None:
        self.times.append(came)
        self.times.append(time.monotonic())
        try:
            connection.send(_ANSWER)
        except OSError:
            return  # who asked has gone; the record says when it would have been answered


def main() -> None:
    """Serve, and write the record at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("record", type=Path)
    parser.add_argument("--stall-after", type=int, default=0, help="requests after which it stalls once; 0: never")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.create_server(("127.0.0.1", 0), backlog=_WAITING) as listening:
        server = _Server(listening, asked.stall_after)
        print("http://{}:{}".format(*listening.getsockname()), flush=True)  # noqa: T201 - to whoever runs us
        try:
            server.serve()
        finally:
            asked.record.write_bytes(server.times.tobytes())


if __name__ == "__main__":
    main()
