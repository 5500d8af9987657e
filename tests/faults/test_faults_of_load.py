"""Load shows each planted fault by the threshold that is for it, and by no other; a clean run holds."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from agentchat_check import progress
from agentchat_check.findings import Verdict
from agentchat_check.load import aim, gate, profiles, running
from agentchat_check.load.gate import Judgement
from agentchat_check.session import Session
from agentchat_check.settings import thresholds
from agentchat_check.stack.running import Stack
from tests.faults.load_cases import BROWSING, CASES, CHAT, MOMENT, LoadCase

pytestmark = pytest.mark.long

Drive = Callable[[LoadCase], Judgement]


@pytest.fixture(scope="module")
def victim(check_session: Session) -> Iterator[Stack]:
    """A stack of the reference deployment, made as a run of load makes it."""
    session = replace(check_session, settings=aim.unhurried(check_session.settings))
    with session.own_stack(evidence_into=session.directory / "evidence" / "driven") as stack:
        yield stack


@pytest.fixture
def drive(victim: Stack, tmp_path: Path) -> Drive:
    """Drives a load file against the stack, with a fault that is planted once its people are there, and judges it."""

    def run(case: LoadCase) -> Judgement:
        rate = 4.0 if case.file == CHAT else 8.0
        seconds = case.hour + 15.0 if case.hour else 40.0
        profile = profiles.named("smoke").changed(file=case.file, rate=rate, seconds=seconds, messages=case.messages)
        limits = thresholds.read()
        if case.hour:
            shorter = {"window": case.hour, "ahead": 24 * case.hour}
            limits = {
                name: limit.model_copy(update=shorter if limit.is_forecast else {}) for name, limit in limits.items()
            }
        with aim.ready(aim.at_stack(victim), profile, aim.Leave(), progress.announce) as people, case.fault(victim):
            recording = running.run(
                aim.at_stack(victim),  # what was recreated answers elsewhere
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
def test_a_fault_breaks_its_threshold_and_no_other(case: LoadCase, drive: Drive) -> None:
    judgement = drive(case)
    told = "\n".join(map(str, judgement.findings))
    broken = {one.name: one.finding for one in judgement.thresholds if one.finding.verdict is Verdict.BROKEN}
    assert set(case.breaks) <= set(broken) <= set(case.breaks) | case.may, told
    for name, cause in case.breaks.items():
        assert cause in broken[name].actual, told


@pytest.mark.parametrize("number", range(5))
def test_a_clean_run_holds(number: int, drive: Drive) -> None:
    judgement = drive(LoadCase(lambda _: nullcontext(), BROWSING, {}, hour=MOMENT))
    assert judgement.verdict is Verdict.HOLDS, "\n".join(map(str, judgement.findings))
