"""Where a restore stands is on disk before a step is done, and one restore of a stack is under way at a time."""

import os
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.procedures.backup import journal
from agentchat_check.procedures.backup.journal import Entry

ENTRY = Entry("/backups/one", "abc", ["backend", "frontend"], "/backups/before", "/data")


def test_without_a_restore_there_is_none(tmp_path: Path) -> None:
    with journal.of(tmp_path / "new", "demo") as notes:
        assert notes.read() is None
        notes.end()


def test_what_was_noted_is_read_by_the_next_restore_of_that_stack(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.write(Entry("/backups/one", "abc", []))
        notes.write(ENTRY)
    with journal.of(tmp_path, "other") as others:
        assert others.read() is None
    with journal.of(tmp_path, "demo") as notes:
        assert notes.read() == ENTRY
        notes.end()
        assert notes.read() is None
    assert sorted(path.suffix for path in (tmp_path / "restores").iterdir()) == [".lock", ".lock"]


def test_a_writer_that_was_killed_leaves_what_was_noted_before(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.write(ENTRY)
        (tmp_path / "restores/demo.part").write_text('{"archive": ')
        assert notes.read() == ENTRY


def test_the_journal_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.file.write_text('{"archive": "/a", "digest": "d", "services": []}')
        assert notes.read() == Entry("/a", "d", [], "", "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b'{"archive": "/a"}', b'{"more": 1}', b"\xff\xfe"])
def test_a_journal_that_is_none_is_one_clear_error_and_stays(tmp_path: Path, content: bytes) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.file.write_bytes(content)
        with pytest.raises(errors.HostError) as caught:
            notes.read()
        assert caught.value.tried == "read where the last restore stands"
        assert str(notes.file) in caught.value.actual
        assert notes.file.read_bytes() == content


def test_a_journal_that_cannot_be_opened_is_one_clear_error(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.file.mkdir()
        with pytest.raises(errors.HostError, match="read where the last restore stands"):
            notes.read()


def test_two_restores_of_one_stack_do_not_meet(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo"):
        with pytest.raises(errors.StackError) as caught, journal.of(tmp_path, "demo"):
            pass
        assert caught.value.actual == f"another one is under way: process {os.getpid()}"
        with journal.of(tmp_path, "other"):
            pass
    with journal.of(tmp_path, "demo"):
        pass


def test_a_restore_that_has_not_ended_is_finished_before_anything_else(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        notes.require_ended("back up demo")
        notes.write(Entry("/archives/one", "d", []))
        with pytest.raises(errors.StackError) as caught:
            notes.require_ended("back up demo")
        assert caught.value.tried == "back up demo"
        assert caught.value.actual == "that of /archives/one was begun and not ended"
        assert "backup restore /archives/one --attach demo; " in caught.value.next_step
        assert caught.value.next_step.endswith(f"then remove {notes.file}")
        notes.end()
        notes.require_ended("back up demo")


def test_a_state_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(errors.HostError) as caught, journal.of(tmp_path / "state", "demo"):
        pass
    assert caught.value.expected == f"a directory that can be written: {tmp_path}/state/restores"
    assert caught.value.next_step == "give our state another place: AGENTCHAT_CHECK_STATE=DIR"


def test_what_a_cold_backup_stopped_is_known_until_it_is_started(tmp_path: Path) -> None:
    with journal.of(tmp_path, "demo") as notes:
        assert notes.stopped() == []
        notes.note_stopped(["backend", "frontend"])
    with journal.of(tmp_path, "demo") as notes:
        assert notes.stopped() == ["backend", "frontend"]
        assert notes.read() is None  # it is no restore
        notes.note_started()
        notes.note_started()
        assert notes.stopped() == []


@pytest.mark.parametrize("content", [b"", b"{", b"7", b"\xff\xfe", b'{"a": 1}', b"[1]"])
def test_a_note_of_what_was_stopped_that_is_none_is_one_clear_error_and_stays(tmp_path: Path, content: bytes) -> None:
    with journal.of(tmp_path, "demo") as notes:
        file = notes.file.with_suffix(".stopped")
        file.write_bytes(content)
        with pytest.raises(errors.HostError) as caught:
            notes.stopped()
        assert caught.value.tried == "read what the last backup has stopped"
        assert str(file) in caught.value.actual
        assert file.read_bytes() == content
