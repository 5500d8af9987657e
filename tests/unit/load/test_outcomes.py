import errno
import json
import socket
import ssl

import pytest

from agentchat_check.load import outcomes
from agentchat_check.load.outcomes import Stream


def event(kind: str, **data: str) -> bytes:
    return b"data: " + json.dumps({"type": kind, "data": data}).encode() + b"\r\n"


def streamed(*lines: bytes) -> Stream:
    stream = Stream()
    for number, line in enumerate(lines):
        stream.take(line, float(number))
    return stream


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"status_code": 200, "data": [1]}', "ok"),
        (200, b'{"status_code": 500, "data": null}', "inner 500"),
        (200, b'{"status_code": 10600}', "inner 10600"),
        (200, b"<html>", "no envelope"),
        (200, b"[]", "no envelope"),
        (200, b'{"status": "OK"}', "no envelope"),
        (200, b"", "no envelope"),
        (500, b'{"status_code": 200, "data": 1}', "HTTP 500"),
        (422, b"{}", "HTTP 422"),
    ],
)
def test_an_answer_is_judged_by_both_codes(status: int, body: bytes, outcome: str) -> None:
    assert outcomes.of_answer(status, body)[0] == outcome


def test_only_a_good_answer_has_data() -> None:
    assert outcomes.of_answer(200, b'{"status_code": 200, "data": [1]}') == ("ok", [1])
    assert outcomes.of_answer(200, b'{"status_code": 500, "data": [1]}') == ("inner 500", None)


class HTTPConnectionClosed(Exception):  # noqa: N818 - as geventhttpclient names it
    """As geventhttpclient has it."""


class HTTPParseError(Exception):
    """Likewise."""


class Timeout(BaseException):
    """As gevent has it."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "connection refused"),
        (ConnectionResetError(errno.ECONNRESET, "no"), "connection reset"),
        (BrokenPipeError(errno.EPIPE, "no"), "connection reset"),
        (OSError(errno.EMFILE, "no"), "generator out of sockets"),
        (OSError(errno.EADDRNOTAVAIL, "no"), "generator out of sockets"),
        (OSError(errno.EIO, "no"), "connection failed"),
        (TimeoutError("slow"), "no answer in time"),
        (Timeout(), "no answer in time"),
        (ssl.SSLError(1, "no"), "no secure connection"),
        (HTTPConnectionClosed(), "connection closed without an answer"),
        (HTTPParseError(), "no HTTP"),
        (socket.gaierror(-2, "who?"), "unknown host"),
    ],
)
def test_errors_have_few_kinds(error: BaseException, kind: str) -> None:
    assert outcomes.of_error(error) == kind


def test_a_whole_stream_is_well_and_knows_when_its_chunks_came() -> None:
    stream = streamed(
        b": keep-alive\n",
        event("response_chunk", chunk="You", accumulated="You"),
        b"\n",
        event("heartbeat"),
        event("response_chunk", chunk=" said", accumulated="You said"),
        b"data: not json\n",
        b"data: 7\n",
    )
    assert (stream.outcome("You said"), stream.outcome(), stream.chunks) == ("ok", "ok", [1.0, 4.0])


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([], "stream without a word"),
        ([event("response_chunk", chunk="You", accumulated="You")], "stream cut short"),
        ([event("response_chunk", chunk="You"), event("error", message="no")], "error in the stream"),
        ([event("response_chunk", chunk="said", accumulated="You said")], "stream cut short"),
        ([event("response_chunk", chunk="Who?")], "other words than were asked for"),
    ],
)
def test_a_stream_that_is_not_whole_is_an_error(lines: list[bytes], outcome: str) -> None:
    assert streamed(*lines).outcome("You said") == outcome
