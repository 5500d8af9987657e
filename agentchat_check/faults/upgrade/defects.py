"""Defects of our own procedure: what it would do if it were written carelessly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import PATIENCE, instead
from agentchat_check.procedures.upgrade import preflight, writes
from agentchat_check.procedures.upgrade.journal import Entry, Journal
from agentchat_check.stack.running import Stack


@contextmanager
def touches_before_it_refuses(stack: Stack) -> Iterator[None]:
    """An upgrade restarts a service before it looks whether it may."""
    plan = preflight.plan

    def careless(*given: Any, **named: Any) -> Any:
        stack.act("restart", stack.service_name(Role.FRONTEND), timeout=PATIENCE)
        return plan(*given, **named)

    with instead(preflight, "plan", careless):
        yield


@contextmanager
def asks_nobody() -> Iterator[None]:
    """A rollback puts the backup back without a look at what users wrote since."""

    def blind(*_: Any, **__: Any) -> tuple[str, ...]:
        return ()

    with instead(writes, "since", blind):
        yield


@contextmanager
def nothing_noted() -> Iterator[None]:
    """An upgrade does not note that it has begun."""

    def forgetful(_: Journal, entry: Entry) -> Entry:
        return entry

    with instead(Journal, "write", forgetful):
        yield
