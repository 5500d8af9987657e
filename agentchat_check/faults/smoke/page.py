"""A page that is not served, not whole, or talks to the wrong host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    PATIENCE,
    edited,
)
from agentchat_check.stack.running import Stack


@contextmanager
def frontend_with(stack: Stack, changes: Mapping[str, str]) -> Iterator[None]:
    """The frontend runs with a changed nginx.conf."""
    restart = ("restart", stack.service_name(Role.FRONTEND))
    try:
        with edited(Path(stack.compose.context) / "nginx.conf", changes):
            stack.act(*restart)
            stack.settle(timeout=PATIENCE)
            yield
    finally:
        stack.act(*restart)
        stack.settle(timeout=PATIENCE)


_PAGE = "try_files /index.html =404;"
_INJECT = "sub_filter '</head>' '<script src=\"/assets/{}\"></script></head>'; "


def no_page(stack: Stack) -> AbstractContextManager[None]:
    """The frontend has no page."""
    return frontend_with(stack, {_PAGE: "return 404;"})


def assets_missing(stack: Stack) -> AbstractContextManager[None]:
    """The page is of another build than its scripts and styles."""
    return frontend_with(stack, {"location / {": "location ^~ /assets/ { return 404; } location / {"})


def no_deep_links(stack: Stack) -> AbstractContextManager[None]:
    """Only the front page is a page."""
    return frontend_with(stack, {_PAGE: "try_files $uri $uri/ =404;"})


def api_not_proxied(stack: Stack) -> AbstractContextManager[None]:
    """The frontend looks for the backend where it is not."""
    return frontend_with(stack, {"set $backend backend:7860;": "set $backend backend:7861;"})


def scripts_forbidden(stack: Stack) -> AbstractContextManager[None]:
    """The page may not run its own script."""
    return frontend_with(stack, {"script-src 'self';": "script-src 'none';"})


def broken_script(stack: Stack) -> AbstractContextManager[None]:
    """The page works, and asks for a script that is not there."""
    return frontend_with(stack, {_PAGE: _INJECT.format("gone.js") + _PAGE})


def internal_host(stack: Stack) -> AbstractContextManager[None]:
    """A script of the page asks the backend by the name it has inside the deployment."""
    script = "default_type text/javascript; return 200 'fetch(\"http://backend:7860/\")';"
    location = f"location = /assets/internal.js {{ {script} }} location / {{"
    return frontend_with(stack, {_PAGE: _INJECT.format("internal.js") + _PAGE, "location / {": location})
