"""A rollback while users write: whether it asks before it loses something, and what users saw of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentchat_check import errors, facts
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import passage, rollback
from agentchat_check.procedures.upgrade.outcome import RolledBack, Wishes
from agentchat_check.settings import Settings


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it.

    Attributes:
        done: The rollback, at its end.
        said: What it stopped for and asked before; "" where it went through.
        passage: What users saw of it.
    """

    done: RolledBack
    said: str
    passage: facts.Passage


def found(regular: Regular, settings: Settings, wishes: Wishes) -> Found:
    """Roll a stack back while a user writes; only where that stops and asks, let it lose what was written since.

    Args:
        regular: Who writes.
        settings: How long a start may take, and where our state is.
        wishes: How it is to be done.

    Raises:
        errors.CheckError: It does not come to an end even so.
    """
    said = ""
    with meanwhile.users_write(regular) as writers:
        try:
            done = rollback.rollback(regular.stack, settings, wishes)
        except errors.HalfwayError as error:
            said = str(error)
            done = rollback.rollback(regular.stack, settings, replace(wishes, lose_newer_writes=True))
        writers.go_on()
    return Found(done, said, passage.of(writers))
