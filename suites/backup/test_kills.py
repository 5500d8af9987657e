"""What is left when a backup or a restore is killed halfway?"""

import pytest

from agentchat_check.checks import backup, durability
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import aftermath, database, take
from agentchat_check.procedures.backup.methods import METHODS
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("method", METHODS)
def test_a_backup_that_is_killed_leaves_nothing_behind(stack, method, ledger, tmp_path, verify):
    """Killed at any step, a backup leaves no archive that looks whole and is not, and an application that works.

    Procedure:
        1. Take a backup, and kill it (kill -9) when it begins to copy the database. Likewise at each later step.
        2. Every archive that is listed then verifies; the database is as it was, and users write at once.
        3. The next backup succeeds.

    If it fails:
        Verify every archive before you rely on it. Where users cannot write, somebody holds a lock: SHOW PROCESSLIST.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live(dialogs=1, messages=1)
    amiss = {}
    for step in killing.TAKING:
        before, into = database.state(stack), tmp_path / step.replace(" ", "-")
        arguments = ["backup", "take", "--into", str(into), "--method", method, "--leave-secrets-out"]
        if not killing.killed_at(step, stack, arguments, state=tmp_path / "state"):
            continue
        amiss[step] = aftermath.of_take(regular, into, before)
        killing.run(stack, arguments, state=tmp_path / "state")
    verify(backup.whole_or_nothing(amiss))


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("method", METHODS)
def test_a_restore_that_is_killed_is_finished_by_the_next(stack, method, ledger, tmp_path, verify):
    """Killed at any step, a restore loses nothing: the next one finishes it, and proves it.

    Procedure:
        1. Users write. Take a backup; they write more.
        2. Restore, told to replace what is there, and kill it (kill -9) when it begins its first step. Restore once
           more: it ends, and everything is as the archive notes it. Likewise for each later step.
        3. Log in with the old password and read back what was acknowledged before the cut.

    If it fails:
        What was there before is in the safety copy, and in the volumes beside the data: .agentchat-check-before.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live(dialogs=1, messages=1)
    written = regular.written()
    taken = take.take(stack, tmp_path / "archives", take.Wishes(method))
    amiss, services = {}, take.running(stack)
    for step in killing.RESTORING:
        arguments = ["backup", "restore", str(taken.path), "--replace", "--into", str(tmp_path / "safety")]
        if killing.killed_at(step, stack, arguments, state=tmp_path / "state"):
            amiss[step] = aftermath.of_restore(stack, arguments, state=tmp_path / "state", services=services)
    verify(
        backup.finishes(amiss),
        durability.nothing_lost(written, regular.read_back(), "restores that were killed"),
    )
