"""What is left of an upgrade or a rollback that is cut short, or of a release that turns out not to work?"""

import pytest

from agentchat_check.checks import durability, undoing, upgrade
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import killing
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import adversity, aftermath, passage, rollback, run, trial, variants
from agentchat_check.procedures.upgrade.outcome import RolledBack, Wishes

DATA = {"on-the-data-as-they-are": (), "with-the-backup": ("--restore-data", "--lose-newer-writes")}


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_an_upgrade_that_is_killed_is_finished_or_undone(stack, pair, apart, tmp_path, verify):
    """Killed at any step, an upgrade is finished or undone by the next run, and nothing acknowledged is lost.

    Procedure:
        1. Users write. Upgrade, and kill it (kill -9) when it begins its first step. Upgrade once more, unless it had
           ended: one release runs, whole, by its digests; every call works, and everything acknowledged is there.
        2. Roll back to the data of before, and likewise for each later step.

    If it fails:
        agentchat-check upgrade status says where it stands. Run the same upgrade again, or roll back; the backup of
        before is in the directory of the backups.
    """
    wishes, amiss = Wishes(tmp_path / "backups", restore_data=True, lose_newer_writes=True), {}
    arguments = ["upgrade", "run", "--to", pair.after, "--into", str(wishes.into)]
    for step in killing.UPGRADING:
        regular = Regular.arrive(stack, Ledger())
        regular.live(dialogs=1, messages=1)
        if killing.killed_at(step, stack, arguments, state=apart.state):
            amiss[step] = aftermath.of_run(regular, arguments, state=apart.state)
        if amiss.get(step):
            break
        rollback.rollback(stack, apart, wishes)
    verify(undoing.finishes_or_undoes(amiss))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
@pytest.mark.parametrize("options", DATA.values(), ids=DATA)
def test_a_rollback_that_is_killed_is_finished(stack, target, options, apart, tmp_path, verify):
    """Killed at any step, a rollback is finished by the next, and never turns round.

    Procedure:
        1. Users write. Upgrade. Roll back, and kill it (kill -9) when it begins its first step. Roll back once more,
           unless it had ended: the former release runs, whole, by its digests; every call works, and everything that
           was acknowledged before the upgrade is there.
        2. Likewise for each later step; also where the data of the backup are put back.

    If it fails:
        agentchat-check upgrade status says where it stands. Roll back once more. What was there before the data were
        put back is in the safety copy, in the directory of the backups.
    """
    wishes, amiss = Wishes(tmp_path / "backups"), {}
    arguments = ["upgrade", "rollback", "--into", str(wishes.into), *options]
    for step in killing.ROLLING_BACK + (killing.RESTORING if options else ()):
        regular = Regular.arrive(stack, Ledger())
        regular.live(dialogs=1, messages=1)
        run.run(stack, target, apart, wishes)
        if killing.killed_at(step, stack, arguments, state=apart.state):
            amiss[step] = aftermath.of_rollback(regular, arguments, state=apart.state)
        if amiss.get(step):
            break
    verify(undoing.finishes_or_undoes(amiss))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_migration_whose_database_is_lost_is_finished_or_undone(stack, target, pair, apart, ledger, tmp_path, verify):
    """Where the database is killed in the middle of a migration, one release runs in the end, and nothing is lost.

    Procedure:
        1. Users write. Upgrade; kill the database while the new release changes a table.
        2. In the end the new release runs, or the former one again: whole, by its digests. Every call works, and
           everything that was acknowledged is there.

    If it fails:
        Start the database, and see agentchat-check upgrade status; run the upgrade again, or roll back. If neither
        works, restore the backup of before by hand.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    with adversity.database_lost(stack) as tell:
        done = run.run(stack, target, apart, Wishes(tmp_path / "backups"), tell)
    amiss = aftermath.seen(regular, apart.state)
    if not isinstance(done, RolledBack):
        rollback.rollback(stack, apart, Wishes(tmp_path / "backups", restore_data=True, lose_newer_writes=True))
    verify(undoing.finishes_or_undoes({"the database is lost in the middle of a migration": amiss}))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_release_that_never_gets_healthy_is_undone(stack, target, pair, apart, ledger, tmp_path, exhibit, verify):
    """A new release that does not pass its health check is rolled back by itself, while users write.

    Procedure:
        1. Users write. Upgrade to the new release with a health check of its backend that always fails.
        2. It is rolled back, and says why: the former release runs, by its digests; every call works, and everything
           that was acknowledged is there.

    If it fails:
        agentchat-check upgrade rollback. Watch the new release's health yourself before you let it take over.
    """
    regular, subject = Regular.arrive(stack, ledger), f"{pair}, which never gets healthy"
    regular.live()

    def sick(running):
        return variants.never_healthy(target(running), tmp_path / "sick")

    tried = trial.with_users(regular, lambda: run.run(stack, sick, apart, Wishes(tmp_path / "backups")), apart)
    exhibit(f"what users saw of {subject}", passage.table(tried.passage))
    verify(
        undoing.finishes_or_undoes({subject: aftermath.not_undone(tried.done, "health")}),
        upgrade.exact_images(tried.before.images, tried.services, subject=subject),
        upgrade.works_after(tried.calls, subject, tried.before.calls),
        durability.nothing_lost(regular.written(), tried.found, subject),
    )


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_release_that_is_healthy_and_wrong_is_undone(stack, target, pair, apart, ledger, tmp_path, exhibit, verify):
    """A new release whose health says OK while a call does not work is rolled back by itself, while users write.

    Procedure:
        1. Users write. Upgrade; when every call is tried, a column of the database is missing. Health says OK.
        2. It is rolled back, and says why: the former release runs, by its digests; with that column every call works,
           and everything that was acknowledged is there.

    If it fails:
        agentchat-check upgrade rollback. After every upgrade make each call by hand before you let users in.
    """
    regular, subject = Regular.arrive(stack, ledger), f"{pair}, where a column is missing"
    regular.live()
    with adversity.column_missing(stack) as tell:
        tried = trial.with_users(
            regular, lambda: run.run(stack, target, apart, Wishes(tmp_path / "backups"), tell), apart
        )
    exhibit(f"what users saw of {subject}", passage.table(tried.passage))
    verify(
        undoing.finishes_or_undoes({subject: aftermath.not_undone(tried.done, "dialog")}),
        upgrade.exact_images(tried.before.images, tried.services, subject=subject),
        upgrade.works_after(tried.calls, subject, tried.before.calls),
        durability.nothing_lost(regular.written(), tried.found, subject),
    )
