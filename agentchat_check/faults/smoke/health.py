"""Health that lies or dawdles, and slow answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    SLOW,
    rebuilt,
    refused_by_the_database,
)
from agentchat_check.stack.running import Stack


@contextmanager
def health_lies(stack: Stack) -> Iterator[None]:
    """Health says OK whatever happens, and the database takes no writes."""
    lie = {"healthy = all(answers)": "healthy = True", '"OK" if fine else "DOWN"': '"OK"'}
    with ExitStack() as faults:
        faults.enter_context(rebuilt(stack, Role.BACKEND, {"backend/health.py": lie}))
        faults.enter_context(refused_by_the_database(stack, "dialog"))
        yield


@contextmanager
def health_is_slow(stack: Stack) -> Iterator[None]:
    """Health takes longer than anybody waits for it."""
    pause = {
        "    answers = await asyncio.gather": f"    await asyncio.sleep({SLOW})\n    answers = await asyncio.gather"
    }
    with rebuilt(stack, Role.BACKEND, {"backend/health.py": pause}):
        yield


@contextmanager
def slow_answers(stack: Stack) -> Iterator[None]:
    """The list of agents takes longer than the alarm."""
    pause = {"    query = select(Agent)": f'    __import__("time").sleep({SLOW})\n    query = select(Agent)'}
    with rebuilt(stack, Role.BACKEND, {"backend/api/agents.py": pause}):
        yield
