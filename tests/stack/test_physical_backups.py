"""A physical backup of a real database, hot and cold, and what a restore of it does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors, facts
from agentchat_check.archive import tars
from agentchat_check.archive.streams import Nowhere
from agentchat_check.deployment import Role
from agentchat_check.probes import database_state
from agentchat_check.procedures.backup import accounts, clone, directory
from agentchat_check.procedures.backup.physical import Physical
from agentchat_check.session import Session
from agentchat_check.stack import priority
from agentchat_check.stack.running import Stack
from benchmarks import seeded
from databases import administering, archived, run, running, state

if TYPE_CHECKING:
    from docker import DockerClient as Client

DATA = "/var/lib/mysql"


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(client, check_session, tmp_path_factory.mktemp("physical")) as running_stack:
        with administering(running_stack, "agentchat") as cursor:
            seeded.fill(cursor.connection, 2)
        yield running_stack


@pytest.fixture
def original(stack: Stack) -> Iterator[facts.DatabaseState]:
    """The database as it is; afterwards nothing is left beside it."""
    yield state(stack)
    assert left_behind(stack) == ""


def left_behind(stack: Stack) -> str:
    """What there is of ours in the database's container, and the plugin that was not there before."""
    _, files = stack.execute("mysql", ["sh", "-c", f"ls -d {DATA}/.agent* /tmp/agent* 2>/dev/null"])
    with administering(stack) as cursor:
        cursor.execute("SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'")
        return files + str(cursor.fetchall() or "")


def mess_up(stack: Stack) -> facts.DatabaseState:
    run(stack, "DELETE FROM history LIMIT 100", "CREATE USER IF NOT EXISTS messing@localhost", "DROP VIEW IF EXISTS a")
    return state(stack)


@pytest.mark.parametrize("cold", [False, True])
def test_everything_comes_back(stack: Stack, original: facts.DatabaseState, tmp_path: Path, *, cold: bool) -> None:
    began: list[str] = []
    archive, taken = archived(stack, Physical(stack, cold=cold), tmp_path, at_the_cut=lambda: began.append("cache"))
    assert began == ["cache"]
    assert taken.database == original
    assert taken.cut.binlog_file.startswith("binlog.")
    assert left_behind(stack) == ""
    mess_up(stack)
    restoration = Physical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    restoration.swap()
    assert state(stack) == original
    restoration.confirm()
    with administering(stack, "agentchat") as cursor:
        cursor.execute("SELECT @@server_uuid")
        (server,) = cursor.fetchone() or ("",)
    stack.act("restart", "mysql")
    directory.start(stack)
    with administering(stack, "agentchat") as cursor:
        cursor.execute("SELECT @@server_uuid")
        assert cursor.fetchone() == (server,)
    assert state(stack) == original


