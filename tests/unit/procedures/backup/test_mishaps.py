"""What is amiss after a mishap is told in words, and what the command says of a full disk is passed on."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import archives
from agentchat_check import errors
from agentchat_check.procedures.backup import aftermath, mishaps, take
from agentchat_check.procedures.regular import Regular
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container

COMMAND = "agentchat_check.cli"


def test_what_a_full_disk_does_to_a_backup_is_what_the_command_says(
    stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    programs.answer(COMMAND, stderr="expected: room on the disk", returncode=2)
    into = tmp_path / "archives"
    said = mishaps.out_of_room(stack, into, state=tmp_path, size=4096, options=["--method", "physical"])
    assert said == "expected: room on the disk"
    assert programs.lines[-1].startswith("unshare --mount sh -ec ")
    assert f"sh 4096 {into}-disk {into} " in programs.lines[-1]
    assert "--method physical" in programs.lines[-1]


def test_a_backup_that_had_room_enough_says_nothing(stack: Stack, programs: Programs, tmp_path: Path) -> None:
    programs.answer(COMMAND, "{}")
    assert mishaps.out_of_room(stack, tmp_path / "archives", state=tmp_path, size=4096) == ""


def test_disks_are_too_small_by_the_size_of_the_archive_that_they_are_for(tmp_path: Path) -> None:
    written = archives.write(tmp_path, {"database/dump.sql": b"x" * 100_000})
    whole = sum(file.stat().st_size for file in written.rglob("*") if file.is_file())
    disks = mishaps.too_small(cast("take.Taken", SimpleNamespace(path=written)))
    assert disks == {
        "a tenth of the room": whole // 10,
        "half of the room": whole // 2,
        "nine tenths of the room": whole * 9 // 10,
    }


def test_who_may_not_mount_is_told_so(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(errors.HostError, match="user 1000"):
        mishaps.out_of_room(stack, tmp_path / "archives", state=tmp_path, size=4096)


def test_a_next_restore_that_fails_is_amiss(stack: Stack, programs: Programs, tmp_path: Path) -> None:
    programs.answer(COMMAND, stderr="no", returncode=2)
    assert aftermath.of_restore(stack, ["restore", "a"], state=tmp_path, services=[]) == ["the next one fails: no"]


def test_a_next_restore_that_proves_less_or_leaves_a_service_down_is_amiss(
    engine: Engine, stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    findings = [{"verdict": "HOLDS", "actual": "fine"}, {"verdict": "BROKEN", "actual": "dialog: is not there"}]
    programs.answer(COMMAND, json.dumps({"findings": findings}))
    engine.containers = [container("backend", state={"Status": "exited"}), container("frontend"), container("mysql")]
    amiss = aftermath.of_restore(stack, ["restore", "a"], state=tmp_path, services=["backend", "frontend"])
    assert amiss == ["dialog: is not there", "backend does not run any more"]


def test_a_restore_without_room_has_to_say_so_and_leave_the_database_as_it_was(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = archives.contents().database
    monkeypatch.setattr("agentchat_check.procedures.backup.database.state", lambda _: before)
    regular = cast("Regular", SimpleNamespace(stack=stack))
    assert aftermath.of_full_disk(regular, before, "expected: room on the disk") == []
    assert aftermath.of_full_disk(regular, replace(before, tables=()), "lost connection") == [
        "it does not say what is wrong: lost connection",
        "the database is not as it was",
    ]
