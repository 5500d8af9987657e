"""Where an upgrade stands is on disk before a step is done, and one of a project is under way at a time."""

import os
import stat
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.procedures.upgrade import journal
from agentchat_check.procedures.upgrade.journal import Entry, Phase

ENTRY = Entry(Phase.SWITCHING, 1, 2, began="2026-11-24T12:00:00+00:00", users=["check-1"])


def test_what_was_noted_is_read_by_the_next(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        assert notes.read() is None
        assert notes.write(ENTRY) == ENTRY
    assert journal.standing(tmp_path, "demo") == ENTRY
    with journal.of(tmp_path, "demo") as notes:
        assert notes.read() == ENTRY
        notes.end()
    assert journal.standing(tmp_path, "demo") is None


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    with journal.of(tmp_path / "new", "demo") as notes:
        notes.write(ENTRY)
        assert stat.S_IMODE(notes.file.stat().st_mode) == 0o600
        assert stat.S_IMODE(notes.file.parent.stat().st_mode) == 0o700


def test_the_second_of_two_is_refused_and_told_who_is_the_first(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo"):
        with pytest.raises(errors.StackError) as caught, journal.of(tmp_path, "demo"):
            pass
        assert caught.value.tried == "upgrade or roll back demo"
        assert caught.value.actual == f"another one is under way: process {os.getpid()}"
        with journal.of(tmp_path, "other"):
            pass


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"phase": "asleep", "before": 1, "after": 2}', b"\xff"])
def test_a_journal_that_is_none_is_one_clear_error_and_stays(tmp_path: Path, content: bytes) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.file.write_bytes(content)
        with pytest.raises(errors.HostError) as caught:
            notes.read()
        assert caught.value.tried == "read where the last upgrade stands"
        assert str(notes.file) in caught.value.actual
        assert notes.file.read_bytes() == content