def test_what_is_written_meanwhile_is_in_it_up_to_the_cut(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    over = threading.Event()
    written: list[int] = []

    def write() -> None:
        with administering(stack, "agentchat") as cursor:
            while not over.is_set():
                cursor.execute("INSERT INTO every_type (an_int) VALUES (1)")
                cursor.execute("UPDATE user SET user_email = UUID() WHERE user_id < 20")
                written.append(cursor.lastrowid)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archive, taken = archived(stack, Physical(stack), tmp_path)
    finally:
        over.set()
        writer.join()
    assert len(written) > 10
    assert taken.cut.locked_for < 10
    restoration = Physical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    restoration.swap()
    restoration.confirm()
    assert state(stack) == taken.database != original


def test_whoever_gives_way_does_not_while_nobody_can_write(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    nice: list[int] = []
    with priority.giving_way():
        archived(stack, Physical(stack), tmp_path, at_the_cut=lambda: nice.append(os.getpriority(os.PRIO_PROCESS, 0)))
        nice.append(os.getpriority(os.PRIO_PROCESS, 0))
    assert nice == [0, 15]


def test_without_a_binary_log_to_look_at_nobody_writes_all_along(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone.cut, "log_position", lambda _: clone.cut.NO_LOG)
    began: list[str] = []
    _, taken = archived(stack, Physical(stack), tmp_path, at_the_cut=lambda: began.append("cache"))
    assert (taken.database, taken.cut.binlog_file, began) == (original, "", ["cache"])


def test_the_original_can_be_put_back_after_the_swap(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    archive, _ = archived(stack, Physical(stack), tmp_path)
    changed = mess_up(stack)
    restoration = Physical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    assert state(stack) == changed
    restoration.swap()
    assert state(stack) == original
    restoration.put_back()
    assert state(stack) == changed


@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("mkdir -m 700", 'mv ibdata1 "$leaving/"'),
        ("each . leave", ":"),
        ('mv "$leaving"', 'mv "$new/data/ibdata1" .'),
        ('each "$new/data" come', ":"),
    ],
)
def test_whoever_is_killed_in_a_swap_finds_the_original_again(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str, then: str
) -> None:
    archive, _ = archived(stack, Physical(stack), tmp_path)
    changed = mess_up(stack)
    restoration = Physical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    script = vars(directory)["_SWAP"]
    until = script.index("\n", script.rindex(f"\n{after}") + 1)
    monkeypatch.setattr(directory, "_SWAP", f"{script[:until]}\n{then}; exit 9")
    with pytest.raises(errors.StackError, match="work among the volumes"):
        restoration.swap()
    assert stack.service(Role.DATABASE).state == "exited"
    monkeypatch.undo()
    Physical(stack).recover(archive)
    assert state(stack) == changed
    again = Physical(stack).restoration(archive, archive.manifest.database)
    again.stage()
    again.swap()
    again.confirm()
    assert state(stack) == original


def test_another_password_is_refused(stack: Stack, original: facts.DatabaseState, tmp_path: Path) -> None:
    archive, _ = archived(stack, Physical(stack), tmp_path)
    with administering(stack) as cursor:
        kept = accounts.look(cursor)
        assert accounts.refusing(stack, cursor, kept) == ()
        cursor.execute("ALTER USER chat@'%' IDENTIFIED BY 'another'")
        cursor.execute("ALTER USER chat@'%' IDENTIFIED BY 'p'")
        again = accounts.look(cursor)
        assert [account.hash for account in kept] != [account.hash for account in again]
        assert accounts.refusing(stack, cursor, again) == ()
        cursor.execute("ALTER USER chat@'%' IDENTIFIED BY 'another'")
        assert accounts.refusing(stack, cursor, accounts.look(cursor)) == ("chat@%",)
        cursor.execute("ALTER USER chat@'%' IDENTIFIED BY 'p'")
    assert Physical(stack).restoration(archive, archive.manifest.database)


def test_a_server_that_cannot_read_the_files_is_refused(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    archive, _ = archived(stack, Physical(stack), tmp_path)
    newer = facts.DatabaseState("99.1.4", "agentchat", "", "", "", "", (), "", "", "", ())
    with pytest.raises(errors.StackError) as caught:
        Physical(stack).restoration(archive, newer)
    assert caught.value.expected.startswith("a server of release 99.1, not older than 99.1.4, with pages of ")


def test_a_copy_without_room_is_refused_before_it_begins(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone, "_ROOM", 10**9)
    with pytest.raises(errors.HostError, match="copy the database's directory"):
        archived(stack, Physical(stack), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_a_clone_would_leave_empty_is_refused(stack: Stack, tmp_path: Path) -> None:
    run(stack, "CREATE TABLE old (a INT) ENGINE = MyISAM")
    try:
        with pytest.raises(errors.StackError) as caught:
            archived(stack, Physical(stack), tmp_path)
    finally:
        run(stack, "DROP TABLE old")
    assert caught.value.actual == "not so: old (MyISAM)"
    assert left_behind(stack) == ""


def test_a_cold_copy_while_somebody_writes_is_refused(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    def late(*_: object) -> facts.DatabaseState:
        run(stack, "INSERT INTO every_type (id) VALUES (1000000)", "DELETE FROM every_type WHERE id = 1000000")
        return original

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_state, "state", late)
        with pytest.raises(errors.StackError, match="back up the database") as caught:
            archived(stack, Physical(stack, cold=True), tmp_path)
    assert caught.value.actual.startswith("something was written: the binary log went on to binlog.")
    assert stack.service(Role.DATABASE).state == "running"


def test_a_copy_in_memory_is_read_too(client: Client, check_session: Session, tmp_path: Path) -> None:
    with running(client, check_session, tmp_path, tmpfs=["/tmp"]) as in_memory:  # noqa: S108 - of the container
        archive, taken = archived(in_memory, Physical(in_memory), tmp_path / "archives")
        assert taken.database == state(in_memory)
        assert left_behind(in_memory) == ""
    archive.verify()
    with archive.part(directory.PART) as source:
        tree = tars.check(source, Nowhere(), mounted_at="/data")
    assert tree.files > 5
