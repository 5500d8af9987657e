"""Streams, uploads and health, passed through the front door."""

from __future__ import annotations

from dataclasses import replace

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import api as apis
from agentchat_check.probes import front_door, nginx
from agentchat_check.procedures import interruption, pace, visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack.running import Stack

QUESTION = "Does every word come when it is said?"
WORDS_PER_SECOND = 4.0
"""The answer takes more than two seconds."""

UPLOAD = f"{apis.PREFIX}/upload"

_UNTOLD = "1m"
"""What nginx lets through where nobody tells it."""

_LARGEST = 300 * 2**20
"""Bytes that we send at most."""

_MARGIN = 2**16
"""Bytes above and below the declared size: more than what a form puts around a file."""

_UPLOAD_PATIENCE = 120.0


def stream(stack: Stack, page: str, guest: Guest, agent_id: str) -> facts.Streams:
    """Ask one question of a slow model, directly and then through the front door.

    Args:
        stack: A stack of ours.
        page: The front door's address.
        guest: Who asks.
        agent_id: An agent that answers with the stack's model.

    Raises:
        errors.InapplicableError: The stack's model cannot be told to take its time.
    """
    dialog_id = visit.new_dialog(guest.api.create_dialog(visit.DIALOG_NAME, agent_id))
    through = apis.discover(guest.api.base)  # the release's own forms, which a front door may not show
    with pace.words_per_second(stack, WORDS_PER_SECOND):
        return facts.Streams(
            direct=guest.api.chat(dialog_id, QUESTION),
            through=_at(page, through, guest).chat(dialog_id, QUESTION),
        )


def upload(stack: Stack, page: str, guest: Guest) -> facts.Uploads:
    """Upload a file a little smaller than the front door's declared size, and one a little larger.

    Raises:
        errors.InapplicableError: It declares none, or one that nobody reaches.
    """
    declared = nginx.loaded(stack).handling(UPLOAD).settings.get("client_max_body_size", _UNTOLD)
    limit = nginx.size(declared)
    if not 0 < limit <= _LARGEST:
        raise errors.InapplicableError(
            "read the size of an upload",
            expected=f"client_max_body_size of at most {_LARGEST // 2**20} MiB",
            actual=f"nginx.conf lets {declared if limit else 'any size'} through, which is more than is tried here",
            next_step="try an upload of the size that you declare yourself",
        )
    api = _at(page, guest.api, guest)
    below, above = (
        api.ask("POST", UPLOAD, files={"file": ("check.bin", bytes(size))}, timeout=_UPLOAD_PATIENCE)
        for size in (limit - _MARGIN, limit + _MARGIN)
    )
    return facts.Uploads(limit, below, above)


def health_without_a_backend(stack: Stack, page: str) -> tuple[facts.HealthAddress, facts.HealthAddress]:
    """Ask the front door's own health address and the backend's behind it, then again without a backend.

    Raises:
        errors.InapplicableError: It does not have both.
    """
    own, passed = health_paths(nginx.loaded(stack))
    paths = [path for path in (own, passed) if path]
    if not (own and passed):
        raise errors.InapplicableError(
            "find the health addresses of the front door",
            expected="a location of nginx's own for its health, and one that asks the backend for its",
            actual=f"nginx.conf has {f'only {paths[0]}' if paths else 'no address'} for health",
            next_step="give nginx both: location = /health and location = /health/backend",
        )
    up = [front_door.ask(page, path) for path in paths]
    with interruption.stopped(stack, Role.BACKEND):
        down = [front_door.ask(page, path) for path in paths]
    first, second = (facts.HealthAddress(*seen) for seen in zip(paths, up, down, strict=True))
    return first, second


def health_paths(server: facts.Location) -> tuple[str, str]:
    """The front door's own health address and that of the backend behind it; "" for one that it does not have."""
    plain = [one for one in server.every() if one.modifier in {"", "=", "^~"} and "health" in one.path]
    own = next((one.path for one in plain if "proxy_pass" not in one.settings), "")
    return own, next((one.path for one in plain if "proxy_pass" in one.settings), "")


def _at(page: str, api: apis.Api, guest: Guest) -> apis.Api:
    """The same API, at the front door's address."""
    return replace(api, base=page).as_user(guest.token)
