"""What becomes of a test: its findings are noted, its evidence is saved, and nothing unjudged passes."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.findings import Finding, Verdict, shown, worst
from agentchat_check.pytest_plugin.context import SESSION, evidence_directory, is_suite, manual, noted
from agentchat_check.report.record import room_for
from agentchat_check.stack import evidence

_SENT = "agentchat_check_findings"
"""Attribute of a test's report; pytest-xdist carries it from a worker."""

_SHOWN_BESIDE = "agentchat_check_exhibits"
_LEFT_OUT = "agentchat_check_left_out"
"""Likewise: what is shown beside the findings, and the promise that does not apply, with the reason."""

_EXHIBITS = pytest.StashKey[list[tuple[str, str]]]()
_FAILED = pytest.StashKey[bool]()

_TOLD = pytest.StashKey[set[str]]()
"""What kept us from looking, as it was told in this run."""

_SHORT = 3
"""Lines that may be told again."""

_ALL_DETAIL = 2
"""pytest's verbosity (-vv) from which errors come with their traceback."""


def save_evidence(item: pytest.Item) -> tuple[str, ...]:
    """Save the state of the stack that a test looked at, while there is one; the paths."""
    session = item.config.stash[SESSION]
    asked = getattr(item, "funcargs", {})
    own = (asked[name] for name in ("other_stack", "stack", "unstarted_stack") if asked.get(name))
    looked_at = next(own, None) or session.stack_if_up()
    if looked_at is None:
        return ()
    return evidence.collect(looked_at, evidence_directory(item), more_secrets=session.reception.secrets())


def exhibit(item: pytest.Item, title: str, text: str) -> None:
    """Keep what the reader should see beside the findings: among the evidence, and for the end of the run."""
    session = item.config.stash[SESSION]
    text = evidence.redacted(text, session.reception.secrets())
    path = evidence_directory(item) / f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.txt"
    with room_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", errors="replace")
    item.stash.setdefault(_EXHIBITS, []).append((f"{title} ({shown(path)})", text))


def failed(item: pytest.Item) -> bool:
    """Whether a test did not come to a good end."""
    return item.stash.get(_FAILED, False)


def without_secrets(item: pytest.Item, finding: Finding) -> Finding:
    """A finding whose words show no password, also where an application sent one back to us."""
    hidden = item.config.stash[SESSION].reception.secrets()
    expected, actual = (evidence.redacted(text, hidden) for text in (finding.expected, finding.actual))
    return replace(finding, expected=expected, actual=actual)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what kept us from looking into UNKNOWN; pass no test that judged nothing; send the findings along."""
    report = yield
    if not is_suite(item):
        return report
    item.stash[_FAILED] = failed(item) or report.failed
    error = call.excinfo.value if call.excinfo and report.failed else None
    if isinstance(error, errors.InapplicableError):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: {error.actual}")
        setattr(report, _LEFT_OUT, (_promise(item), error.actual))
    elif error is not None and not isinstance(error, pytest.fail.Exception):
        noted(item).append(without_secrets(item, _could_not_look(item, error)))
        report.longrepr = _shown(item, report)
    elif error is not None and noted(item):
        report.longrepr = str(error)  # without the name of pytest's own exception
    if report.when == "call" and report.passed and not noted(item):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} judged no promise; a suite's test ends in verify(…)"
    setattr(report, _SENT, [{**finding.as_dict(), "seconds": call.duration} for finding in noted(item)])
    noted(item).clear()
    setattr(report, _SHOWN_BESIDE, item.stash.get(_EXHIBITS, []))
    item.stash[_EXHIBITS] = []
    return report


def _told_once(item: pytest.Item, finding: Finding) -> Finding:
    """What keeps every test from looking is told at length once; the report has it whole each time."""
    told = item.config.stash.setdefault(_TOLD, set())
    first, lines = finding.actual not in told, finding.actual.splitlines()
    told.add(finding.actual)
    return finding if first or len(lines) <= _SHORT else replace(finding, actual=f"{lines[0]}, as told above")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Not having been able to look is an error, not a failure; by pytest's own rule only a fixture's error is one."""
    verdicts = [finding.verdict for finding, _ in sent(report)]
    if report.when == "call" and report.failed and verdicts and worst(verdicts) is Verdict.UNKNOWN:
        return "error", "E", "ERROR"
    return None


def sent(report: pytest.TestReport) -> list[tuple[Finding, float]]:
    """The findings that came with a test's report, and how long each took."""
    values: list[dict[str, Any]] = getattr(report, _SENT, [])
    return [
        (Finding.from_dict({name: value for name, value in one.items() if name != "seconds"}), one["seconds"])
        for one in values
    ]


def exhibits(report: pytest.TestReport) -> list[tuple[str, str]]:
    """What came with a test's report to be shown beside the findings: titles and texts."""
    return [(title, text) for title, text in getattr(report, _SHOWN_BESIDE, [])]


def left_out(report: pytest.TestReport) -> tuple[str, str] | None:
    """The promise that does not apply to this deployment, and why; None of a test that judged."""
    told: tuple[str, str] | None = getattr(report, _LEFT_OUT, None)
    return told


def _promise(item: pytest.Item) -> str:
    """What a test promises, in the words of its page."""
    return manual(item).strip().split("\n", 1)[0].rstrip(".")


def _shown(item: pytest.Item, report: pytest.TestReport) -> Any:
    """The finding alone, or with -vv the traceback, without passwords in it."""
    if item.config.get_verbosity() < _ALL_DETAIL:
        return str(_told_once(item, noted(item)[-1]))
    hidden = item.config.stash[SESSION].reception.secrets()
    text = report.longreprtext
    return evidence.redacted(text, hidden) if any(secret in text for secret in hidden) else report.longrepr


def _could_not_look(item: pytest.Item, error: BaseException) -> Finding:
    """The UNKNOWN that an error stands for; one that nobody foresaw is a defect of ours, and no verdict either."""
    if isinstance(error, errors.CheckError):
        actual = "\n".join(filter(None, [_what_failed(error), error.actual, *error.checked]))
        step = error.next_step or "; or ".join(error.ways)
        expected, saved = error.expected or "a look", error.evidence or save_evidence(item)
    else:
        actual = f"{type(error).__name__}: {error}"
        step = "this is a defect of agentchat-check: report it with the traceback (-vv)"
        expected, saved = "a look", save_evidence(item)
    return Finding(item.name, _promise(item), Verdict.UNKNOWN, expected, actual, step, saved)


def _what_failed(error: errors.CheckError) -> str:
    """The title of an error as a clause; a wait's says itself that it was in vain."""
    in_vain = error.tried.startswith(("waited ", "gave up "))
    return error.tried if in_vain else f"could not {error.tried}"
