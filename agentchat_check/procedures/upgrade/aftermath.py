"""What is amiss after an upgrade or a rollback was cut short, once the next run has ended it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.checks import durability, health, upgrade
from agentchat_check.findings import Finding, Verdict
from agentchat_check.procedures import killing
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract, history
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded


def of_run(regular: Regular, arguments: Sequence[str], *, state: Path) -> list[str]:
    """Upgrade once more, unless the one that was cut short had ended already; what is amiss then.

    Args:
        regular: Who uses the stack, and knows what was written.
        arguments: What follows ``agentchat-check``, as of the one that was cut short.
        state: The directory of its state.

    Returns:
        A line for each.
    """
    return _finished(regular, arguments, state=state, ended=lambda status: status["former"] is not None)


def of_rollback(regular: Regular, arguments: Sequence[str], *, state: Path) -> list[str]:
    """Roll back once more, unless the one that was cut short had ended already; what is amiss then.

    Args:
        regular: Who uses the stack, and knows what was written.
        arguments: What follows ``agentchat-check``, as of the one that was cut short.
        state: The directory of its state.

    Returns:
        A line for each.
    """
    return _finished(regular, arguments, state=state, ended=lambda status: status["former"] is None)


def seen(regular: Regular, state: Path) -> list[str]:
    """What is amiss of a stack that is to run one release, whole, with everything that was acknowledged.

    Args:
        regular: Who uses the stack, and knows what was written.
        state: The directory of our own state.

    Returns:
        A line for each.
    """
    found = findings(regular, state, "after it was cut short")
    return [f"{one.promise}: {one.actual}" for one in found if one.verdict is not Verdict.HOLDS]


def findings(regular: Regular, state: Path, subject: str) -> tuple[Finding, ...]:
    """Whether a stack runs one release, whole, with everything that was acknowledged.

    Args:
        regular: Who uses the stack, and knows what was written.
        state: The directory of our own state.
        subject: What was done to it.
    """
    stack = regular.stack
    services, runs = stack.services(), history.of(stack, state).current()
    return (
        health.all_run([one for one in services if one.settled or not stack.is_at_rest(one)]),
        *([upgrade.exact_images(runs.images, services, subject=f"{runs.name}, {subject}")] if runs else []),
        upgrade.works_after(contract.of_regular(regular), subject),
        durability.nothing_lost(regular.written(), regular.read_back(), subject),
    )


def not_undone(done: Upgraded | RolledBack, word: str) -> list[str]:
    """What is amiss of the end of an upgrade to a release that does not work: it has to be rolled back, and say why.

    Args:
        done: What became of it.
        word: What the reason has to name.

    Returns:
        A line for each.
    """
    if isinstance(done, Upgraded):
        return [f"{done.after} took over"]
    return [] if word in done.why else [f"it does not say why it was rolled back: {done.why or 'nothing'}"]


def _finished(
    regular: Regular, arguments: Sequence[str], *, state: Path, ended: Callable[[dict[str, Any]], bool]
) -> list[str]:
    try:
        status = killing.run(regular.stack, ["upgrade", "status"], state=state)
        if status["halfway"] or not ended(status):
            killing.run(regular.stack, arguments, state=state)
        left = killing.run(regular.stack, ["upgrade", "status"], state=state)["halfway"]
    except errors.StackError as error:
        return [f"the next one fails: {error.actual}"]
    return [*([f"it stands halfway still: {left}"] if left else []), *seen(regular, state)]
