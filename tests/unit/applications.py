"""A small AgentChat that remembers what it is told, for tests of those who use it."""

from __future__ import annotations

import itertools
import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from servers import Asked, Site, as_json, envelope, stream, text

_LISTS = {
    "GET /agent": "agent",
    "GET /dialog/list": "dialog",
    "POST /llm/visible": "llm",
    "GET /knowledge/select": "knowledge",
    "POST /tool/all": "tool",
    "POST /usage": "usage",
    "GET /llm/schema": "schema",
    "GET /workspace/session": "session",
    "GET /mcp_server": "server",
    "GET /usage/models_list": "model",
}
_MAKES = {
    "POST /user/register": ("user", "user_id", "user_name", "user_name"),
    "POST /agent": ("agent", "id", "name", "name"),
    "POST /dialog": ("dialog", "dialog_id", "name", "name"),
    "POST /llm/create": ("llm", "llm_id", "model", "model"),
    "POST /knowledge/create": ("knowledge", "id", "name", "knowledge_name"),
}
_REMOVES = {
    "DELETE /agent": ("agent", "id", "agent_id"),
    "DELETE /dialog": ("dialog", "dialog_id", "dialog_id"),
}


@dataclass
class Application:
    """The contract, spoken by a site.

    Attributes:
        site: Where it answers.
        broken: Replies that it gives instead, by method and path.
        rows: What it holds, by kind.
        files: Uploaded files, by address.
        says: What its model answers to a message.
    """

    site: Site
    broken: dict[str, Callable[[Asked], None]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {kind: [] for kind in ("agent", "dialog", "history", "llm", "knowledge", "user")}
    )
    files: dict[str, str] = field(default_factory=dict)
    says: Callable[[str], str] = lambda words: f"You said: {words}"
    _number: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Take the site over."""
        self.site.otherwise = self.reply

    def reply(self, asked: Asked) -> None:
        """Do what is asked for."""
        path, _, query = asked.path.partition("?")
        call = f"{asked.command} {path.removeprefix('/api/v1')}"
        if broken := self.broken.get(f"{asked.command} {path}"):
            broken(asked)
        elif path in self.files:
            text(self.files[path], "text/plain")(asked)
        else:
            self._done(call, dict(urllib.parse.parse_qsl(query)), self.site.requests[-1].body)(asked)

    def _done(self, call: str, given: dict[str, str], sent: str) -> Callable[[Asked], None]:
        body = json.loads(sent) if sent.startswith("{") else {}
        if call == "POST /usage" and not sent:  # what is to be counted is a body of its own, with nothing it must have
            return as_json({"detail": [{"type": "missing", "loc": ["body"]}]}, status=422)
        if call in _LISTS:
            return envelope(self.rows.get(_LISTS[call], []))
        if call in _MAKES:
            kind, key, name, told = _MAKES[call]
            return self._made(kind, key, **{name: body[told]})
        if call in _REMOVES:
            kind, key, told = _REMOVES[call]
            return self._gone(kind, key, body[told])
        others: dict[str, Callable[[], Callable[[Asked], None]]] = {
            "GET /health": lambda: as_json({"status": "OK"}),
            "POST /user/login": lambda: envelope({"user_id": "1", "access_token": "abc"}),
            "GET /user/info": lambda: envelope(self.rows["user"][0]),
            "GET /history": lambda: envelope([r for r in self.rows["history"] if r["dialog_id"] == given["dialog_id"]]),
            "POST /completion": lambda: self._answered(body["dialog_id"], body["user_input"]),
            "POST /upload": lambda: self._stored(sent),
        }
        return others.get(call, lambda: as_json({"detail": "Not Found"}, status=404))()

    def _made(self, kind: str, key: str, **values: Any) -> Callable[[Asked], None]:
        row = {key: str(next(self._number)), **values}
        self.rows[kind].append(row)
        return envelope(row)

    def _gone(self, kind: str, key: str, value: str) -> Callable[[Asked], None]:
        there = [row for row in self.rows[kind] if row[key] == value]
        self.rows[kind] = [row for row in self.rows[kind] if row[key] != value]
        return envelope(None) if there else envelope(None, inner=404, message="not found")

    def _answered(self, dialog_id: str, words: str) -> Callable[[Asked], None]:
        answer = self.says(words)
        for role, content in (("user", words), ("assistant", answer)):
            self.rows["history"].append({"dialog_id": dialog_id, "role": role, "content": content})
        return stream("data: " + json.dumps({"type": "response_chunk", "data": {"chunk": answer}}))

    def _stored(self, sent: str) -> Callable[[Asked], None]:
        url = f"/api/v1/upload/{next(self._number)}"
        self.files[url] = sent.split("\r\n\r\n", 1)[1].split("\r\n", 1)[0]
        return envelope(url)
