"""The processes that serve requests."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_SERVERS = re.compile(r"\b(gunicorn|uvicorn|hypercorn|granian|serve)\b")
_HELPERS = re.compile(r"resource_tracker")

_VARIABLES = ("WEB_CONCURRENCY", "WORKERS")
"""Environment variables by which servers are told how many workers to have."""


def workers(stack: Stack) -> facts.Workers:
    """Count the processes that serve the backend's requests.

    Raises:
        errors.InapplicableError: The deployment does not say how many there are to be.
    """
    name = stack.service_name(Role.BACKEND)
    number = declared(stack.configuration.services[name]) if stack.configuration else None
    if number is None:
        raise errors.InapplicableError(
            f"read how many workers {name} has",
            expected=f"a number of workers in its command, or in {' or '.join(_VARIABLES)}",
            actual=f"{stack.name} does not say how many workers {name} has",
            next_step="nothing is to be done where one process will do",
        )
    with complaints.translated(f"list the processes of {name}"):
        container = stack.client.containers.get(stack.service(Role.BACKEND).container)
        listed = container.top(ps_args="-eo pid,ppid,args")
    rows = [(int(pid), int(parent), text) for pid, parent, text, *_ in listed["Processes"] or ()]
    return facts.Workers(name, number, serving(rows))


def declared(service: Mapping[str, Any]) -> int | None:
    """How many workers a service's configuration asks for; None where it does not say.

    Args:
        service: The service, as compose rendered it.
    """
    environment = service.get("environment") or {}
    words = [str(word) for word in service.get("command") or ()]
    for given in (words, shlex.split(str(environment.get("GUNICORN_CMD_ARGS") or ""))):
        if number := _asked(given):
            return int(number)
    values = [str(environment.get(name) or "") for name in _VARIABLES]
    return next((int(value) for value in values if value.isdigit()), None)


def serving(rows: Sequence[tuple[int, int, str]]) -> tuple[str, ...]:
    """The children of the server's first process; of a server that has no more than one process, that one.

    Args:
        rows: Each process's id, its parent's, and its command line.
    """
    children: dict[int, list[tuple[int, str]]] = {}
    for pid, parent, text in rows:
        if not _HELPERS.search(text):
            children.setdefault(parent, []).append((pid, text))
    servers = {pid: text for pid, _, text in rows if _SERVERS.search(text)}
    # Not the lowest number: where the host has counted to the end of its numbers, a child has a lower one.
    first = next((pid for pid, parent, _ in rows if pid in servers and parent not in servers), None)
    if first is None:
        return ()
    name = servers[first]
    below = children.get(first, [])
    # An init or a shell that started the server names it, too.
    while len(below) == 1 and below[0][0] in children:
        first, name = below[0]
        below = children[first]
    alone = [] if "gunicorn" in name else [(first, name)]
    return tuple(text for _, text in below or alone)


def _asked(words: Sequence[str]) -> str:
    """The number behind ``-w 4``, ``-w4``, ``--workers 4`` or ``--workers=4``; "" without one."""
    for word, following in itertools.pairwise([*words, ""]):
        if word in {"-w", "--workers"} and following.isdigit():
            return following
        if found := re.fullmatch(r"(?:-w|--workers=)(\d+)", word):
            return found[1]
    return ""
