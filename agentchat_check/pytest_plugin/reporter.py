"""The run's report, and the end of what the run made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors
from agentchat_check.findings import Finding, Verdict, shown
from agentchat_check.pytest_plugin import outcomes
from agentchat_check.pytest_plugin.context import LEARNED, REFUSED
from agentchat_check.report import terminal
from agentchat_check.report.record import Record
from agentchat_check.session import Session

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class Reporter:
    """Lives in the first process of a run only: writes the report, and at the end removes what the run made."""

    def __init__(self, session: Session, record: Record) -> None:
        self._session = session
        self._record = record
        self._stays: list[str] = []
        self._complaints: list[str] = []
        self._exhibits: list[tuple[str, str]] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin the report with the first test of a suite, so that a run that is killed has one, too."""
        if _is_suite(nodeid) and not self._record.path.exists():
            with self._complaining():
                self._record.write(complete=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the report anew with each finding; a failure that brought none (a worker died) is UNKNOWN."""
        found = outcomes.sent(report)
        if report.failed and not found and _is_suite(report.nodeid):
            found = [(_without_finding(report), report.duration)]
        for finding, seconds in found:
            with self._complaining():
                self._record.add(finding, seconds=seconds)
        self._exhibits += outcomes.exhibits(report)
        if told := outcomes.left_out(report):
            with self._complaining():
                self._record.leave_out(*told)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Note which application a worker talked to, for this process has not; and say why it refused to run."""
        handed_back = getattr(node, "workeroutput", {})
        self._record.describe(**handed_back.get(LEARNED, {}))
        if REFUSED in handed_back:
            raise pytest.UsageError(handed_back[REFUSED])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Remove the stacks of this run, and close its report."""
        if self._is_begun():
            self._record.describe(**self._session.versions())
            to_the_end = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
            with self._complaining():
                self._record.write(complete=to_the_end and not session.shouldfail and not session.shouldstop)
        with self._complaining():
            self._stays = self._session.close()
        if self._is_begun() and not self._record.findings and exitstatus == pytest.ExitCode.OK:
            self._complaints.append("nothing was judged: what was asked about is no part of this deployment")
        if self._complaints and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say in plain words what holds, and where the evidence is."""
        write = terminalreporter.write_line
        if self._is_begun():
            terminalreporter.section(f"agentchat-check: {self._session.name}")
            width = terminalreporter._tw.fullwidth  # noqa: SLF001 - pytest shows its width nowhere else
            told = terminal.by_promise(self._record.findings)
            for finding, seconds in told:
                write(terminal.line(finding, seconds, width=width), **terminal.MARKUP[finding.verdict])
            for promise, reason in self._record.inapplicable:
                write(terminal.left_out(promise, reason))
            for title, text in self._exhibits:
                write(f"\n{title}", bold=True)
                for line in text.splitlines():
                    write(f"  {line}")
            write("")
            markup = {**terminal.MARKUP[self._record.verdict], "bold": True}
            write(terminal.total([finding for finding, _ in told]), **markup)
            if not self._record.complete:
                write("the run was cut short: it has not looked at everything", **markup)
            write(f"report: {shown(self._record.path)}")
        for project in self._stays:
            write(f"kept: {project}; look with  docker compose --project-name {project} ps")
            write(f"      remove with  agentchat-check down {project}")
        for complaint in dict.fromkeys(self._complaints):
            write(complaint, red=True)

    def _is_begun(self) -> bool:
        return bool(self._record.findings) or self._record.path.exists()

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        """Keep what goes wrong here for the end; it fails the run, and does not stop it."""
        try:
            yield
        except errors.CheckError as error:
            self._complaints.append(str(error))


def _is_suite(nodeid: str) -> bool:
    return "suites" in nodeid.partition("::")[0].split("/")


def _without_finding(report: pytest.TestReport) -> Finding:
    return Finding(
        check=report.nodeid.rpartition("::")[2],
        promise=report.nodeid,
        verdict=Verdict.UNKNOWN,
        expected="a judgement",
        actual=str(report.longrepr or "the test ended without one"),
        next_step="run this test alone, with -vv",
    )
