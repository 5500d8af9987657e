"""The two ways to copy a database, by name."""

from __future__ import annotations

from typing import Literal

from agentchat_check.procedures.backup.logical import Logical
from agentchat_check.procedures.backup.method import Method
from agentchat_check.procedures.backup.physical import Physical
from agentchat_check.stack.running import Stack

MethodName = Literal["logical", "physical"]

METHODS: tuple[MethodName, ...] = ("logical", "physical")
"""Portable between versions, and fast."""


def of(stack: Stack, name: MethodName, *, cold: bool = False) -> Method:
    """What copies the database of a stack, and puts it back.

    Args:
        stack: The stack.
        name: The way.
        cold: Whether nobody uses the database, so that it may be stopped.
    """
    return Physical(stack, cold=cold) if name == "physical" else Logical(stack)
