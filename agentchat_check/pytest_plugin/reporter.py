"""The run's report, and the end of what the run made."""

from __future__ import annotations

import pytest

from agentchat_check import errors
from agentchat_check.findings import shown
from agentchat_check.pytest_plugin.outcomes import sent
from agentchat_check.report import terminal
from agentchat_check.report.record import Record
from agentchat_check.session import Session


class Reporter:
    """Lives in the first process of a run only: writes the report, and at the end removes what the run made."""

    def __init__(self, session: Session, record: Record) -> None:
        self._session = session
        self._record = record
        self._stays: list[str] = []
        self._complaint = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the report anew with each finding."""
        for finding, seconds in sent(report):
            self._record.add(finding, seconds=seconds)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Remove the stacks of this run, and close its report."""
        if self._record.findings:
            self._record.describe(**self._session.versions())
            finished = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
            self._record.write(complete=finished)
        try:
            self._stays = self._session.close()
        except errors.CheckError as error:
            self._complaint = str(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say in plain words what holds, and where the evidence is."""
        write = terminalreporter.write_line
        if self._record.findings:
            terminalreporter.section(f"agentchat-check: {self._session.name}")
            width = terminalreporter._tw.fullwidth  # noqa: SLF001 - pytest shows its width nowhere else
            told = terminal.by_promise(self._record.findings)
            for finding, seconds in told:
                write(terminal.line(finding, seconds, width=width), **terminal.MARKUP[finding.verdict])
            write("")
            write(
                terminal.total([finding for finding, _ in told]),
                **{**terminal.MARKUP[self._record.verdict], "bold": True},
            )
            write(f"report: {shown(self._record.path)}")
        for project in self._stays:
            write(f"kept: {project}; look with  docker compose --project-name {project} ps")
            write(f"      remove with  agentchat-check down {project}")
        if self._complaint:
            write(self._complaint, red=True)
