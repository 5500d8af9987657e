"""Connections of which the kernel notes when what they brought had come, however long it then lay unread."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Iterable
from typing import Any

import gevent.socket

_STAMPS = 35
"""Linux's SO_TIMESTAMPNS, which Python does not name: when a packet came, since the epoch."""

_STAMP = struct.Struct("@qq")
"""Seconds, and billionths of one."""


class Stamped(gevent.socket.socket):  # type: ignore[misc] # gevent tells no types
    """A connection that knows when it brought what was read last.

    A process that is busy with one answer reads the next one later than it came, and after a stall the last of many
    much later. That wait is the generator's, and no answer's.

    Attributes:
        came: When that was, on the monotonic clock; when it was read, where the kernel does not say.
    """

    came = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if sys.platform == "linux":
            self.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read what is there, or wait for something."""
        data: bytes
        data, told, _, _ = self.recvmsg(size, socket.CMSG_SPACE(_STAMP.size), flags)
        self.came = time.monotonic() - _age(told)
        return data


def _age(told: Iterable[tuple[int, int, bytes]]) -> float:
    """Seconds since what was read had come; 0 where the kernel does not say so, or its clock was set since."""
    for level, kind, stamp in told:
        if (level, kind, len(stamp)) == (socket.SOL_SOCKET, _STAMPS, _STAMP.size):
            seconds, billionths = _STAMP.unpack(stamp)
            since: float = time.time() - seconds - billionths / 1e9
            return max(0.0, since)
    return 0.0
