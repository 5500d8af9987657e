"""What the application answered, and what its page did."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentchat_check.facts.moment import Moment

_SECRET = re.compile(r"""(["']\w*(?:token|password|secret)\w*["']\s*:\s*)(["']).*?\2""", re.IGNORECASE)
"""A value of JSON or of Python that must not be told, behind its key."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back for one request; a request that got no answer is a fact too.

    Attributes:
        method: GET, POST, …
        url: What was asked.
        status: HTTP status; 0 when none came.
        inner: ``status_code`` of AgentChat's envelope; None when the body is no envelope.
        body: The body: decoded JSON, else text.
        headers: Response headers, names in lower case.
        seconds: From the request to the last byte.
        error: Why no answer came, or "".
        seen: When it was asked.
    """

    method: str
    url: str
    status: int
    inner: int | None
    body: Any
    headers: Mapping[str, str]
    seconds: float
    error: str
    seen: Moment

    @property
    def ok(self) -> bool:
        """Whether both codes say so; most of AgentChat's failures are HTTP 200 with another inner code."""
        return 200 <= self.status < 300 and self.inner in {None, 200}  # noqa: PLR2004 - HTTP's own numbers

    @property
    def data(self) -> Any:
        """The envelope's data; None without one."""
        return self.body.get("data") if isinstance(self.body, dict) else None

    def __str__(self) -> str:
        """``POST /api/v1/dialog: 200, inner 500 (message) in 0.02 s``."""
        path = urllib.parse.urlsplit(self.url).path or "/"
        if self.error:
            return f"{self.method} {path}: {self.error}"
        inner = "" if self.inner in {None, self.status} else f", inner {self.inner}"
        message = "" if self.ok or not (said := self._message()) else f" ({said})"
        return f"{self.method} {path}: {self.status}{inner}{message} in {self.seconds:.2f} s"

    def _message(self) -> str:
        """What the body says, on one line, without the secrets in it."""
        body = self.body
        if isinstance(body, dict):
            body = body.get("status_message") or body.get("detail") or body.get("error_msg") or body
        if isinstance(body, list):
            body = "; ".join(map(_complaint, body))
        return " ".join(_SECRET.sub(r"\1[redacted]", str(body or "")).split())[:200]


def _complaint(part: Any) -> str:
    """What is wrong with a part of a request, without what was sent: it may be a password."""
    if not (isinstance(part, dict) and "msg" in part):
        return str(part)
    place = part.get("loc")
    return f"{'.'.join(map(str, place)) if isinstance(place, list) else place}: {part['msg']}"


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A streamed completion.

    Attributes:
        answer: The response it came in.
        text: All chunks together.
        chunk_seconds: When each chunk came, from the request on.
        errors: Messages of error events in the stream.
    """

    answer: HttpAnswer
    text: str
    chunk_seconds: tuple[float, ...]
    errors: tuple[str, ...]

    def __str__(self) -> str:
        """The response, and how the stream went."""
        went = f"{len(self.chunk_seconds)} chunks, {self.text[:80]!r}"
        return f"{self.answer}; {went}" + "".join(f"; error in the stream: {error}" for error in self.errors)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a dialog as the history returns it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class SeedRow:
    """An agent, tool or model as the API lists it.

    Attributes:
        kind: agent, tool or model.
        name: Its name.
        owner: The user it belongs to.
    """

    kind: str
    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the frontend serves.

    Attributes:
        index: The page itself.
        assets: The scripts and styles it names, and those that these scripts name.
        deep_link: An address inside the application, asked for directly.
        left_out: Scripts and styles that were known and not asked for, because there were too many.
    """

    index: HttpAnswer
    assets: tuple[HttpAnswer, ...]
    deep_link: HttpAnswer
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """What a user saw in a real browser.

    Attributes:
        steps: What worked, in order, each with its seconds since the start.
        failed: The step that did not work, and why; "" when all did.
        console: Errors in the browser's console, and uncaught exceptions.
        requests_failed: Requests that failed or were answered with an error status.
        other_hosts: Hosts besides the page's own that it asked something of.
        screenshot: Path of a picture of the last moment, or "".
    """

    steps: tuple[tuple[str, float], ...]
    failed: str
    console: tuple[str, ...]
    requests_failed: tuple[str, ...]
    other_hosts: tuple[str, ...]
    screenshot: str

    @property
    def disturbed(self) -> bool:
        """Whether a network came or went on this host, and so the browser gave up what it was loading."""
        return any("ERR_NETWORK_CHANGED" in text for text in (self.failed, *self.console, *self.requests_failed))
