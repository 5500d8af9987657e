"""What became of a request: answered well, or the kind of error. Judged as the probes judge: by both codes."""

from __future__ import annotations

import errno
import json
import ssl
from dataclasses import dataclass, field
from typing import Any

from agentchat_check.load.series import OK

UNFINISHED = "unfinished"
"""Still without an answer when the run was over and nobody waited any longer."""

TIMED_OUT = "no answer in time"
CUT_SHORT = "stream cut short"
ENDLESS = "stream without end"
SILENT = "stream without a word"
TROUBLED = "error in the stream"
OTHER_WORDS = "other words than were asked for"
NO_ENVELOPE = "no envelope"
OUT_OF_SOCKETS = "generator out of sockets"
"""The fault of the host that generates the load, and not of the application."""

_GOOD = range(200, 300)
_INNER_GOOD = 200

_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ETIMEDOUT: TIMED_OUT,
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "host unreachable",
    errno.EMFILE: OUT_OF_SOCKETS,
    errno.ENFILE: OUT_OF_SOCKETS,
    errno.EADDRNOTAVAIL: OUT_OF_SOCKETS,
    errno.EAGAIN: OUT_OF_SOCKETS,
}


def of_answer(status: int, body: bytes) -> tuple[str, Any]:
    """Judge an answer that should be AgentChat's envelope.

    Args:
        status: HTTP status.
        body: The body.

    Returns:
        The outcome, and the envelope's data.
    """
    if status not in _GOOD:
        return f"HTTP {status}", None
    try:
        envelope = json.loads(body)
    except ValueError:
        return NO_ENVELOPE, None
    inner = envelope.get("status_code") if isinstance(envelope, dict) else None
    if not isinstance(inner, int):
        return NO_ENVELOPE, None
    return (OK, envelope.get("data")) if inner == _INNER_GOOD else (f"inner {inner}", None)


def of_error(error: BaseException) -> str:
    """The kind of error that kept an answer from coming, in a few words and without what differs each time."""
    if isinstance(error, ssl.SSLError):
        return "no secure connection"
    if isinstance(error, TimeoutError) or type(error).__name__ == "Timeout":  # gevent's is no TimeoutError
        return TIMED_OUT
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return _ERRNO[error.errno]
    if "closed" in type(error).__name__.lower():
        return "connection closed without an answer"
    if "parse" in type(error).__name__.lower():
        return "no HTTP"
    return "unknown host" if type(error).__name__ == "gaierror" else "connection failed"


@dataclass(slots=True)
class Stream:
    """A streamed answer while it comes, line by line.

    Attributes:
        chunks: When each chunk came, on the monotonic clock.
        text: All chunks together.
        told: Whether the stream told of an error.
        lost: Whether a chunk is missing between those that came.
    """

    chunks: list[float] = field(default_factory=list)
    text: str = ""
    told: bool = False
    lost: bool = False

    def take(self, line: bytes, now: float) -> None:
        """Take a line; comments, keep-alives and other events say nothing.

        Args:
            line: As it came, with or without its end.
            now: When, on the monotonic clock.
        """
        if not line.startswith(b"data:"):
            return
        try:
            event = json.loads(line[len(b"data:") :])
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        if event.get("type") == "error":
            self.told = True
        elif event.get("type") == "response_chunk" and isinstance(data := event.get("data"), dict):
            self.chunks.append(now)
            self.text += str(data.get("chunk", ""))
            accumulated = data.get("accumulated")
            self.lost = self.lost or (isinstance(accumulated, str) and accumulated != self.text)

    def outcome(self, expected: str = "") -> str:
        """Judge the stream, once it has come to its end.

        Args:
            expected: The whole answer, where it is known; there is no mark of the end, so that only then a stream that
                ends too early, but properly, is told from a whole one.
        """
        if self.told:
            return TROUBLED
        if not self.chunks:
            return SILENT
        if self.lost or (expected and self.text != expected and expected.startswith(self.text)):
            return CUT_SHORT
        return OTHER_WORDS if expected and self.text != expected else OK
