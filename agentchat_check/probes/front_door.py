"""What comes through the front door, and what it keeps back."""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.probes import http

HIDDEN = ("/.env", "/.git/config", "/assets/.htpasswd")
"""Names with a dot in front, which nobody is to be shown, whether they are there or not."""

PRIVATE = ("/docker.env", "/docker-compose.yml", "/nginx.conf")
"""Files of a deployment's directory."""


def hidden(base: str) -> tuple[facts.HttpAnswer, ...]:
    """Ask the page's address for files with a dot in front."""
    return _asked(base, HIDDEN)


def private(base: str) -> tuple[facts.HttpAnswer, ...]:
    """Ask the page's address for files of the deployment's directory."""
    return _asked(base, PRIVATE)


def ask(base: str, path: str) -> facts.HttpAnswer:
    """Ask for one address, as a watcher does."""
    return http.ask(http.session(base), "GET", base + path)


def _asked(base: str, paths: tuple[str, ...]) -> tuple[facts.HttpAnswer, ...]:
    connection = http.session(base)
    return tuple(http.ask(connection, "GET", base + path) for path in paths)
