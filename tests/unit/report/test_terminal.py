"""What a run found, in plain words, on a terminal of any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.findings import Finding, Verdict, rank
from agentchat_check.report import terminal
from makers import finding

HOLDS, UNKNOWN, BROKEN = (finding(verdict) for verdict in (Verdict.HOLDS, Verdict.UNKNOWN, Verdict.BROKEN))


@pytest.mark.parametrize(
    ("one", "width", "shown"),
    [
        (HOLDS, 40, "HOLDS    the page is served        0.2 s"),
        (UNKNOWN, 40, "UNKNOWN  the page is served        0.2 s"),
        (BROKEN, 40, "BROKEN   the page is served        0.2 s"),
        (HOLDS, 33, "HOLDS    the page is served 0.2 s"),
        (HOLDS, 20, "HOLDS    the page is served 0.2 s"),
        (HOLDS, 0, "HOLDS    the page is served 0.2 s"),
    ],
)
def test_a_finding_is_one_line_as_wide_as_the_terminal(one: Finding, width: int, shown: str) -> None:
    assert terminal.line(one, 0.25, width=width) == shown


@given(st.integers(-5, 200), st.floats(0, 1e5))
def test_no_terminal_is_too_narrow_to_see_verdict_promise_and_seconds(width: int, seconds: float) -> None:
    line = terminal.line(BROKEN, seconds, width=width)
    assert line.split() == ["BROKEN", "the", "page", "is", "served", f"{seconds:.1f}", "s"]
    assert len(line) >= width


def test_every_verdict_has_its_colour() -> None:
    assert terminal.MARKUP.keys() == set(Verdict)


def test_a_promise_is_told_once_with_its_worst_finding_and_its_longest_look() -> None:
    other = finding(check="page.assets_served", promise="every script arrives")
    first, second = finding(Verdict.BROKEN, actual="first"), finding(Verdict.BROKEN, actual="second")
    told = terminal.by_promise([(HOLDS, 0.5), (other, 0.1), (first, 0.25), (UNKNOWN, 2.0), (second, 0.25)])
    assert told == [(first, 2.0), (other, 0.1)]
    assert terminal.by_promise([]) == []


@given(st.lists(st.tuples(st.sampled_from([HOLDS, UNKNOWN, BROKEN]), st.sampled_from("abc"))))
def test_no_promise_is_lost_and_no_verdict_is_softened(several: list[tuple[Finding, str]]) -> None:
    findings = [(finding(one.verdict, check=check), 0.0) for one, check in several]
    told = {one.check: one.verdict for one, _ in terminal.by_promise(findings)}
    assert list(told) == list(dict.fromkeys(check for _, check in several))
    for one, _ in findings:
        assert rank(told[one.check]) >= rank(one.verdict)


@pytest.mark.parametrize(
    ("findings", "shown"),
    [
        ([HOLDS] * 11 + [BROKEN], "12 promises: 11 hold, 1 is broken"),
        ([HOLDS], "1 promise: 1 holds"),
        ([BROKEN, BROKEN], "2 promises: 0 hold, 2 are broken"),
        ([HOLDS, UNKNOWN], "2 promises: 1 holds, 1 could not be looked at"),
        ([BROKEN, UNKNOWN, UNKNOWN], "3 promises: 0 hold, 1 is broken, 2 could not be looked at"),
        ([], "0 promises: 0 hold"),
    ],
)
def test_the_total_counts_every_verdict(findings: list[Finding], shown: str) -> None:
    assert terminal.total(findings) == shown
