"""Every promise about how backups are taken and restored is seen broken: by a defect of the procedure itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentchat_check import facts
from agentchat_check.archive import reading
from agentchat_check.checks import backup
from agentchat_check.faults import planting
from agentchat_check.faults.backup import archives, defects, losses
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import aftermath, by_hand, database, proof, restore, small_disk, take
from agentchat_check.procedures.regular import Regular
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from tests.faults import backup_cases
from tests.faults.broken import assert_breaks

pytestmark = pytest.mark.long


def test_a_damaged_archive_that_is_accepted_is_seen(victim: Stack, tmp_path: Path) -> None:
    Regular.arrive(victim, Ledger()).live(dialogs=1, messages=1)
    taken = take.take(victim, tmp_path / "archives", take.Wishes())
    name = "database/tables/dialog.sql.zst"
    damage = archives.every(taken.path)[f"{name} with a byte flipped"]
    damaged = archives.copied(taken.path, tmp_path / "damaged" / taken.path.name, damage)
    safety = restore.Safety(tmp_path / "safety", take.Wishes())

    def tried() -> Finding:
        before = database.state(victim)
        reason = restore.refusal(victim, damaged, state=tmp_path, replace=safety)
        return backup.refused({name: reason}, before=before, after=database.state(victim))

    assert tried().verdict is Verdict.HOLDS
    with defects.archives_unread():
        assert_breaks([tried()], backup_cases.ACCEPTED)
    victim.settle(timeout=take.PATIENCE)


def test_a_refusal_that_touches_something_is_seen(victim: Stack, tmp_path: Path) -> None:
    Regular.arrive(victim, Ledger()).live(dialogs=1, messages=1)
    taken = take.take(victim, tmp_path, take.Wishes())
    before = database.state(victim)
    with defects.touches_before_it_refuses(victim):
        reason = restore.refusal(victim, taken.path, state=tmp_path)
    assert "has users" in reason
    finding = backup.refused({"a stack with users": reason}, before=before, after=database.state(victim))
    assert_breaks([finding], backup_cases.TOUCHED)


def test_half_an_archive_that_is_left_is_seen(victim: Stack, tmp_path: Path) -> None:
    regular, into = Regular.arrive(victim, Ledger()), tmp_path / "archives"
    before, step = database.state(victim), "copying the cache"
    with planting.in_commands(defects.written_in_place):
        assert killing.killed_at(
            step, victim, ["backup", "take", "--into", str(into), "--leave-secrets-out"], state=tmp_path
        )
    finding = backup.whole_or_nothing({step: aftermath.of_take(regular, into, before)})
    assert_breaks([finding], backup_cases.HALF_LEFT)


def test_a_cache_of_another_moment_is_seen(victim: Stack, tmp_path: Path) -> None:
    Regular.arrive(victim, Ledger())
    with defects.cache_saved_late(lambda: Regular.arrive(victim, Ledger())):
        taken = take.take(victim, tmp_path, take.Wishes())
    archive, safety = reading.open_archive(taken.path), restore.Safety(tmp_path / "safety", take.Wishes())
    restore.restore(victim, archive, replace=safety, state=tmp_path)
    assert_breaks([backup.agrees(proof.sessions(victim, archive))], backup_cases.ANOTHER_MOMENT)


def test_a_password_that_is_lost_is_seen(victim: Stack) -> None:
    regular = Regular.arrive(victim, Ledger())
    assert backup.goes_on(regular.chat_on()).verdict is Verdict.HOLDS
    losses.passwords_lost(victim)
    assert_breaks([backup.goes_on(regular.chat_on())], backup_cases.PASSWORDS_LOST)


def test_a_restore_that_the_next_does_not_finish_is_seen(victim: Stack, tmp_path: Path) -> None:
    Regular.arrive(victim, Ledger())
    services = take.running(victim)
    taken, step = take.take(victim, tmp_path / "archives", take.Wishes()), "comparing everything"
    arguments = ["backup", "restore", str(taken.path), "--replace", "--into", str(tmp_path / "safety")]
    with planting.in_commands(defects.nothing_noted):
        assert killing.killed_at(step, victim, arguments, state=tmp_path)
        amiss = aftermath.of_restore(victim, arguments, state=tmp_path, services=services)
    take.start(victim, services)
    assert_breaks([backup.finishes({step: amiss})], backup_cases.NOT_FINISHED)


def test_a_restore_that_takes_away_before_it_finds_no_room_is_seen(check_session: Session, tmp_path: Path) -> None:
    with (
        check_session.unstarted_stack() as stack,
        small_disk.under(stack, size=1 << 30, timeout=take.PATIENCE) as disk,
    ):
        regular = Regular.arrive(stack, Ledger())
        regular.live(dialogs=1, messages=1)
        taken, before = take.take(stack, tmp_path / "archives", take.Wishes()), database.state(stack)
        arguments = ["backup", "restore", str(taken.path), "--replace", "--into", str(tmp_path / "safety")]
        with planting.in_commands(defects.loads_over_what_is_there):
            said = disk.fills_up(arguments, state=tmp_path, leaving=256 * 1024)
        amiss = aftermath.of_full_disk(regular, before, said)
    assert_breaks([backup.puts_back({"256 KiB of room": amiss})], backup_cases.TAKEN_AWAY)


def test_a_copy_without_a_snapshot_is_seen(victim: Stack, tmp_path: Path) -> None:
    # The last one: what it leaves in the database does not fit together, and nobody can register any more.
    regular = Regular.arrive(victim, Ledger())
    regular.live(dialogs=1, messages=1)
    moment = facts.CutLine(datetime.now(UTC), 0.0, "", 0, "")
    defects.dump_table_by_table(victim, tmp_path, lambda: regular.live(dialogs=1, messages=1))
    by_hand.load(victim, tmp_path)
    rows = [entry for entry in regular.written() if entry.kind != "file"]  # a dump holds none
    assert_breaks([backup.honours_cut(rows, regular.read_back(), moment)], backup_cases.NO_SNAPSHOT)
