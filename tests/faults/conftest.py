"""A stack to break, and the smoke suite to see it."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentchat_check.findings import Finding, Verdict
from agentchat_check.session import Session
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack
from tests.faults.cases import Case

ROOT = Path(__file__).parent.parent.parent

Smoke = Callable[..., list[Finding]]
Breaks = Callable[[Case], None]


@pytest.fixture(scope="module")
def victim(check_session: Session) -> Iterator[Stack]:
    """A stack of the reference deployment that nobody else looks at."""
    with check_session.own_stack(evidence_into=check_session.directory / "evidence" / "victim") as stack:
        yield stack


@pytest.fixture
def smoke(victim: Stack, tmp_path: Path) -> Smoke:
    """Runs the smoke suite, or some of its tests, on the stack; returns what it found."""

    def run(*tests: str) -> list[Finding]:
        selected = [str(ROOT / "suites" / "smoke" / test) for test in tests] or [str(ROOT / "suites" / "smoke")]
        arguments = ["--attach", victim.project, "-p", "no:cacheprovider", "--quiet"]
        completed = process.run(
            [sys.executable, "-m", "pytest", *selected, *arguments],
            cwd=ROOT,
            environment={"AGENTCHAT_CHECK_REPORTS": str(tmp_path), "PYTEST_ADDOPTS": ""},
            timeout=300,
            check=False,
        )
        reports = sorted(tmp_path.glob("*/report.json"), key=os.path.getmtime)
        assert reports, completed.stdout + completed.stderr
        report = json.loads(reports[-1].read_text())
        assert report["complete"], completed.stdout
        return [Finding.from_dict({k: v for k, v in found.items() if k != "seconds"}) for found in report["findings"]]

    return run


@pytest.fixture
def breaks_its_promise(victim: Stack, smoke: Smoke) -> Breaks:
    """Plants a fault, and asserts that its test sees it break what it should, for its reason, and nothing else."""

    def plant(case: Case) -> None:
        with case.fault(victim):
            found = smoke(case.test)
        broken = {finding.check: finding for finding in found if finding.verdict is Verdict.BROKEN}
        assert broken.keys() == {promise.check for promise in case.breaks}, "\n".join(map(str, found))
        for promise, cause in case.breaks.items():
            assert cause in broken[promise.check].actual
            assert broken[promise.check].next_step

    return plant
