"""Effects of variables that show in how the backend starts, beside the one that runs."""

from __future__ import annotations

import re

from agentchat_check.deployment import Role
from agentchat_check.procedures import effects
from agentchat_check.stack import one_off
from agentchat_check.stack.running import Stack

_WEAK = {"JWT_SECRET_KEY": "short"}
"""What only a backend in production refuses."""


def seen(stack: Stack, name: str, *, usual: str, production: bool) -> tuple[bool | None, str]:
    """Whether a variable has an effect on how the backend starts.

    One that we know, and that has no value unless somebody sets it, may be there only to be refused: a setting that is
    called otherwise by now, so that a value under its former name is not overlooked.

    Args:
        stack: A stack of ours.
        name: The variable, as the backend is told it.
        usual: The value that it has, or "".
        production: Whether only the production overlay takes it.

    Returns:
        Whether it does, and how that was seen; None and "" where it does not show there, and nothing is known.

    Raises:
        errors.CheckError: It could not be started.
    """
    if name == "APP_ENV":
        return _strictness(stack, name)
    if name == "WORKERS" and production:
        return _workers(stack, name)
    known = effects.known(stack).get(name)
    return _refusal(stack, name, known.value, production=production) if known and not usual else (None, "")


def _strictness(stack: Stack, name: str) -> tuple[bool | None, str]:
    backend = stack.service_name(Role.BACKEND)
    loose = one_off.start(stack, backend, environment={name: "development", **_WEAK})
    strict = one_off.start(stack, backend, environment={name: "production", **_WEAK})
    effective = None if loose.came_up is None else bool(loose.came_up) and strict.came_up is False
    return effective, f"a weak key: in development {loose}; in production {strict}"


def _workers(stack: Stack, name: str) -> tuple[bool | None, str]:
    backend = stack.service_name(Role.BACKEND)
    with one_off.beside(one_off.in_production(stack), backend, environment={name: "2"}) as container:
        start = one_off.watched(container)
        workers = _processes(container.top(ps_args="-ww -eo pid,args")["Processes"]) if start.came_up else 0
    if not start.came_up:
        return None, str(start)
    return workers == 2, f"with 2, {workers} workers serve"  # noqa: PLR2004 - the value that was given


def _refusal(stack: Stack, name: str, value: str, *, production: bool) -> tuple[bool | None, str]:
    other = one_off.in_production(stack) if production else stack
    start = one_off.start(other, stack.service_name(Role.BACKEND), environment={name: value})
    return (True, f"whoever sets it is told: {start}") if start.refuses(name) else (None, "")


def _processes(rows: list[list[str]]) -> int:
    """How many workers a server has: its processes but for the one that began them."""
    serving = [row for row in rows if re.search("gunicorn|uvicorn", row[-1]) and "init -- " not in row[-1]]
    return len(serving) - 1
