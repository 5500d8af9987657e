"""Which tests run, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentchat_check import errors
from agentchat_check.pytest_plugin.context import REFUSED, SESSION, is_live, is_suite, manual
from agentchat_check.session import Session

_MANUAL_PARTS = ("Procedure:", "If it fails:")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is looked at, and what that leaves out."""
    session = config.stash[SESSION]
    lines = [f"agentchat-check: {session.name}, run {session.run.id}, plan seed {session.plan_seed}"]
    if session.settings.url:
        lines.append(
            "agentchat-check: from outside, by one process: what needs the engine or changes anything is deselected"
        )
    elif is_live(session):
        lines.append("agentchat-check: somebody's installation, by one process: what changes anything is deselected")
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Suites explain themselves; a live installation sees only what is safe; what looks back at the run runs last."""
    try:
        items[:] = _chosen(config, items)
    except pytest.UsageError as error:
        output: dict[str, str] | None = getattr(config, "workeroutput", None)
        if output is None:
            raise
        output[REFUSED] = str(error)  # the first process says it, once
        items.clear()


def _chosen(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    suite = [item for item in items if is_suite(item)]
    _refuse_without_manual(suite)
    left_out = [item for item in suite if not _may_run(item, config.stash[SESSION])]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if item not in left_out]
    _require_account(kept, config.stash[SESSION])
    return sorted(kept, key=lambda item: item.get_closest_marker("closing") is not None)


def _refuse_without_manual(items: Sequence[pytest.Item]) -> None:
    wordless = [item.nodeid for item in items if not all(part in manual(item) for part in _MANUAL_PARTS)]
    if wordless:
        listed = "\n  ".join(wordless)
        raise pytest.UsageError(
            f"a suite's test needs a docstring with {' and '.join(map(repr, _MANUAL_PARTS))}:\n  {listed}"
        )


def _require_account(items: Sequence[pytest.Item], session: Session) -> None:
    """On somebody's installation we need an account; said once, before every test says so."""
    if is_live(session) and any("guest" in getattr(item, "fixturenames", ()) for item in items):
        try:
            session.reception.account()
        except errors.CheckError as error:
            raise pytest.UsageError(str(error)) from None


def _may_run(item: pytest.Item, session: Session) -> bool:
    safe = item.get_closest_marker("safe") is not None
    if session.settings.url:
        return safe and not {"stack", "audited"} & set(getattr(item, "fixturenames", ()))
    return safe or not is_live(session)
