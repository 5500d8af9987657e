"""HTTP, asked and timed."""

from __future__ import annotations

import json
import ssl
import time
import urllib.parse
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from agentchat_check import facts

TIMEOUT = 10.0
"""Seconds until a request without an answer counts as unanswered; ten times the manual's alarm."""

CUT_OFF = "cut off: "
"""How the error of a stream begins that ended before its end."""


def session(base: str) -> requests.Session:
    """A connection to one installation; on this host, no proxy of the environment stands in between.

    It trusts whom this host trusts, as curl and the generator of load do: a certificate of an authority of one's own
    is good where the host knows that authority, or SSL_CERT_FILE names it.
    """
    made = requests.Session()
    # Without cookies: who asks is what the headers say, also after a log-in.
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.trust_env = urllib.parse.urlsplit(base).hostname not in {"127.0.0.1", "localhost", "::1"}
    made.verify = ssl.get_default_verify_paths().cafile or True
    return made


def ask(
    connection: requests.Session,
    method: str,
    url: str,
    *,
    timeout: float = TIMEOUT,
    **request: Any,
) -> facts.HttpAnswer:
    """Send one request; whatever becomes of it, an answer says so.

    Args:
        connection: Connection and headers to use.
        method: GET, POST, …
        url: Absolute address.
        timeout: Seconds for the connection, and between two bytes.
        **request: As for ``requests.request``.
    """
    seen, started = facts.Moment.now(), time.monotonic()
    try:
        with connection.request(method, url, timeout=timeout, **request) as response:
            body = response.content
    except requests.RequestException as error:
        return unanswered(method, url, error, seen)
    return answered(response, decoded(response, body), time.monotonic() - started, seen)


def chat(
    connection: requests.Session,
    url: str,
    *,
    timeout: float,
    on_chunk: Callable[[], object] = lambda: None,
    **request: Any,
) -> facts.ChatAnswer:
    """Send one completion and read its stream of server-sent events to the end; each chunk is told as it comes."""
    seen, started = facts.Moment.now(), time.monotonic()
    text, errors, moments, response = "", [], [], None
    try:
        with connection.post(url, timeout=timeout, stream=True, **request) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                answer = answered(response, decoded(response, response.content), time.monotonic() - started, seen)
                return facts.ChatAnswer(answer, "", (), ())
            for event in _events(response):
                if event.get("type") == "response_chunk":
                    moments.append(time.monotonic() - started)
                    on_chunk()
                    data = event.get("data")
                    text += str(data.get("chunk", "")) if isinstance(data, dict) else ""
                elif event.get("type") == "error":
                    errors.append(str(event.get("data")))
    except requests.RequestException as error:
        if response is None:
            return facts.ChatAnswer(unanswered("POST", url, error, seen), "", (), ())
        errors.append(f"{CUT_OFF}{reason(error)}")
    answer = answered(response, None, time.monotonic() - started, seen)
    return facts.ChatAnswer(answer, text, tuple(moments), tuple(errors))


def answered(response: requests.Response, body: Any, seconds: float, seen: facts.Moment) -> facts.HttpAnswer:
    """A response as facts."""
    inner = body.get("status_code") if isinstance(body, dict) else None
    return facts.HttpAnswer(
        method=response.request.method or "",
        url=response.url,
        status=response.status_code,
        inner=inner if isinstance(inner, int) else None,
        body=body,
        headers={name.lower(): value for name, value in response.headers.items()},
        seconds=seconds,
        error="",
        seen=seen,
    )


def unanswered(method: str, url: str, error: Exception, seen: facts.Moment) -> facts.HttpAnswer:
    """A request that got no answer, as facts."""
    seconds = facts.Moment.now().monotonic - seen.monotonic
    return facts.HttpAnswer(method, url, 0, None, None, {}, seconds, f"{reason(error)} after {seconds:.1f} s", seen)


def decoded(response: requests.Response, body: bytes) -> Any:
    """A body as JSON where it says so, else as text."""
    text = body.decode(response.encoding or "utf-8", errors="replace")
    if "json" in response.headers.get("content-type", ""):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def reason(error: Exception) -> str:
    """Why no answer came, in a few words."""
    if isinstance(error, requests.Timeout):
        return "no answer"
    text = str(error)
    for sign, words in (
        ("Read timed out", "no answer"),  # in the middle of a stream it comes as another error
        ("Connection refused", "connection refused"),
        ("Name or service not known", "unknown host"),
        ("NameResolutionError", "unknown host"),
        ("RemoteDisconnected", "connection closed without an answer"),
        ("Connection reset", "connection reset"),
        ("IncompleteRead", "the answer was cut off"),
        ("prematurely", "the answer was cut off"),
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted here"),
    ):
        if sign in text:
            return words
    return text[:200]


def _events(response: requests.Response) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream of ``data:`` lines; other lines are comments and keep-alives."""
    response.encoding = "utf-8"
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("data:"):
            try:
                event = json.loads(line.removeprefix("data:"))
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event
