"""Talk that fails, comes back wrong, or stays when it was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import requests

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    rebuilt,
    sql,
)
from agentchat_check.stack.running import Stack


@contextmanager
def model_fails(stack: Stack) -> Iterator[None]:
    """The model answers every question with an error."""
    control = "http://{}:{}/control".format(*stack.address(Role.MODEL))
    requests.put(control, json={"mode": "fail"}, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.put(control, json={"mode": "ok"}, timeout=10).raise_for_status()


@contextmanager
def history_backwards(stack: Stack) -> Iterator[None]:
    """The history comes back with the last message first."""
    with rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": {"col(History.id))": "col(History.id).desc())"}}):
        yield


@contextmanager
def nothing_deleted(stack: Stack) -> Iterator[None]:
    """A delete says that it is done, and does nothing."""
    keep = {"session.delete(own_dialog(session, user_id, dialog_id, to_change=True))": "pass"}
    with rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": keep}):
        yield


@contextmanager
def everything_deleted(stack: Stack) -> Iterator[None]:
    """A delete takes rows that belong to nobody along."""
    too_much = {
        "session.delete(own_dialog(session, user_id, dialog_id, to_change=True))": (
            "session.delete(own_dialog(session, user_id, dialog_id, to_change=True))\n"
            '        session.connection().exec_driver_sql("DELETE FROM role WHERE id = 99")'
        )
    }
    with ExitStack() as faults:
        plant, take_back = "INSERT INTO role VALUES (99, 'auditor')", "DELETE FROM role WHERE id = 99"
        faults.enter_context(sql(stack, plant, take_back))
        faults.enter_context(rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": too_much}))
        yield


@contextmanager
def seeded_twice(stack: Stack) -> Iterator[None]:
    """Every tool stands twice."""
    columns = "user_id, name, description, create_time, update_time"
    twice = f"INSERT INTO tool (tool_id, {columns}) SELECT CONCAT('x', LEFT(tool_id, 31)), {columns} FROM tool"  # noqa: S608 - constants
    with sql(stack, twice, "DELETE FROM tool WHERE tool_id LIKE 'x%'"):
        yield
