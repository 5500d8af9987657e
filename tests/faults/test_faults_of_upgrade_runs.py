"""Every promise about how a release is brought in and left again is seen broken: by a defect of the procedure."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentchat_check.checks import undoing, upgrade
from agentchat_check.deployment import Role
from agentchat_check.faults import copies, planting
from agentchat_check.faults.upgrade import defects, tags
from agentchat_check.faults.upgrade import releases as releases_faults
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import killing
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import aftermath, refusing, run, way_back
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.procedures.upgrade.outcome import RolledBack, Wishes
from agentchat_check.procedures.upgrade.refusing import Attempt
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import pinning, releases
from agentchat_check.stack.running import Stack
from tests.faults import upgrade_cases
from tests.faults.broken import assert_breaks

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def first(check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of ref-1; each test leaves it so."""
    quick = replace(check_session, settings=check_session.settings.model_copy(update={"database": "prepared"}))
    with quick.own_stack(evidence_into=tmp_path_factory.mktemp("first") / "evidence") as stack:
        yield stack


def test_a_refusal_that_touches_something_is_seen(first: Stack, apart: Settings, tmp_path: Path) -> None:
    same = {"the release that runs": Attempt(lambda running: running, Wishes(tmp_path))}

    def tried() -> Finding:
        seen = refusing.each(first, same, apart)
        return undoing.refused_untouched(seen.reasons, before=seen.before, after=seen.after)

    finding = tried()
    assert finding.verdict is Verdict.HOLDS, str(finding)
    with defects.touches_before_it_refuses(first):
        finding = tried()
    assert_breaks([finding], upgrade_cases.TOUCHED)
    first.settle(timeout=apart.up_timeout)


def test_a_tag_that_moved_does_not_pass(first: Stack, apart: Settings, tmp_path: Path) -> None:
    with tags.named_by_itself(first, Role.FRONTEND) as stack:
        recorded = pinning.running(stack)
        tags.move(stack, Role.FRONTEND)
        stack.up(timeout=apart.up_timeout, patient=True)
        finding = upgrade.exact_images(recorded, stack.services(), subject="by its name")
        assert_breaks([finding], upgrade_cases.TAG_MOVED)
        pinning.pinned(stack, recorded, into=tmp_path).up(timeout=apart.up_timeout, patient=True)
        finding = upgrade.exact_images(recorded, stack.services(), subject="by its id")
        assert finding.verdict is Verdict.HOLDS, str(finding)


def test_a_call_that_does_not_work_keeps_a_release_out(first: Stack) -> None:
    gate = Gate(None)
    finding = upgrade.gate(gate.findings(first), subject="ref-1")
    assert finding.verdict is Verdict.HOLDS, str(finding)
    with planting.refused_by_the_database(first, "knowledge"):
        assert_breaks([upgrade.gate(gate.findings(first), subject="ref-1")], upgrade_cases.SHUT_OUT)


def test_a_rollback_that_asks_nobody_is_seen(
    first: Stack, check_session: Session, apart: Settings, tmp_path: Path
) -> None:
    second = releases.read(check_session.client, check_session.settings, "ref-2")
    regular, wishes = Regular.arrive(first, Ledger()), Wishes(tmp_path / "backups", restore_data=True)

    def rolled_back() -> Finding:
        run.run(first, lambda _: second, apart, wishes)
        then = regular.written()
        regular.live(dialogs=1, messages=1)
        since = [entry for entry in regular.written() if entry not in then]
        back = way_back.found(regular, apart, wishes)
        return undoing.tells_the_loss(back.said, since, restored=back.done.restored is not None, subject="ref-2")

    finding = rolled_back()
    assert finding.verdict is Verdict.HOLDS, str(finding)
    with defects.asks_nobody():
        assert_breaks([rolled_back()], upgrade_cases.NOT_SAID)


def test_a_release_that_does_not_work_is_left_again(
    first: Stack, check_session: Session, apart: Settings, tmp_path: Path
) -> None:
    second = releases.read(check_session.client, check_session.settings, "ref-2")
    release = copies.release(second, tmp_path / "key-changed", releases_faults.KEY_CHANGED)
    done = run.run(first, lambda _: release, apart, Wishes(tmp_path / "backups"))
    assert isinstance(done, RolledBack)
    assert_breaks([upgrade.took_over(done.why, subject=release.name)], upgrade_cases.LEFT_AGAIN)
    assert [finding for finding in done.findings if finding.verdict is not Verdict.HOLDS] == []


def test_an_upgrade_that_the_next_does_not_finish_is_seen(first: Stack, apart: Settings, tmp_path: Path) -> None:
    regular, step = Regular.arrive(first, Ledger()), "trying every call"
    arguments = ["upgrade", "run", "--to", "ref-2", "--into", str(tmp_path / "backups")]
    with planting.in_commands(defects.nothing_noted):
        assert killing.killed_at(step, first, arguments, state=apart.state)
    amiss = aftermath.of_run(regular, arguments, state=apart.state)
    assert_breaks([undoing.finishes_or_undoes({step: amiss})], upgrade_cases.NOT_FINISHED)
