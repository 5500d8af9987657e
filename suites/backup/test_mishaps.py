"""What is left when a disk runs full, or the engine is lost, halfway through a backup or a restore?"""

import pytest

from agentchat_check.checks import backup, durability
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import aftermath, database, mishaps, small_disk, take
from agentchat_check.procedures.backup.methods import METHODS
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("method", METHODS)
def test_a_backup_without_room_leaves_nothing_behind(stack, method, ledger, tmp_path, verify):
    """Where the disk of the archives runs full, a backup says so, and leaves nothing of itself there.

    Procedure:
        1. Take a backup, and see how large it is.
        2. Take others into a directory on a disk of a tenth of that, of half and of nine tenths; mounting one needs
           root. Each fails for want of room. No archive is there; the database is as it was, and users write at once.
        3. The next backup, into a directory with room, succeeds.

    If it fails:
        Verify every archive before you rely on it, and watch how full the disk of the archives is.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live(dialogs=1, messages=1)
    amiss, options = {}, ["--method", method, "--leave-secrets-out"]
    disks = mishaps.too_small(take.take(stack, tmp_path / "whole", take.Wishes(method)))
    for disk, size in disks.items():
        before, into = database.state(stack), tmp_path / disk
        said = mishaps.out_of_room(stack, into, state=tmp_path / "state", size=size, options=options)
        left = [f"{path.name} is left" for path in into.iterdir()]
        named = [] if "room on the disk" in said else [f"it does not say what is wrong: {said or 'it succeeded'}"]
        amiss[disk] = [*named, *left, *aftermath.of_take(regular, into, before)]
    killing.run(stack, ["backup", "take", "--into", str(tmp_path / "archives"), *options], state=tmp_path / "state")
    verify(backup.whole_or_nothing(amiss))


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("method", METHODS)
def test_a_backup_whose_engine_is_lost_leaves_nothing_behind(stack, method, settings, ledger, tmp_path, verify):
    """Where the engine is lost halfway, a backup ends with an error, and leaves no archive.

    Procedure:
        1. Take a backup, and kill every container when it begins to copy the database, or the cache; with
           restart_engine in agentchat-check.toml restart the engine itself. Start all.
        2. Every archive that is listed verifies; the database is as it was, and users write at once.
        3. The next backup succeeds.

    If it fails:
        Verify every archive before you rely on it. What a backup had copied inside the database's container may be
        left there: /tmp/agentchat-check-clone.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live(dialogs=1, messages=1)
    amiss, state = {}, tmp_path / "state"
    for step in ("copying the database", "copying the cache"):
        before, into = database.state(stack), tmp_path / step.replace(" ", "-")
        arguments = ["backup", "take", "--into", str(into), "--method", method, "--leave-secrets-out"]
        if mishaps.engine_lost_at(step, stack, arguments, state=state, settings=settings):
            regular.come_again()
            amiss[step] = aftermath.of_take(regular, into, before)
            killing.run(stack, arguments, state=state)
    verify(backup.whole_or_nothing(amiss))


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("method", METHODS)
def test_a_restore_whose_engine_is_lost_is_finished_by_the_next(stack, method, settings, ledger, tmp_path, verify):
    """Where the engine is lost halfway, a restore loses nothing: the next one finishes it, and proves it.

    Procedure:
        1. Users write. Take a backup.
        2. Restore, told to replace what is there, and kill every container, or restart the engine, when it begins to
           restore the database; likewise when it compares. Start all. Restore once more: it ends, with proof.
        3. Log in with the old password and read back what was acknowledged before the cut.

    If it fails:
        What was there before is in the safety copy, and in the volumes beside the data: .agentchat-check-before.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live(dialogs=1, messages=1)
    written, services, state = regular.written(), take.running(stack), tmp_path / "state"
    taken = take.take(stack, tmp_path / "archives", take.Wishes(method))
    arguments = ["backup", "restore", str(taken.path), "--replace", "--into", str(tmp_path / "safety")]
    amiss = {}
    for step in ("restoring the database", "comparing everything"):
        if mishaps.engine_lost_at(step, stack, arguments, state=state, settings=settings):
            amiss[step] = aftermath.of_restore(stack, arguments, state=state, services=services)
    verify(
        backup.finishes(amiss),
        durability.nothing_lost(written, regular.read_back(), "restores whose engine was lost"),
    )


@pytest.mark.disruptive
@pytest.mark.parametrize("method", METHODS)
def test_a_restore_without_room_puts_everything_back(unstarted_stack, method, settings, ledger, tmp_path, verify):
    """Where the disk of the database runs full during a restore, that says so, and everything is as it was.

    Procedure:
        1. Start with the database's volume on a disk of 1 GiB of its own, which lies in memory.
        2. Users write. Take a backup; they write more.
        3. Restore, told to replace what is there. Once the command has seen that there is room, fill the disk but for
           256 KiB, then but for 2 and for 16 MiB. It fails for want of room, and the database is as it was.
        4. Make room. Users write at once. Restore once more: it ends, with proof.

    If it fails:
        Restore only where the database's disk has room for its data twice. What was there before is in the safety
        copy.
    """
    with small_disk.under(unstarted_stack, size=1 << 30, timeout=settings.up_timeout) as disk:
        regular, state = Regular.arrive(disk.stack, ledger), tmp_path / "state"
        regular.live(dialogs=1, messages=1)
        until_then, written, services = regular.as_of_now(), regular.written(), take.running(disk.stack)
        taken = take.take(disk.stack, tmp_path / "archives", take.Wishes(method))
        arguments = ["backup", "restore", str(taken.path), "--replace", "--into", str(tmp_path / "safety")]
        amiss = {}
        for kib in (256, 2048, 16384):
            regular.live(dialogs=1, messages=1)
            before = database.state(disk.stack)
            said = disk.fills_up(arguments, state=state, leaving=kib * 1024)
            found = aftermath.of_full_disk(regular, before, said) if said else []
            disk.make_room()
            disk.stack.settle(timeout=settings.up_timeout, unhealthy_too=True)
            if said:
                again = aftermath.of_restore(disk.stack, arguments, state=state, services=services)
                amiss[f"{kib} KiB of room"] = [*found, *again]
        verify(
            backup.puts_back(amiss),
            durability.nothing_lost(written, until_then.read_back(), "restores whose disk ran full"),
        )
