"""AgentChat's HTTP contract, spoken as the release at hand speaks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from agentchat_check import facts
from agentchat_check.probes import http

PREFIX = "/api/v1"

CALLS: dict[str, tuple[tuple[str, str], ...]] = {
    "register": (("POST", "/user/register"),),
    "log in": (("POST", "/user/login"),),
    "user": (("GET", "/user/info"),),
    "agents": (("GET", "/agent"),),
    "create agent": (("POST", "/agent"),),
    "delete agent": (("DELETE", "/agent"),),
    "dialogs": (("GET", "/dialog/list"),),
    "create dialog": (("POST", "/dialog"),),
    "delete dialog": (("DELETE", "/dialog"),),
    "history": (("GET", "/history"),),
    "chat": (("POST", "/completion"), ("POST", "/chat")),
    "models": (("POST", "/llm/visible"),),
    "create model": (("POST", "/llm/create"),),
    "model schema": (("GET", "/llm/schema"),),
    "tools": (("POST", "/tool/all"), ("GET", "/tool/all")),
    "upload": (("POST", "/upload"),),
    "knowledge": (("GET", "/knowledge/select"),),
    "create knowledge": (("POST", "/knowledge/create"),),
    "workspace sessions": (("GET", "/workspace/session"),),
    "mcp servers": (("GET", "/mcp_server"),),
    "usage": (("POST", "/usage"),),
    "used models": (("GET", "/usage/models_list"),),
}
"""Each call of the contract by what it is for, with its forms in the releases we know, newest first."""

CHAT_TIMEOUT = 60.0
"""Seconds between two chunks of an answer; a real model may think."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user's name and password; the latter is never shown."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one installation, for one user or for nobody.

    Attributes:
        base: Its address, ``http://127.0.0.1:7860``.
        title: What it calls itself in its OpenAPI document; "" when it shows none.
        version: Its release, likewise.
        calls: The forms of each call that this release has.
        connection: Its connection, with the user's token.
        lacks: Calls that this release does not have, as its OpenAPI document says; none where it shows no document.
    """

    base: str
    title: str
    version: str
    calls: Mapping[str, tuple[tuple[str, str], ...]]
    connection: requests.Session
    lacks: frozenset[str] = frozenset()

    def as_user(self, token: str) -> Api:
        """The same API, asked with an access token; with "", by nobody."""
        connection = http.session(self.base)
        if token:
            connection.headers["Authorization"] = f"Bearer {token}"
        return replace(self, connection=connection)

    def ask(self, method: str, path: str, *, timeout: float = http.TIMEOUT, **request: Any) -> facts.HttpAnswer:
        """Send one request to any path."""
        return http.ask(self.connection, method, self.base + path, timeout=timeout, **request)

    def call(self, name: str, **request: Any) -> facts.HttpAnswer:
        """Make one call of the contract, in the form this release knows; a form it does not know is not its answer."""
        for method, path in self.calls[name]:
            answer = self.ask(method, PREFIX + path, **request)
            if answer.status not in _UNKNOWN_FORM:
                break
        return answer

    def health(self) -> facts.HttpAnswer:
        """Ask how it says it is."""
        return self.ask("GET", "/health")

    def register(self, account: Account) -> facts.HttpAnswer:
        """Make a user."""
        names = {"user_name": account.name, "user_email": "", "user_password": account.password}
        return self.call("register", json=names)

    def log_in(self, account: Account) -> facts.HttpAnswer:
        """Log in; the answer's data holds user_id and access_token."""
        return self.call("log in", json={"user_name": account.name, "user_password": account.password})

    def create_dialog(self, name: str, agent_id: str) -> facts.HttpAnswer:
        """Begin a dialog with an agent; the answer's data holds dialog_id."""
        return self.call("create dialog", json={"name": name, "agent_id": agent_id, "agent_type": "Agent"})

    def delete_dialog(self, dialog_id: str) -> facts.HttpAnswer:
        """Remove a dialog and its history."""
        return self.call("delete dialog", json={"dialog_id": dialog_id})

    def chat(
        self,
        dialog_id: str,
        text: str,
        *,
        timeout: float = CHAT_TIMEOUT,
        on_chunk: Callable[[], object] = lambda: None,
    ) -> facts.ChatAnswer:
        """Send a message and read the answer's stream to the end; each chunk is told as it comes."""
        body = {"user_input": text, "dialog_id": dialog_id}
        for _, path in self.calls["chat"]:
            answer = http.chat(
                self.connection, self.base + PREFIX + path, timeout=timeout, on_chunk=on_chunk, json=body
            )
            if answer.answer.status not in _UNKNOWN_FORM:
                break
        return answer

    def delete_agent(self, agent_id: str) -> facts.HttpAnswer:
        """Remove an agent."""
        return self.call("delete agent", json={"agent_id": agent_id})

    def usage(self) -> facts.HttpAnswer:
        """Ask what the user's answers cost: of every agent and model, at any time."""
        return self.call("usage", json={})

    def create_knowledge(self, name: str, description: str) -> facts.HttpAnswer:
        """Make a collection of documents; its name has 2 to 10 characters, its description 10 to 200."""
        return self.call("create knowledge", json={"knowledge_name": name, "knowledge_desc": description})

    def upload(self, name: str, content: bytes) -> facts.HttpAnswer:
        """Store a file; the answer's data is where it can be fetched."""
        return self.call("upload", files={"file": (name, content, "text/plain")})

    def history(self, dialog_id: str) -> tuple[facts.HttpAnswer, tuple[facts.Message, ...]]:
        """Read a dialog back, in the order it is returned."""
        answer = self.call("history", params={"dialog_id": dialog_id})
        messages = (
            facts.Message(str(row.get("role")), str(row.get("content"))) for row in rows(answer.data, "content")
        )
        return answer, tuple(messages)

    def seeds(self) -> tuple[tuple[facts.SeedRow, ...], tuple[facts.HttpAnswer, ...]]:
        """The agents, tools and models that the user sees, and the answers that listed them."""
        answers = {kind: self.call(f"{kind}s") for kind in _SEED_KEYS}
        found = [
            facts.SeedRow(kind, _label(row), str(row.get("user_id", "")))
            for kind, answer in answers.items()
            for row in rows(answer.data, *_SEED_KEYS[kind])
        ]
        return tuple(found), tuple(answers.values())

    def create_model(self, name: str, base_url: str) -> facts.HttpAnswer:
        """Make a model row that points at an OpenAI-compatible service."""
        kind = {"llm_type": "LLM", "provider": "OpenAI"}  # what 2.5 takes for granted, 2.2 wants to be told
        return self.call("create model", json={"model": name, "api_key": "not-a-secret", "base_url": base_url, **kind})

    def create_agent(self, name: str, llm_id: str) -> facts.HttpAnswer:
        """Make an agent that answers with a model."""
        texts = {"name": name, "description": name, "system_prompt": "Answer.", "logo_url": "/logo.png"}
        return self.call("create agent", json={**texts, "llm_id": llm_id, "enable_memory": False})


