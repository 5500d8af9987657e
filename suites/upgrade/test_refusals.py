"""Is an upgrade that may not be made refused before anything is touched?"""

import pytest

from agentchat_check.checks import undoing
from agentchat_check.procedures.backup import mishaps, take
from agentchat_check.procedures.upgrade import described, journal, refusing, rollback, run, trial, variants
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.procedures.upgrade.refusing import Attempt
from agentchat_check.stack import releases


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_release_that_may_not_be_brought_in_is_refused(stack, deployment, target, pair, apart, tmp_path, verify):
    """What is no release to go to, and what would start empty, is refused with a reason, and nothing is touched.

    Procedure:
        1. Name as the release to go to: the one that runs; a tag and an image that nobody has; the new release with
           its database's volume under another name; with its database's service and volume under other names.
        2. Each is refused with a reason. Every container is the one that it was, and was never stopped.

    If it fails:
        Do not upgrade with this version. Where data seem gone they are in the volume of before: docker volume ls.
    """

    def named(text):
        return lambda running: releases.named(stack.client, apart, text, base=running)

    def changed(change):
        return lambda running: change(target(running), tmp_path / change.__name__)

    ways = {
        "the release that runs": lambda _: deployment,
        "a tag that nobody has": named(":no-such-tag"),
        "an image that nobody has": named("backend=agentchat-check.invalid/no-such-image:1"),
        "a volume under another name": changed(variants.another_volume),
        "a service and its volume under other names": changed(variants.another_service),
    }
    wishes = Wishes(tmp_path / "backups")
    tried = refusing.each(stack, {what: Attempt(to, wishes) for what, to in ways.items()}, apart)
    verify(undoing.refused_untouched(tried.reasons, before=tried.before, after=tried.after))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_an_env_file_with_an_unknown_variable_is_refused(stack, deployment, target, apart, tmp_path, verify):
    """A variable that neither release knows, or that cannot be read, is named, and nothing is touched.

    Procedure:
        1. Name an env file with a variable that neither release knows; one with a line that is none.
        2. Each is refused with a reason, and nothing is touched.

    If it fails:
        Compare the env file with the new example by hand: what is misspelled there is silently not set.
    """
    own = described.own(deployment)
    unknown, malformed = tmp_path / "unknown.env", tmp_path / "malformed.env"
    unknown.write_text(f"{own}\nAGENTCHATS_COLOUR=green\n")
    malformed.write_text(f'{own}\nTZ="Asia\n')
    ways = {
        f"an env file with {what}": Attempt(target, Wishes(tmp_path / "backups", env_file=file))
        for what, file in {"an unknown variable": unknown, "a line that is none": malformed}.items()
    }
    tried = refusing.each(stack, ways, apart)
    verify(undoing.refused_untouched(tried.reasons, before=tried.before, after=tried.after))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_of_two_upgrades_at_once_one_is_refused(stack, target, apart, tmp_path, verify):
    """While one upgrade is under way another one is refused, and names the process that is at work.

    Procedure:
        1. Begin an upgrade, and begin another one meanwhile.
        2. The other one is refused, and nothing is touched.

    If it fails:
        See that one administrator at a time upgrades; wait for the first, and look: agentchat-check upgrade status.
    """
    with journal.of(apart.state, stack.project):
        tried = refusing.each(stack, {"two at once": Attempt(target, Wishes(tmp_path / "backups"))}, apart)
    verify(undoing.refused_untouched(tried.reasons, before=tried.before, after=tried.after))


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_a_downgrade_named_as_an_upgrade_is_refused(stack, deployment, target, pair, apart, tmp_path, verify):
    """Once the new release runs, an upgrade to the former one is refused: the way back is a rollback.

    Procedure:
        1. Upgrade.
        2. Upgrade to the release that ran before, and to the one that runs now. Both are refused, and nothing is
           touched.
        3. Roll back, to the data of before.

    If it fails:
        Never name an older release as the one to go to. Go back with agentchat-check upgrade rollback.
    """
    wishes = Wishes(tmp_path / "backups", restore_data=True, lose_newer_writes=True)
    done = run.run(stack, target, apart, wishes)
    ways = {"the former release": lambda _: deployment, "the release that runs": target}
    now = trial.as_it_runs(stack, apart)
    tried = refusing.each(now, {what: Attempt(to, wishes) for what, to in ways.items()}, apart)
    back = rollback.rollback(stack, apart, wishes)
    verify(
        *trial.judged(done, subject=str(pair)),
        undoing.refused_untouched(tried.reasons, before=tried.before, after=tried.after),
        *back.findings,
    )


@pytest.mark.disruptive(mends=True)
@pytest.mark.pairs("last")
def test_an_upgrade_without_room_for_its_backup_touches_nothing(stack, pair, apart, tmp_path, verify):
    """Where the disk of the backups runs full, an upgrade says so before anything is touched.

    Procedure:
        1. Take a backup, and see how large it is.
        2. Upgrade, with the backups in a directory on a disk of a tenth of that, then of half and of nine tenths;
           mounting one needs root.
        3. Each is refused for want of room. Every container is the one that it was, and was never stopped.

    If it fails:
        Take a backup by hand before you upgrade, and watch how full the disk of the backups is.
    """
    disks = mishaps.too_small(take.take(stack, tmp_path / "whole", take.Wishes()))
    services, command = stack.services(), ("upgrade", "run", "--to", pair.after)
    said = {
        disk: mishaps.out_of_room(stack, tmp_path / disk, state=apart.state, size=size, command=command)
        for disk, size in disks.items()
    }
    verify(undoing.refused_untouched(said, before=services, after=stack.services()))
