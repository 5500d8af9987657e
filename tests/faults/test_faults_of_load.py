"""Load shows each planted fault by the threshold that is for it, and by no other; a clean run holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentchat_check import progress
from agentchat_check.findings import Verdict
from agentchat_check.load import aim, gate, profiles, running
from agentchat_check.load.gate import Judgement
from agentchat_check.settings import thresholds
from agentchat_check.stack.running import Stack
from tests.faults.load_cases import BROWSING, CASES, CHAT, LoadCase

Drive = Callable[..., Judgement]


@pytest.fixture
def drive(victim: Stack, tmp_path: Path) -> Drive:
    """Drives a load file against the stack, and judges it."""

    def run(file: str, *, messages: int = 500) -> Judgement:
        rate = 4.0 if file == CHAT else 8.0
        profile = profiles.named("smoke").changed(file=file, rate=rate, seconds=40.0, messages=messages)
        target, limits = aim.at_stack(victim), thresholds.read()
        with aim.ready(target, profile, aim.Leave(), progress.announce) as people:
            recording = running.run(
                target,
                profile,
                people,
                name="faults",
                profile_name="smoke",
                directory=tmp_path / "run",
                thresholds=limits,
            )
        return gate.judge(recording, limits)

    return run


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_breaks_its_threshold_and_no_other(case: LoadCase, victim: Stack, drive: Drive) -> None:
    with case.fault(victim):
        judgement = drive(case.file, messages=case.messages)
    told = "\n".join(map(str, judgement.findings))
    broken = {one.name: one.finding for one in judgement.thresholds if one.finding.verdict is Verdict.BROKEN}
    assert set(case.breaks) <= set(broken) <= set(case.breaks) | case.may, told
    for name, cause in case.breaks.items():
        assert cause in broken[name].actual, told


@pytest.mark.parametrize("number", range(5))
def test_a_clean_run_holds(number: int, drive: Drive) -> None:
    judgement = drive(BROWSING)
    assert judgement.verdict is Verdict.HOLDS, "\n".join(map(str, judgement.findings))