def discover(base: str) -> Api:
    """Reach an API and see which calls its release has; one that shows no OpenAPI document is asked in every form."""
    base = base.rstrip("/")
    connection = http.session(base)
    document = http.ask(connection, "GET", f"{base}/openapi.json").body
    document = document if isinstance(document, dict) else {}
    about, paths = document.get("info", {}), document.get("paths", {})
    known = {name: _documented(forms, paths) for name, forms in CALLS.items()}
    return Api(
        base=base,
        title=str(about.get("title", "")),
        version=str(about.get("version", "")),
        calls={name: known[name] or forms for name, forms in CALLS.items()},
        connection=connection,
        lacks=frozenset(name for name, forms in known.items() if paths and not forms),
    )


def rows(data: Any, *keys: str) -> list[dict[str, Any]]:
    """Every object that has one of these keys, wherever a release puts it, in order."""
    match data:
        case dict() if any(key in data for key in keys):
            return [data]
        case dict():
            return [row for value in data.values() for row in rows(value, *keys)]
        case list():
            return [row for value in data for row in rows(value, *keys)]
        case _:
            return []


_SEED_KEYS = {"agent": ("agent_id", "id"), "tool": ("tool_id",), "model": ("llm_id",)}
_LABELS = ("name", "display_name", "model", "en_name", "zh_name")


def _label(row: Mapping[str, Any]) -> str:
    return next((str(row[key]) for key in _LABELS if row.get(key)), "")


_UNKNOWN_FORM = (404, 405)


def _documented(forms: tuple[tuple[str, str], ...], paths: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((method, path) for method, path in forms if method.lower() in paths.get(PREFIX + path, {}))
