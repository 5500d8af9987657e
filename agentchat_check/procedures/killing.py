"""Our own command, cut short at each of its steps: killed, or by what happens to the host."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.settings import PREFIX
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack

TAKING = (
    "copying the database",
    "copying the cache",
    "copying the files",
    "copying the configuration",
    "finishing the archive",
)
RESTORING = (
    "verifying the archive",
    "copying what is there now",
    "stopping the application",
    "restoring the database",
    "restoring the cache",
    "restoring /",
    "comparing everything",
    "starting the application",
    "removing what was there",
)
UPGRADING = (
    "looking at what runs",
    "checking whether it may",
    "fetching the images",
    "copying what is there",
    "switching to",
    "waiting for every service",
    "trying every call",
    "done",
)
ROLLING_BACK = (
    "looking at what runs",
    "rolling back",
    "waiting for every service",
    "trying every call",
    "done",
)
"""How the steps begin that the commands announce, in their order; a deployment may lack some."""

PROGRAM = "from agentchat_check.cli import app; app()"
"""What the interpreter runs: our command."""

PATIENCE = 300.0
"""Seconds that a command may take."""

Strike = Callable[[process.Running], None]
"""Cuts a command short that has come to a step."""


def killed_at(step: str, stack: Stack, arguments: Sequence[str], *, state: Path) -> bool:
    """Run a command of ours on a stack, and kill it and all it started when it begins a step.

    Args:
        step: How the step's announcement begins.
        stack: The stack.
        arguments: What follows ``agentchat-check``, from the command's name on.
        state: The directory of its state.

    Returns:
        Whether it came to that step.
    """
    return struck_at(step, stack, arguments, state=state, strike=process.Running.kill)


def struck_at(step: str, stack: Stack, arguments: Sequence[str], *, state: Path, strike: Strike) -> bool:
    """Run a command of ours on a stack, and cut it short when it begins a step.

    Args:
        step: How the step's announcement begins.
        stack: The stack.
        arguments: What follows ``agentchat-check``, from the command's name on.
        state: The directory of its state.
        strike: What cuts it short.

    Returns:
        Whether it came to that step.
    """
    reached = threading.Event()

    def on_line(line: str) -> None:
        if line.removeprefix("agentchat-check: ").startswith(step):
            reached.set()

    with process.running(_command(stack, arguments), environment=_told(state), on_line=on_line) as program:
        while not reached.wait(0.02) and not program.done():
            pass
        if reached.is_set():
            strike(program)
    return reached.is_set()


def run(stack: Stack, arguments: Sequence[str], *, state: Path, within: Sequence[str] = ()) -> dict[str, Any]:
    """Run a command of ours on a stack to its end.

    Args:
        stack: The stack.
        arguments: What follows ``agentchat-check``, from the command's name on.
        state: The directory of its state.
        within: A program and its arguments that runs it.

    Returns:
        Its result, as it prints it for programs.

    Raises:
        errors.StackError: It printed none.
    """
    done = process.run([*within, *_command(stack, arguments)], environment=_told(state), timeout=PATIENCE, check=False)
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise errors.StackError(
            f"agentchat-check {' '.join(arguments)}",
            expected="a result",
            actual=done.said,
            next_step="run it by hand",
        ) from None
    return result


def _command(stack: Stack, arguments: Sequence[str]) -> list[str]:
    return [*(sys.executable, "-c", PROGRAM), *arguments, "--attach", stack.project, "--format", "json"]


def _told(state: Path) -> dict[str, str]:
    return {f"{PREFIX}STATE": str(state), "COLUMNS": "400"}
