"""Does a backup bring everything back?"""

from datetime import UTC, datetime

import pytest

from agentchat_check.archive import reading
from agentchat_check.checks import backup, durability, thresholds
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.backup import database, objectives, other_version, proof, restore, take
from agentchat_check.procedures.backup.methods import METHODS
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive
@pytest.mark.parametrize("method", METHODS)
def test_a_backup_brings_everything_back_on_an_empty_host(stack, method, ledger, settings, tmp_path, exhibit, verify):
    """A backup of a running stack brings back every user, dialog, message, file and session on an empty host.

    Procedure:
        1. Users register, log in, hold conversations, upload a file.
        2. Take a backup while the application runs.
        3. Lose the host: every container and every volume. Start the same release, empty.
        4. Restore. Compare every table by digest, schema, accounts and grants, every key of the cache with its end,
           every file.
        5. Log in with the old password, read everything back, and chat on.

    If it fails:
        Do not upgrade this installation. Stop it, and copy its volumes by hand until a release passes.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    taken = take.take(stack, tmp_path / "archives", take.Wishes(method))
    ended = datetime.now(UTC)
    stack.act("down", "--volumes", timeout=settings.up_timeout)
    stack.up(timeout=settings.up_timeout, unhealthy_too=True)
    restored = restore.restore(stack, reading.open_archive(taken.path), replace=None, state=tmp_path / "state")
    found = regular.read_back()
    measured = objectives.Objectives(
        at=taken.contents.taken_at.isoformat(),
        deployment=stack.name,
        method=method,
        bytes=reading.open_archive(taken.path).manifest.stored_bytes,
        lost=objectives.lost(regular.written(), taken.contents.cut, ended),
        back=restored.seconds,
    )
    exhibit("what backups lose, and how long restores take", objectives.keep(settings.state, measured))
    verify(
        backup.whole(taken.contents.omissions),
        *restored.findings,
        durability.nothing_lost(regular.written(), found, "backup and restore on an empty host"),
        backup.goes_on(regular.chat_on()),
    )


@pytest.mark.disruptive
def test_a_backup_is_restored_into_another_version_of_the_database(other_stack, stack, ledger, tmp_path, verify):
    """A logical backup brings everything back in another version of the database.

    Procedure:
        1. Name an image of another version: other_database in agentchat-check.toml. Start the same release with it,
           empty.
        2. Users register, log in, hold conversations, upload a file. Take a logical backup.
        3. Restore it into the other version. Compare every table by digest, schema, accounts with the privileges that
           both versions know, every key of the cache, every file.
        4. Log in with the old password, read everything back, and chat on.

    If it fails:
        Do not move this installation to that version of the database; the finding names what would not come along.
    """
    other_version.require(other_stack, than=stack)
    regular = Regular.arrive(stack, ledger)
    regular.live()
    taken = take.take(stack, tmp_path / "archives", take.Wishes())
    archive = reading.open_archive(taken.path)
    restored = restore.restore(other_stack, archive, replace=None, state=tmp_path / "state")
    moved = regular.moved_to(other_stack)
    verify(
        *restored.findings,
        durability.nothing_lost(regular.written(), moved.read_back(), "a restore into another version"),
        backup.goes_on(moved.chat_on()),
    )


@pytest.mark.disruptive
def test_a_backup_is_restored_in_place(stack, ledger, settings, tmp_path, verify):
    """Restored where it was taken, a backup undoes what came after it; and that is in a copy of its own.

    Procedure:
        1. Users write. Take a backup. They write more.
        2. Restore without being told to replace anything: it is refused, and nothing changes.
        3. Restore, told to replace what is there: a safety copy is taken first.
        4. What was acknowledged before the cut is there, what began after it is not.
        5. Restore the safety copy: everything is there.

    If it fails:
        Take a copy of the volumes before you restore anything on this installation.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    taken = take.take(stack, tmp_path / "archives", take.Wishes())
    regular.live()
    archive, state = reading.open_archive(taken.path), tmp_path / "state"
    before = database.state(stack)
    reason = restore.refusal(stack, archive, state=state)
    refused = backup.refused({"a stack with users": reason}, before=before, after=database.state(stack))
    safety = restore.Safety(tmp_path / "safety", take.Wishes())
    restored = restore.restore(stack, archive, replace=safety, state=state)
    back = backup.honours_cut(regular.written(), regular.read_back(), taken.contents.cut)
    again = restore.restore(stack, reading.open_archive(restored.safety_copy), replace=safety, state=state)
    verify(
        refused,
        *restored.findings,
        back,
        *again.findings,
        durability.nothing_lost(regular.written(), regular.read_back(), "a restore of the safety copy"),
    )


@pytest.mark.disruptive
@pytest.mark.parametrize("method", METHODS)
def test_a_backup_shows_one_moment(stack, method, ledger, alarms, tmp_path, exhibit, verify):
    """Taken while users write, a backup holds all that was acknowledged before its cut, and nothing of after it.

    Procedure:
        1. Users write all the time: dialogs, messages, files, log-ins.
        2. Take a backup meanwhile. They go on.
        3. Restore it in place, and read everything back: what was acknowledged before the cut is there, what began
           after it is not. Whoever has a session in the cache is a user of the database.
        4. While the backup was taken, no answer took longer than the manual's second.

    If it fails:
        A backup that mixes two moments has messages without dialogs, and sessions without users. Take backups with
        --cold until a release passes.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    with meanwhile.users_write(regular) as writers:
        taken = take.take(stack, tmp_path / "archives", take.Wishes(method))
        writers.go_on()
    exhibit(f"answers while a {method} backup was taken", writers.table())
    archive = reading.open_archive(taken.path)
    safety = restore.Safety(tmp_path / "safety", take.Wishes(method))
    restored = restore.restore(stack, archive, replace=safety, state=tmp_path / "state")
    verify(
        *restored.findings,
        backup.honours_cut(regular.written(), regular.read_back(), taken.contents.cut),
        backup.agrees(proof.sessions(stack, archive)),
        thresholds.response_below_alarm(writers.answers(), alarms),
    )
