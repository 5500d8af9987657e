"""The two ways to copy a database, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from agentchat_check.procedures.backup.logical import Logical
from agentchat_check.procedures.backup.method import Method
from agentchat_check.stack.running import Stack

MethodName = Literal["logical", "physical"]

METHODS: Mapping[MethodName, Callable[[Stack], Method]] = {"logical": Logical}
"""What copies the database of a stack: portable between versions, or fast."""
