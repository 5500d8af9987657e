"""Every promise of the front door is seen broken, on one stack whose nginx loads each defect and forgets it again."""

import pytest

from agentchat_check.findings import Verdict
from agentchat_check.stack.running import Stack
from tests.faults import env_cases
from tests.faults.broken import assert_breaks
from tests.faults.conftest import Judged
from tests.faults.env_cases import Case


def test_the_untouched_front_door_is_clean(victim: Stack, judged: Judged) -> None:
    found = judged("env/test_nginx.py", options=["--attach", victim.project, "-m", "safe"])
    assert [str(finding) for finding in found if finding.verdict is not Verdict.HOLDS] == []
    looks = (env_cases.a_stream, env_cases.uploads, env_cases.healths)
    assert [str(finding) for look in looks for finding in look(victim) if finding.verdict is not Verdict.HOLDS] == []


@pytest.mark.parametrize("case", env_cases.AT_THE_FRONT_DOOR, ids=str)
def test_a_planted_fault_breaks_its_promise(victim: Stack, case: Case) -> None:
    with case.fault(victim):
        found = case.look(victim)
    assert_breaks(found, case.breaks)
