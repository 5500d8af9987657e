"""Every promise about services and storage is seen broken."""

import pytest

from agentchat_check.findings import Verdict
from agentchat_check.stack.running import Stack
from tests.faults import cases
from tests.faults.cases import Case
from tests.faults.conftest import Breaks, Smoke


def test_the_untouched_deployment_is_clean(smoke: Smoke) -> None:
    assert [str(finding) for finding in smoke() if finding.verdict is not Verdict.HOLDS] == []


@pytest.mark.parametrize("case", cases.ON_SERVICES, ids=str)
def test_a_planted_fault_breaks_its_promise(case: Case, breaks_its_promise: Breaks) -> None:
    breaks_its_promise(case)


def test_a_stack_that_was_broken_and_mended_is_clean_again(victim: Stack, smoke: Smoke) -> None:
    victim.act("up", "--detach", "--force-recreate")  # logs remember the faults, and go with their containers
    victim.settle(timeout=60)
    assert [str(finding) for finding in smoke() if finding.verdict is not Verdict.HOLDS] == []
