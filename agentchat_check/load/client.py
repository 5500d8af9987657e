"""A visitor's HTTP: one connection, one attempt, no cookies, and every status is an answer.

It is the client beneath locust's quicker one, without the layers in between: what they take for each request is more
than all of our own counting, and they take a request that was not answered in time for one that could not connect.
"""

from __future__ import annotations

import json as json_
import time
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import gevent
import gevent.socket
import requests
from gevent.ssl import create_default_context
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse
from geventhttpclient.useragent import CompatResponse

from agentchat_check.load.stamped import Stamped

FAILURES = (OSError, gevent.Timeout, HTTPParseError, zlib.error)
"""What keeps an answer from coming; ``outcomes.of_error`` tells them apart."""

Stream = HTTPSocketPoolResponse
"""An answer whose body is read as it comes."""


class Answer(NamedTuple):
    """An answer that is there as a whole.

    Attributes:
        status: HTTP status.
        body: The body, decoded.
        came: When its last bytes had come, on the monotonic clock.
    """

    status: int
    body: bytes
    came: float


class Client:
    """The connection of one visitor to one server; it is made anew where it was closed.

    Args:
        base: The server's address, with a path where all paths lie below one.
        connect: Seconds until a connection that was not made is a failure.
        silence: Seconds without a byte after which a stream has failed.
    """

    def __init__(self, base: str, *, connect: float, silence: float) -> None:
        self._base, self._connect, self._silence = base, connect, silence
        self._prefix = urllib.parse.urlsplit(base).path.rstrip("/")
        self._asked = 0.0
        self._http = self._made()

    def request(self, method: str, path: str, headers: Mapping[str, str], *, timeout: float, **content: Any) -> Answer:
        """Send a request, and take the whole answer.

        When many answers come at once, as after a stall, the last of them is read as much later than it came as it
        takes to read all others. So when it came is what the kernel says; and where it does not, as of what is
        encrypted, each is noted as come before any of them is looked at.

        Args:
            method: GET, POST, …
            path: Below the base.
            headers: Besides those of every request.
            timeout: Seconds for all of it.
            **content: ``json``, ``params`` or ``files``, as requests has them.

        Raises:
            FAILURES: There is no answer.
        """
        with gevent.Timeout(timeout):
            answer = CompatResponse(self._send(method, path, headers, **content))
            body = answer.content
        came = self.came
        gevent.sleep(0)
        return Answer(answer.status_code, body, came)

    @contextmanager
    def stream(self, method: str, path: str, headers: Mapping[str, str], *, json: Any) -> Iterator[Stream]:
        """Send a request, and read its answer within the block; one that is not read to its end closes the connection.

        Raises:
            FAILURES: There is no answer.
        """
        response = self._send(method, path, {**headers, "Accept-Encoding": "identity"}, json=json)
        try:
            yield response
        finally:
            response.release()

    @property
    def came(self) -> float:
        """When what was read last had come, on the monotonic clock."""
        now = time.monotonic()
        noted = self._connection.came if isinstance(self._connection, Stamped) else now
        return noted if noted >= self._asked else now  # nothing comes before it was asked for: a clock was set

    def close(self) -> None:
        """Close the connection, since whatever still comes on it belongs to nobody; the next request makes another."""
        self._http.close()
        self._http = self._made()

    def _made(self) -> HTTPClient:
        http = HTTPClient.from_url(
            self._base,
            connection_timeout=self._connect,
            network_timeout=self._silence,
            headers={"Accept-Encoding": "gzip, deflate, br"},
            ssl_context_factory=lambda **_: create_default_context(),  # trusts whom this host trusts
        )
        pool: Any = http._connection_pool  # noqa: SLF001 - what it lets subclasses change, its client lets nobody choose
        pool._create_tcp_socket, pool.after_connect = Stamped, self._connected  # noqa: SLF001 - likewise
        return http

    def _connected(self, connection: gevent.socket.socket) -> None:
        self._connection = connection

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> HTTPSocketPoolResponse:
        body: Any = b""
        if json is not None:
            body, headers = json_.dumps(json).encode(), {**headers, "Content-Type": "application/json"}
        elif files:
            form = requests.Request("POST", "http://localhost", files=files).prepare()
            body, headers = form.body, {**headers, "Content-Type": form.headers["Content-Type"]}
        if params:
            path += "?" + urllib.parse.urlencode(params)
        self._asked = time.monotonic()
        return self._http.request(method, self._prefix + path, body, headers)
