"""A release that runs again after another one did: what is left of what there was, and of what came since."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from agentchat_check import errors, facts
from agentchat_check.checks import durability, undoing, upgrade
from agentchat_check.findings import Finding
from agentchat_check.ledger import Entry, Ledger
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract
from agentchat_check.procedures.upgrade.outcome import RolledBack
from agentchat_check.procedures.upgrade.trial import Before
from agentchat_check.stack.running import Stack


@dataclass(frozen=True, slots=True)
class Memory:
    """A user as of one moment: what a backup of then has to have.

    Attributes:
        regular: The user, who knows of nothing that came later.
        written: What was written until then.
        then: How it was.
    """

    regular: Regular
    written: tuple[Entry, ...]
    then: Before


def remember(regular: Regular, then: Before) -> Memory:
    """What there is now.

    Args:
        regular: Who uses the stack.
        then: How it is now.
    """
    return Memory(replace(regular.as_of_now(), ledger=Ledger()), regular.written(), then)


def judged(
    memory: Memory, regular: Regular, stack: Stack, back: RolledBack | None, *, subject: str
) -> tuple[Finding, ...]:
    """Look at the release that runs again, and judge it: every call, every image, everything that was written.

    Where the backup was put back, that is what was written before it; else all of it.

    Args:
        memory: What there was before the other release came.
        regular: Who wrote before and since.
        stack: The stack, as the release that runs again made it.
        back: What the rollback says of itself; None where the release was brought up by hand.
        subject: The releases.

    Raises:
        errors.CheckError: The engine does not say what runs.
    """
    restored, obstacle = back is not None and back.restored is not None, back.obstacle if back else ""
    user = memory.regular if restored else regular
    user.stack = stack
    with suppress(errors.CheckError):  # whoever cannot log in is seen in what is read back
        user.come_again()
    look = contract.of_regular(user, memory.then.calls)
    if restored:
        way = facts.WayBack(None, obstacle, restored=True, at_last=look)
    else:
        way = facts.WayBack(look, obstacle, at_last=look)
    written = memory.written if restored else user.written()
    return (
        undoing.comes_back(way, subject=subject),
        upgrade.exact_images(memory.then.images, stack.services(), subject=f"{subject}, back again"),
        durability.nothing_lost(written, user.read_back(), f"{subject}, and back"),
    )
