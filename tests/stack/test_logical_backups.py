"""A logical backup of a real database, and what a restore of it does to another."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors, facts
from agentchat_check.archive.reading import Archive
from agentchat_check.probes import database, database_state, digests
from agentchat_check.procedures.backup import accounts, grants, method, objects, shadow
from agentchat_check.procedures.backup.logical import Logical
from agentchat_check.session import Session
from agentchat_check.stack import priority
from agentchat_check.stack.running import Stack
from benchmarks import seeded
from databases import administering, archived, run, running, state

if TYPE_CHECKING:
    from docker import DockerClient as Client

ODD = (
    """CREATE TABLE `o``dd/名` (`a``b` INT AUTO_INCREMENT, `unique` VARCHAR(9), KEY first_of_it (`a``b`),
        KEY up ((UPPER(`unique`)))) COMMENT 'CREATE TABLE `x` (\n' PARTITION BY HASH (`a``b`) PARTITIONS 3""",
    "CREATE TABLE searched (a TEXT, b VARCHAR(9), FULLTEXT KEY words (a, b), FULLTEXT KEY more (a), KEY (b))",
    "INSERT INTO `o``dd/名` VALUES (7, 'it''s'), (8, NULL), (8, NULL)",
    "CREATE TABLE nothing (id INT PRIMARY KEY AUTO_INCREMENT, zero INT) AUTO_INCREMENT = 41",
    "CREATE TABLE zeros (id INT PRIMARY KEY AUTO_INCREMENT, v DOUBLE)",
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
    "INSERT INTO zeros VALUES (0, -2.2250738585072014e-308), (1, -1.7976931348623157e308), (2, -0e0)",
    "CREATE TABLE kept_in_turn (a INT PRIMARY KEY, b INT UNIQUE, FOREIGN KEY (b) REFERENCES kept_in_turn (a))",
    "INSERT INTO kept_in_turn VALUES (2, 2), (3, 2 + 1)",
    "CREATE TABLE keyless (a FLOAT, b VARCHAR(9))",
    "INSERT INTO keyless VALUES (16777217, 'x'), (16777217, 'x'), (1.0000001, '\\\\')",
    "CREATE VIEW z_last AS SELECT dialog_id AS d FROM dialog",
    "CREATE VIEW a_first AS SELECT * FROM z_last",
    "SET SESSION sql_mode = 'ANSI_QUOTES', character_set_client = latin1",
    "CREATE PROCEDURE old_style() SELECT '\xe9' AS \"quoted\"",
    "SET NAMES utf8mb4",
)

ACCOUNTS = (
    "CREATE ROLE reading",
    "GRANT SELECT ON agentchat.* TO reading",
    "CREATE USER reader@'10.%' IDENTIFIED BY 'it''s' DEFAULT ROLE reading WITH MAX_USER_CONNECTIONS 3",
    "GRANT UPDATE (name) ON agentchat.dialog TO reader@'10.%'",
    "GRANT reading TO reader@'10.%'",
)


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(client, check_session, tmp_path_factory.mktemp("logical")) as running_stack:
        yield running_stack


@pytest.fixture
def original(stack: Stack) -> Iterator[facts.DatabaseState]:
    """The database, filled; it is empty before and afterwards, and nothing is left beside it."""
    try:
        with administering(stack, "agentchat") as cursor:
            seeded.fill(cursor.connection, 2)
            for statement in ACCOUNTS:
                cursor.execute(statement)
            cursor.execute("SET SESSION foreign_key_checks = 0")
            for statement in ODD:
                cursor.connection.query(
                    statement.encode("utf-8" if statement.isascii() or "名" in statement else "cp1252")
                )
        yield state(stack)
    finally:
        with administering(stack) as cursor:
            cursor.execute("SHOW DATABASES LIKE 'agentchat%'")
            left = {name for (name,) in cursor.fetchall()}
            for name in left:
                cursor.execute(f"DROP DATABASE {name}")
            cursor.execute("CREATE DATABASE agentchat")
            cursor.execute("DROP USER IF EXISTS reader@'10.%'")
            cursor.execute("DROP ROLE IF EXISTS reading")
    assert left == {"agentchat"}


def test_everything_comes_back(stack: Stack, original: facts.DatabaseState, tmp_path: Path) -> None:
    archive, taken = archived(stack, Logical(stack), tmp_path)
    assert taken.database == original
    assert taken.cut.binlog_file.startswith("binlog.")
    assert 0 < taken.cut.locked_for < 10
    run(stack, "DROP USER reader@'10.%'", "REVOKE ALL ON agentchat.* FROM chat@'%'")
    run(stack, "SET foreign_key_checks = 0", "DROP TABLE dialog", "DROP VIEW z_last", "CREATE TABLE newer (a INT)")
    restoration = Logical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    restoration.swap()
    assert state(stack) == original
    restoration.confirm()
    assert state(stack) == original
    with administering(stack, "agentchat") as cursor:
        assert accounts.lost(accounts.read(archive), accounts.look(cursor)) == ()
        cursor.execute("INSERT INTO nothing (zero) VALUES (1)")
        assert cursor.lastrowid == 41
        with pytest.raises(Exception, match="foreign key constraint fails"):
            cursor.execute("INSERT INTO history (dialog_id, role, content, create_time) VALUES ('x', '', '', NOW())")
        pieces = digests.ranges([cursor], "agentchat", {"zeros": method.read_ranges(archive)})
    expected = {piece for piece in method.read_ranges(archive) if piece.table != "nothing"}
    assert expected <= set(pieces)


def test_a_privilege_that_the_server_does_not_know_keeps_no_other_from_coming_back(stack: Stack) -> None:
    run(stack, "CREATE USER newer IDENTIFIED BY 'n'", "GRANT RELOAD, BACKUP_ADMIN ON *.* TO newer WITH GRANT OPTION")
    try:
        with administering(stack) as cursor:
            known, everybody = grants.known(cursor), accounts.look(cursor)
            assert accounts.unknown(everybody, known) == ()
            (newer,) = [account for account in everybody if account.user == "newer"]
            told = [grant.replace("BACKUP_ADMIN", "BACKUP_ADMIN, FUTURE_ADMIN") for grant in newer.grants]
            kept = replace(newer, grants=(*told, "GRANT FUTURE_ADMIN ON *.* TO `newer`@`%`"))
            cursor.execute("DROP USER newer")
            assert accounts.restore(cursor, [kept]) == ()
            (again,) = [account for account in accounts.look(cursor) if account.user == "newer"]
            assert again.grants == newer.grants
            assert accounts.lost([kept], [again], known) == ()
            assert accounts.unknown([kept], known) == ("newer@%: FUTURE_ADMIN",)
    finally:
        run(stack, "DROP USER IF EXISTS newer")


def test_accounts_come_back_with_their_passwords_and_those_that_are_there_keep_theirs(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    run(stack, "CREATE USER gone IDENTIFIED BY 'old'", "GRANT SELECT ON agentchat.* TO gone")
    run(stack, "CREATE USER there IDENTIFIED BY 'old'", "GRANT INSERT ON agentchat.* TO there")
    try:
        archive, _ = archived(stack, Logical(stack), tmp_path)
        run(stack, "DROP USER gone", "ALTER USER there IDENTIFIED BY 'new'", "REVOKE INSERT ON agentchat.* FROM there")
        run(stack, "CREATE USER later IDENTIFIED BY 'l'")
        restoration = Logical(stack).restoration(archive, archive.manifest.database)
        restoration.stage()
        restoration.swap()
        restoration.confirm()
        with administering(stack) as cursor:
            assert accounts.lost(accounts.read(archive), accounts.look(cursor)) == ()
        for user, password in {"gone": "old", "there": "new", "later": "l"}.items():
            assert database.log_in(stack, database.Credentials(user, password, "")).accepted
    finally:
        run(stack, "DROP USER IF EXISTS gone, there, later")


def test_whoever_gives_way_does_not_while_nobody_can_write(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    nice: list[int] = []
    with priority.giving_way():
        archived(stack, Logical(stack), tmp_path, at_the_cut=lambda: nice.append(os.getpriority(os.PRIO_PROCESS, 0)))
        nice.append(os.getpriority(os.PRIO_PROCESS, 0))
    assert nice == [0, 15]


def test_what_is_written_after_the_cut_is_not_in_it(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    over = threading.Event()
    written: list[int] = []

    def write() -> None:
        with administering(stack, "agentchat") as cursor:
            while not over.is_set():
                cursor.execute("INSERT INTO zeros (v) VALUES (1)")
                cursor.execute("UPDATE user SET user_email = UUID()")
                written.append(cursor.lastrowid)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archive, taken = archived(stack, Logical(stack), tmp_path)
    finally:
        over.set()
        writer.join()
    assert len(written) > 10
    restoration = Logical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    restoration.swap()
    restoration.confirm()
    assert state(stack) == taken.database != original


def test_the_original_stays_until_the_swap_and_can_be_put_back_after_it(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    archive, _ = archived(stack, Logical(stack), tmp_path)
    run(stack, "DELETE FROM history", "DROP TRIGGER trimmed", "ALTER DATABASE COLLATE utf8mb4_bin")
    changed = state(stack)
    restoration = Logical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    assert state(stack) == changed
    restoration.swap()
    assert state(stack) == original
    restoration.put_back()
    assert state(stack) == changed


@pytest.mark.parametrize("step", ["drop", "_move", "replace", "put back", "put back: replace"])
def test_whoever_is_killed_in_a_swap_finds_the_original_again(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    archive, _ = archived(stack, Logical(stack), tmp_path)
    run(stack, "DELETE FROM history")
    changed = state(stack)
    restoration = Logical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    if step.startswith("put back"):
        restoration.swap()
    with monkeypatch.context() as patch:
        place = {"_move": shadow, "put back": shadow}.get(step, objects)
        patch.setattr(place, {"put back": "_move"}.get(step, step.removeprefix("put back: ")), killed)
        with pytest.raises(KeyboardInterrupt):
            restoration.put_back() if step.startswith("put back") else restoration.swap()
    again = Logical(stack).restoration(archive, archive.manifest.database)
    again.put_back()
    assert state(stack) == changed
    again.stage()
    again.swap()
    again.confirm()
    assert state(stack) == original


def test_it_is_restored_where_there_is_no_database_yet(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    archive, _ = archived(stack, Logical(stack), tmp_path)
    run(stack, "DROP DATABASE agentchat")
    restoration = Logical(stack).restoration(archive, archive.manifest.database)
    restoration.stage()
    restoration.swap()
    assert state(stack) == original
    restoration.put_back()
    with administering(stack) as cursor:
        assert database_state.names(cursor, "agentchat", "TABLE") == ()


def test_an_older_server_is_refused(stack: Stack) -> None:
    newer = facts.DatabaseState("99.1.4", "agentchat", "", "", "", "", (), "", "", "", ())
    with pytest.raises(errors.StackError) as caught:
        Logical(stack).restoration(Archive, newer)  # type: ignore[arg-type] # it is not looked at
    assert caught.value.expected == "a server of release 99.1 or newer, as the archive's"


def test_a_table_that_cannot_be_seen_at_one_moment_is_refused(stack: Stack, tmp_path: Path) -> None:
    run(stack, "CREATE TABLE old (a INT) ENGINE = MyISAM")
    try:
        with pytest.raises(errors.StackError, match="back up") as caught:
            archived(stack, Logical(stack), tmp_path)
    finally:
        run(stack, "DROP TABLE old")
    assert caught.value.actual == "not so: old (MyISAM)"
    assert list(tmp_path.iterdir()) == []


def test_a_dump_that_fails_leaves_no_archive_and_no_lock(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    run(stack, "CREATE TABLE gone (a INT)", "CREATE VIEW broken AS SELECT a FROM gone", "DROP TABLE gone")
    run(stack, "CREATE TRIGGER fine BEFORE INSERT ON nothing FOR EACH ROW SET NEW.zero = 0")
    with pytest.raises(errors.CheckError):
        archived(stack, Logical(stack), tmp_path)
    assert list(tmp_path.iterdir()) == []
    run(stack, "DROP VIEW broken", "DROP TRIGGER fine")
    assert state(stack) == original


def test_what_is_put_back_has_no_accounts_that_the_restore_made(
    stack: Stack, original: facts.DatabaseState, tmp_path: Path
) -> None:
    archive, _ = archived(stack, Logical(stack), tmp_path)
    run(stack, "DROP USER reader@'10.%'", "DROP ROLE reading", "CREATE USER later IDENTIFIED BY 'l'")
    try:
        changed = state(stack)
        restoration = Logical(stack).restoration(archive, archive.manifest.database)
        restoration.stage()
        restoration.swap()
        assert {"reader@10.%", "reading@%", "later@%"} <= set(state(stack).accounts)
        restoration.put_back()
        assert state(stack) == changed
    finally:
        run(stack, "DROP USER IF EXISTS later")
