"""What the hooks know of a run and of a test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.findings import Finding
from agentchat_check.session import Session

SESSION = pytest.StashKey[Session]()
FINDINGS = pytest.StashKey[list[Finding]]()

LEARNED = "agentchat_check_learned"
REFUSED = "agentchat_check_refused"
"""What a worker hands back at its end: what it knows of the application, and why it cannot run the tests."""


def is_suite(item: pytest.Item) -> bool:
    """Whether a test is one of the suites', and so a page of the manual."""
    return "suites" in item.path.parts[len(item.config.rootpath.parts) :]


def manual(item: pytest.Item) -> str:
    """A test's docstring: its page of the manual."""
    return getattr(getattr(item, "function", None), "__doc__", None) or ""


def shares_its_files_stack(item: pytest.Item) -> bool:
    """Whether a test uses a stack that the tests of its file share: one that it mends, or one as in production."""
    disruptive = item.get_closest_marker("disruptive")
    if disruptive is None:
        return item.get_closest_marker("production") is not None
    return bool(disruptive.kwargs.get("mends"))


def is_live(session: Session) -> bool:
    """Whether we look at an installation that is not ours; a stack that we made and kept is.

    Raises:
        pytest.UsageError: There is no such project.
    """
    if not session.settings.attach:
        return session.settings.url is not None
    try:
        return session.shared_stack.live
    except errors.CheckError as error:
        raise pytest.UsageError(str(error)) from None


def noted(item: pytest.Item) -> list[Finding]:
    """What a test found so far; findings are noted by adding to it."""
    return item.stash.setdefault(FINDINGS, [])


def evidence_directory(item: pytest.Item) -> Path:
    """Where a test's evidence goes."""
    return item.config.stash[SESSION].directory / "evidence" / re.sub(r"[^\w.-]+", "-", item.name)


@contextmanager
def shown(config: pytest.Config) -> Iterator[None]:
    """Lets what takes long be seen while it goes on."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        yield
