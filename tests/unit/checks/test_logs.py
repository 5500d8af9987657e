"""The logs hold no error beyond the reviewed ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import logs
from agentchat_check.checks.logs import Allowed
from agentchat_check.findings import Verdict
from makers import log_line


def complains(*lines: facts.LogLine, allowed: tuple[Allowed, ...] = ()) -> tuple[Verdict, str]:
    finding = logs.quiet(lines, allowed)
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("INFO: Application startup complete.", "backend"),
        ("", "backend"),
        ("   ", "backend"),
        ("terror and mirrors", "backend"),
        ("compiled with 0 errors", "frontend"),
        ("done, errors=0", "backend"),
        ("done, error: 0, skipped: 3", "backend"),
        ("migration finished: no errors", "backend"),
        ('10.0.0.1 - "GET /api/v1/error/list HTTP/1.1" 200', "backend"),
        ("2026-11-24T12:00:00Z 0 [Warning] [MY-010055] [Server] error log", "database"),
        ("2026/11/24 12:00:00 [notice] 1#1: using the error log", "frontend"),
        ("Background saving terminated with success, no error", "cache"),
    ],
)
def test_lines_that_are_no_errors_hold(text: str, role: str) -> None:
    assert complains(log_line(text, role, role)) == (Verdict.HOLDS, "none in 1 lines")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("ERROR disk quota exceeded", "backend"),
        ("[Error] something", "backend"),
        ("error: 0x80004005", "backend"),
        ("error=0.5", "backend"),
        ("the arduino error: 12", "backend"),
        ("Traceback (most recent call last):", "backend"),
        ("unhandled exception in worker", "backend"),
        ("kernel: Out of memory: killed process 7", "backend"),
        ("nginx: [emerg] host not found in upstream", "frontend"),
        ("2026-11-24T12:00:00Z 0 [ERROR] [MY-010119] [Server] Aborting", "database"),
        ("# Fatal error loading the DB", "cache"),
        ("thread 'main': panic", "backend"),
        ("[Warning] error in the backend", "backend"),
        ("[notice] error in the database", "database"),
        ("严重 ERROR 磁盘已满", "backend"),
    ],
)
def test_a_complaint_is_broken_with_its_line(text: str, role: str) -> None:
    assert complains(log_line("fine"), log_line(text, role, role)) == (Verdict.BROKEN, f"{role}: {text}")


def test_a_complaint_is_told_with_what_to_do() -> None:
    assert str(logs.quiet([log_line("  ERROR disk full \n")])) == (
        "BROKEN: the logs hold no error\n"
        "  expected:   no error beyond the reviewed ones\n"
        "  actual:     backend: ERROR disk full\n"
        "  next step:  read the lines around the ones above; a line that is no error goes into allowed_log_lines, with "
        "the reason"
    )


def test_a_line_that_goes_back_to_its_beginning_is_told_on_one_line() -> None:
    assert complains(log_line("10 %\rERROR\tdisk full"))[1] == "backend: 10 % ERROR disk full"


def test_a_line_without_a_time_is_judged_all_the_same() -> None:
    assert complains(facts.LogLine("backend", "", "", "FATAL")) == (Verdict.BROKEN, "backend: FATAL")


def test_many_complaints_are_counted_and_the_first_are_shown() -> None:
    _, actual = complains(*(log_line(f"error {letter}: {'x' * 300}") for letter in "abcdefghijklmnopqrstuvw"))
    shown = actual.splitlines()
    assert len(shown) == 21
    assert shown[0] == f"backend: error a: {'x' * 191}"
    assert shown[-1] == "… and 3 more"


def test_as_many_as_are_shown_are_not_more() -> None:
    letters = "abcdefghijklmnopqrst"
    _, actual = complains(*(log_line(f"error {letter}") for letter in letters))
    assert actual.splitlines() == [f"backend: error {letter}" for letter in letters]


def test_services_that_printed_nothing_prove_nothing() -> None:
    assert complains() == (Verdict.UNKNOWN, "no service printed a line")


@pytest.mark.parametrize(
    ("service", "verdict"),
    [("", Verdict.HOLDS), ("api", Verdict.HOLDS), ("backend", Verdict.HOLDS), ("mysql", Verdict.BROKEN)],
)
def test_a_reviewed_line_is_allowed_to_its_service_or_role(service: str, verdict: Verdict) -> None:
    allowed = (Allowed("mysql", "error", "of another one"), Allowed(service, r"retrying error \d+", "it succeeds"))
    line = log_line("retrying error 42", "api", "backend")
    assert complains(line, allowed=allowed)[0] is verdict
    assert complains(line, log_line("error 42"), allowed=allowed)[0] is Verdict.BROKEN


@given(st.text(), st.sampled_from(["ERROR", "fatal", "Traceback", "out of memory"]), st.text())
def test_a_word_of_complaint_is_heard_wherever_it_stands(before: str, word: str, after: str) -> None:
    line = log_line(f"{before} :{word}: {after}", "worker", "")
    known = any(logs._is(line, one) for one in logs.REVIEWED)  # noqa: SLF001 - the lines that were reviewed
    assert (complains(line)[0] is Verdict.HOLDS) == known


def test_every_reviewed_line_has_its_reason() -> None:
    assert all(one.reason and one.pattern for one in logs.REVIEWED)
