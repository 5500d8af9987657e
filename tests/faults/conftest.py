"""A stack to break, and the smoke suite to see it."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentchat_check.findings import Finding
from agentchat_check.session import Session
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack

ROOT = Path(__file__).parent.parent.parent

Smoke = Callable[..., list[Finding]]


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
