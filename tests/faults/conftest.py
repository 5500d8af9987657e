"""A stack to break, and the smoke suite to see it."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from agentchat_check.faults import copies
from agentchat_check.findings import Finding
from agentchat_check.session import Session
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack
from tests.faults.broken import assert_breaks
from tests.faults.cases import Case

ROOT = Path(__file__).parent.parent.parent

Judged = Callable[..., list[Finding]]
Smoke = Callable[..., list[Finding]]
Installed = Callable[..., Path]
Breaks = Callable[[Case], None]


@pytest.fixture(scope="module")
def victim(check_session: Session) -> Iterator[Stack]:
    """A stack of the reference deployment that nobody else looks at."""
    with check_session.own_stack(evidence_into=check_session.directory / "evidence" / "victim") as stack:
        yield stack


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Runs tests of the suites in a process of their own; returns what they found."""

    def run(*tests: str, options: Sequence[str]) -> list[Finding]:
        selected = [str(ROOT / "suites" / test) for test in tests]
        completed = process.run(
            [sys.executable, "-m", "pytest", *selected, *options, "-p", "no:cacheprovider", "--quiet"],
            cwd=ROOT,
            environment={"AGENTCHAT_CHECK_REPORTS": str(tmp_path / "reports"), "PYTEST_ADDOPTS": ""},
            timeout=600,
            check=False,
        )
        reports = sorted(tmp_path.glob("reports/*/report.json"), key=os.path.getmtime)
        assert reports, completed.stdout + completed.stderr
        report = json.loads(reports[-1].read_text())
        assert report["complete"], completed.stdout
        return [Finding.from_dict({k: v for k, v in found.items() if k != "seconds"}) for found in report["findings"]]

    return run


@pytest.fixture
def smoke(victim: Stack, judged: Judged) -> Smoke:
    """Runs the smoke suite, or some of its tests, on the stack; returns what it found."""

    def run(*tests: str) -> list[Finding]:
        selected = [f"smoke/{test}" for test in tests] or ["smoke"]
        return judged(*selected, options=["--attach", victim.project])

    return run


@pytest.fixture
def installed(check_session: Session, tmp_path: Path) -> Installed:
    """Makes a copy of the reference deployment as an administrator has it, with changes in its files."""

    def make(changes: Mapping[str, Mapping[str, str]] | None = None) -> Path:
        return copies.installed(check_session.deployment, tmp_path / "installed", changes)

    return make


@pytest.fixture
def breaks_its_promise(victim: Stack, smoke: Smoke) -> Breaks:
    """Plants a fault, and asserts that its test sees it break what it should, for its reason, and nothing else."""

    def plant(case: Case) -> None:
        with case.fault(victim):
            found = smoke(case.test)
        assert_breaks(found, case.breaks)

    return plant
