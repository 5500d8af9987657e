"""Does an upgrade carry everything over, and does everything work afterwards?"""

import pytest

from agentchat_check.checks import carried, durability, page, upgrade
from agentchat_check.deployment import Role
from agentchat_check.probes import api as apis
from agentchat_check.probes import page as pages
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import passage, renamed, rollback, run, trial
from agentchat_check.procedures.upgrade.outcome import Wishes


@pytest.mark.disruptive
def test_an_upgrade_carries_everything_over(as_fresh, stack, target, pair, ledger, apart, tmp_path, exhibit, verify):
    """Users write while the release changes: nothing acknowledged is lost, and every call works on what was there.

    Procedure:
        1. Start the new release empty, and note how it defines its database, and which rows it brings along.
        2. Start the old release. Users register, log in, hold conversations, upload files; make every call.
        3. Upgrade as agentchat-check upgrade run does, while they go on. Measure how long nobody answers them.
        4. Read everything back that was acknowledged; make every call again, old data and new; ask with the token of
           before, and log in with every password. Fetch the page, and log in through it.
        5. Compare the database with the one of step 1, the volumes with those of before, every image with its digest.

    If it fails:
        Do not upgrade to this release. Where it was brought in already: agentchat-check upgrade rollback.
    """
    regular, subject = Regular.arrive(stack, ledger), str(pair)
    regular.live()
    tried = trial.with_users(regular, lambda: run.run(stack, target, apart, Wishes(tmp_path / "backups")), apart)
    front = "http://{}:{}".format(*stack.address(Role.FRONTEND))
    exhibit(f"what users saw of the upgrade {subject}", passage.table(tried.passage))
    verify(
        *trial.judged(tried.done, subject=subject),
        durability.nothing_lost(regular.written(), tried.found, subject),
        upgrade.works_after(tried.calls, subject, tried.before.calls),
        upgrade.sessions_live_on(tried.read, tried.found.log_ins, subject=subject),
        carried.same_as_fresh(
            tried.brought.schema, as_fresh.schema, tried.brought.records, as_fresh.records, subject=subject
        ),
        carried.seeds_once(
            tried.before.brought.listed,
            tried.brought.listed,
            as_fresh.listed,
            (*tried.before.brought.answers, *tried.brought.answers, *as_fresh.answers),
            subject=subject,
        ),
        carried.stays_in_its_volumes(tried.storage, subject=subject),
        upgrade.short_downtime(tried.passage, limit=None, subject=subject),
        page.served(pages.look(front)),
        page.proxies_api(apis.discover(front).log_in(regular.guest.account)),
    )


@pytest.mark.disruptive(mends=True)
def test_what_was_set_by_a_former_name_is_still_set(stack, deployment, target, pair, apart, tmp_path, verify):
    """A variable that the new release calls otherwise keeps the value that the administrator gave it.

    Procedure:
        1. Write an env file that sets every variable that the new release renames, by its former name.
        2. Upgrade with it. Each reaches the backend by its new name.
        3. Roll back, to the data of before.

    If it fails:
        Compare the env file with the new example by hand, and rename what it says was formerly called otherwise.
    """
    own, file = renamed.by_former_names(deployment, target(deployment)), tmp_path / "docker.env"
    file.write_text(own.text)
    wishes = Wishes(tmp_path / "backups", env_file=file, restore_data=True, lose_newer_writes=True)
    done = run.run(stack, target, apart, wishes)
    told = stack.environment(Role.BACKEND)
    rollback.rollback(stack, apart, wishes)
    verify(
        *trial.judged(done, subject=str(pair)),
        carried.configuration_carried(
            done.plan.variables if done.plan else (),
            reaches={name: (value, told.get(name, "")) for name, value in own.values.items()},
            subject=str(pair),
        ),
    )
