"""Is there a way back, and what does it cost?"""

import pytest

from agentchat_check.checks import carried, durability, undoing, upgrade
from agentchat_check.deployment import Role
from agentchat_check.faults.upgrade import tags
from agentchat_check.procedures import starting
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import (
    adversity,
    aftermath,
    brought,
    passage,
    returning,
    rollback,
    run,
    trial,
    way_back,
)
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.stack import pinning


@pytest.mark.disruptive
@pytest.mark.pairs("skipping")
def test_there_is_a_way_back_and_up_again(stack, target, pair, ledger, apart, tmp_path, exhibit, verify):
    """Whoever wrote before an upgrade and after it finds everything after a rollback, or is told what it costs.

    Procedure:
        1. Users write. Upgrade; they write more. Roll back while they go on: the former release runs on the data as
           the newer one left them, and every call is tried.
        2. Where a call does not work there, the rollback needs the backup: it stops, and says which writes that loses.
           Tell it to lose them; what there was is copied before.
        3. The former release runs, by its very digests; every call works. Read everything back, also what was written
           since the upgrade, but for what was said to be lost.
        4. Upgrade once more: every call works, and everything is there.

    If it fails:
        Do not count on a way back from this release: upgrade a copy of the installation first. The data of before the
        upgrade are in its backup: agentchat-check backup restore.
    """
    regular, subject, wishes = Regular.arrive(stack, ledger), str(pair), Wishes(tmp_path / "backups")
    regular.live()
    memory = returning.remember(regular, trial.before(regular))
    up = run.run(stack, target, apart, wishes)
    regular.live()
    since = [entry for entry in regular.written() if entry not in memory.written]
    back = way_back.found(regular, apart, wishes)
    restored = back.done.restored is not None
    exhibit(f"what users saw of the way back from {subject}", passage.table(back.passage))
    seen = returning.judged(memory, regular, stack, back.done, subject=subject)
    user, old = (memory.regular, memory.written) if restored else (regular, ())
    again = run.run(stack, target, apart, wishes)
    verify(
        *trial.judged(up, subject=subject),
        *seen,
        undoing.tells_the_loss(back.said, since, restored=restored, subject=subject),
        *trial.judged(again, subject=f"{subject}, once more"),
        durability.nothing_lost((*old, *user.written()), user.read_back(), f"{subject}, back, and once more"),
    )


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_the_data_of_before_come_back_where_that_is_asked_for(stack, target, pair, ledger, apart, tmp_path, verify):
    """Asked to put the data of before back, a rollback does; where nothing was written since, without a question.

    Procedure:
        1. Users write, and stop. Upgrade, and roll back with --restore-data; an account made for it tries the calls.
        2. Everything that was written is there; the database is defined as it was before; every call works.

    If it fails:
        Restore the backup by hand: agentchat-check backup restore. It is in the directory of the backups.
    """
    regular, subject = Regular.arrive(stack, ledger), str(pair)
    wishes = Wishes(tmp_path / "backups", restore_data=True, account=starting.newcomer(stack).account)
    regular.live()
    then = trial.before(regular)
    memory = returning.remember(regular, then)
    up = run.run(stack, target, apart, wishes)
    back = rollback.rollback(stack, apart, wishes)
    now = brought.look(stack, regular.now().api)
    verify(
        *trial.judged(up, subject=subject),
        carried.same_as_fresh(
            now.schema, then.brought.schema, now.records, then.brought.records, subject=f"{subject}, and back"
        ),
        *returning.judged(memory, regular, stack, back, subject=subject),
    )


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_migration_that_fails_is_undone(stack, target, pair, ledger, apart, tmp_path, exhibit, verify):
    """Where the new release cannot migrate the database, the former one runs again by itself, and nothing is lost.

    Procedure:
        1. Users write. The database lets the application read and write, and change no table. Upgrade while they go
           on: the new release cannot migrate.
        2. It is rolled back, and says why: the former release runs, by its very digests; every call works, and
           everything that was acknowledged is there.

    If it fails:
        agentchat-check upgrade rollback. Look with SHOW TABLES and alembic_version how far the migration came.
    """
    regular, subject = Regular.arrive(stack, ledger), f"{pair}, which cannot migrate"
    regular.live()
    with adversity.migrations_refused(stack):
        tried = trial.with_users(regular, lambda: run.run(stack, target, apart, Wishes(tmp_path / "backups")), apart)
    exhibit(f"what users saw of {subject}", passage.table(tried.passage))
    verify(
        undoing.finishes_or_undoes({subject: aftermath.not_undone(tried.done, "denied")}),
        upgrade.exact_images(tried.before.images, tried.services, subject=subject),
        upgrade.works_after(tried.calls, subject, tried.before.calls),
        durability.nothing_lost(regular.written(), tried.found, subject),
    )


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_tag_that_moved_does_not_pass(stack, target, pair, apart, tmp_path, verify):
    """The former release runs again by the digests that were recorded, also where its tags mean something else now.

    Procedure:
        1. Start the former release with its backend by a tag of its own. Upgrade.
        2. Let that tag mean the new release's image, as in a registry where somebody pushes it again.
        3. Roll back: every service runs the very image that it ran before.

    If it fails:
        Name images by digest in the compose files: a rollback by tag would start the new release once more.
    """
    wishes = Wishes(tmp_path / "backups", restore_data=True, lose_newer_writes=True)
    with tags.named_by_itself(stack, Role.BACKEND) as named:
        images = pinning.running(named)
        up = run.run(named, target, apart, wishes)
        tags.move(named, Role.BACKEND)
        back = rollback.rollback(named, apart, wishes)
        verify(
            *trial.judged(up, subject=str(pair)),
            upgrade.exact_images(images, named.services(), subject=f"{pair}, back again"),
            *back.findings,
        )
