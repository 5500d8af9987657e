"""Every promise about what a release carries over is seen broken: by a release that does not."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from agentchat_check import facts
from agentchat_check.checks import carried
from agentchat_check.deployment import Deployment
from agentchat_check.facts import Aspect
from agentchat_check.faults import copies
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import starting
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import brought, by_hand, described, pairs, planning, returning, trial
from agentchat_check.session import Session
from agentchat_check.stack import releases
from tests.faults import upgrade_cases
from tests.faults.broken import assert_breaks
from tests.faults.upgrade_cases import Release

pytestmark = pytest.mark.long

OWN = "MYSQL_ROOT_PASSWORD=a\nMYSQL_PASSWORD=b\nREDIS_PASSWORD=c\nJWT_SECRET_KEY=d\nUPLOAD_LIMIT_MB=7\n"
"""The settings of an administrator who has changed one."""


@pytest.fixture(scope="module")
def quick(check_session: Session) -> Session:
    """Whose stacks come up on prepared databases."""
    return replace(check_session, settings=check_session.settings.model_copy(update={"database": "prepared"}))


@pytest.fixture(scope="module")
def second(check_session: Session) -> Deployment:
    """The release that each of these is a copy of."""
    return releases.read(check_session.client, check_session.settings, "ref-2")


@pytest.fixture(scope="module")
def first_start(quick: Session, second: Deployment, tmp_path_factory: pytest.TempPathFactory) -> facts.Brought:
    """What an installation has from ref-2 where ref-2 made it."""
    with quick.own_stack(second, evidence_into=tmp_path_factory.mktemp("first") / "evidence") as stack:
        return brought.look(stack, starting.newcomer(stack).api)


def everything(found: Mapping[Aspect, tuple[Finding, ...]]) -> list[Finding]:
    return [*chain.from_iterable(found.values())]


@pytest.mark.parametrize("case", upgrade_cases.BROUGHT_IN, ids=str)
def test_what_a_release_does_not_carry_over_is_seen(
    case: Release, quick: Session, second: Deployment, first_start: facts.Brought, tmp_path: Path
) -> None:
    release = copies.release(second, tmp_path / case.name, case.changes)
    with quick.own_stack(evidence_into=tmp_path / "evidence") as stack:
        regular = Regular.arrive(stack, Ledger())
        regular.live(dialogs=1, messages=1)
        then = trial.before(regular)
        memory = returning.remember(regular, then)
        tried = trial.with_users(
            regular,
            lambda: by_hand.brought_in(regular, release, quick.settings, number=1, into=tmp_path),
            quick.settings,
            then=then,
        )
        found = everything(pairs.judged(tried, regular, first_start, subject=case.name, limit=case.limit))
        assert_breaks(found, case.breaks)
        if case.on_return is not None:
            by_hand.up(stack, quick.settings)
            back = returning.judged(memory, regular, stack, None, subject=case.name)
            assert_breaks(back, case.on_return)
            found += back
    if not case.changes:
        assert [finding for finding in found if finding.verdict is not Verdict.HOLDS] == []


@pytest.mark.parametrize("case", upgrade_cases.PLANNED, ids=str)
def test_what_a_release_would_not_carry_over_is_seen_before(
    case: Release, check_session: Session, second: Deployment, tmp_path: Path
) -> None:
    release = copies.release(second, tmp_path / case.name, case.changes)
    plan = planning.plan(described.read(check_session.deployment, OWN), described.read(release, OWN), OWN)
    found = [
        carried.configuration_carried(plan.variables, plan.obstacles, subject=case.name),
        carried.stays_in_its_volumes(plan.storage, subject=case.name),
    ]
    assert_breaks(found, case.breaks)
    assert bool(plan.obstacles) == bool(case.breaks)
