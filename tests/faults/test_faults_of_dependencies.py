"""Every promise about dependencies in trouble is seen broken."""

import pytest

from agentchat_check.checks import resilience
from agentchat_check.facts import Trouble
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import disturb, plan
from agentchat_check.procedures.regular import Regular
from agentchat_check.stack.running import Stack
from tests.faults import startup_cases
from tests.faults.broken import assert_breaks
from tests.faults.startup_cases import InTrouble


@pytest.mark.parametrize("case", startup_cases.IN_TROUBLE, ids=str)
def test_a_planted_fault_breaks_its_promise(case: InTrouble, victim: Stack) -> None:
    with case.fault(victim):
        regular = Regular.arrive(victim, Ledger())
        (ordeal,) = disturb.follow(plan.make(1, [case.dependency], [case.trouble]), regular, patience=case.patience)
    found = resilience.of(ordeal)
    subject = f"{victim.service_name(case.dependency)}, {case.trouble}"
    assert_breaks(found, {promise.about(subject): cause for promise, cause in case.breaks.items()})


def test_a_stack_without_the_fault_stands_every_trouble(victim: Stack) -> None:
    short = plan.make(2, disturb.dependencies(victim), [Trouble.LATE, Trouble.KILLED_AND_BACK], lateness=3.0)
    ordeals = disturb.follow(short, Regular.arrive(victim, Ledger()))
    found = [finding for ordeal in ordeals for finding in resilience.of(ordeal)]
    assert [str(finding) for finding in found if finding.verdict is not Verdict.HOLDS] == []
    assert len(found) == 4 * 4
