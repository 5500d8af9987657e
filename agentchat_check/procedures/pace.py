"""A model that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.probes import http
from agentchat_check.stack.running import Stack


@contextmanager
def words_per_second(stack: Stack, words: float, *, first: float = 0.0) -> Iterator[None]:
    """The stub model of a stack answers so many words a second, then as before.

    Args:
        stack: The stack.
        words: How many; each is a token of the model's.
        first: Seconds that it thinks before the first one.

    Raises:
        errors.InapplicableError: The stack's model is not the stub.
        errors.StackError: It does not do as it is told.
    """
    base = "http://{}:{}/control".format(*stack.address(Role.MODEL))
    connection = http.session(base)
    before = http.ask(connection, "GET", base)
    if not (before.ok and isinstance(before.body, dict) and "tokens_per_second" in before.body):
        raise errors.InapplicableError(
            "tell the model to take its time",
            expected="the stub model, which does as it is told",
            actual=f"the model of {stack.name} cannot be told to take its time",
            next_step="nothing is to be done; this is only looked at with the stub model",
        )

    def told(control: dict[str, Any]) -> None:
        answer = http.ask(connection, "PUT", base, json=control)
        if not answer.ok:
            raise errors.StackError(
                "tell the model how fast to answer",
                expected="HTTP 200",
                actual=str(answer),
                next_step=f"docker compose --project-name {stack.project} logs {stack.service_name(Role.MODEL)}",
            )

    told({"mode": "slow", "first_token_seconds": first, "tokens_per_second": words})
    try:
        yield
    finally:
        told(before.body)
