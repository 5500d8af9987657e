"""A rollback that stops and asks is told to go on, and what it said is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.meanwhile import Writers
from agentchat_check.procedures.upgrade import rollback, way_back
from agentchat_check.procedures.upgrade.outcome import Wishes
from doors import MakeSettings

REGULAR: Any = SimpleNamespace(stack="demo")


@pytest.fixture
def rollbacks(monkeypatch: pytest.MonkeyPatch) -> list[bool | None]:
    """Whether each rollback was told that it may lose something; the first one asks, where it was not."""
    told: list[bool | None] = []

    @contextmanager
    def write(_: Any) -> Iterator[Writers]:
        writers = Writers()
        monkeypatch.setattr(Writers, "go_on", lambda *_: told.append(None))
        yield writers

    def roll_back(stack: str, _: Any, wishes: Wishes) -> str:
        told.append(wishes.lose_newer_writes)
        if stack == "asks" and not wishes.lose_newer_writes:
            raise errors.HalfwayError("put the data back", actual="dialog: 2 rows more")
        return "rolled back"

    monkeypatch.setattr(meanwhile, "users_write", write)
    monkeypatch.setattr(rollback, "rollback", roll_back)
    return told


def test_what_goes_through_said_nothing(rollbacks: list[bool | None], settings: MakeSettings) -> None:
    found = way_back.found(REGULAR, settings(), Wishes(Path("backups")))
    assert (found.done, found.said, found.passage.asked) == ("rolled back", "", 0)
    assert rollbacks == [False, None]


def test_what_asks_is_told_to_go_on(rollbacks: list[bool | None], settings: MakeSettings) -> None:
    found = way_back.found(SimpleNamespace(stack="asks"), settings(), Wishes(Path("backups")))
    assert found.done == "rolled back"
    assert "dialog: 2 rows more" in found.said
    assert rollbacks == [False, True, None]
