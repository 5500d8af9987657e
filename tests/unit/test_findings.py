"""Verdicts are ranked and never guessed; a finding reads in plain words and survives the report."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.findings import Finding, Promise, Verdict, few, rank, shown, worst

SERVED = Promise("page.served", "the page is served", "read the frontend's log")

verdicts = st.sampled_from(Verdict)
findings = st.builds(
    Finding,
    check=st.text(),
    promise=st.text(),
    verdict=verdicts,
    expected=st.text(),
    actual=st.text(),
    next_step=st.text(),
    evidence=st.lists(st.text()).map(tuple),
)


def test_broken_outranks_unknown_outranks_holds() -> None:
    assert sorted(Verdict, key=rank) == [Verdict.HOLDS, Verdict.UNKNOWN, Verdict.BROKEN]


def test_where_nothing_was_seen_the_verdict_is_unknown() -> None:
    assert worst([]) is Verdict.UNKNOWN


@given(st.lists(verdicts, min_size=1))
def test_the_worst_verdict_decides_in_whatever_order(several: list[Verdict]) -> None:
    decided = worst(several)
    assert decided in several
    assert all(rank(one) <= rank(decided) for one in several)
    assert worst(reversed(several)) is decided
    assert worst([decided, worst(several[:1])]) is decided


@given(st.lists(verdicts, min_size=1))
def test_a_run_holds_only_if_all_of_it_holds(several: list[Verdict]) -> None:
    assert (worst(several) is Verdict.HOLDS) == (set(several) == {Verdict.HOLDS})


@given(findings)
def test_a_finding_comes_back_from_the_report_as_it_went(finding: Finding) -> None:
    assert Finding.from_dict(json.loads(json.dumps(finding.as_dict()))) == finding


def test_a_verdict_that_nobody_knows_is_no_finding() -> None:
    values = SERVED.judge(kept=True, expected="", actual="").as_dict()
    with pytest.raises(ValueError, match="'MAYBE' is not a valid Verdict"):
        Finding.from_dict({**values, "verdict": "MAYBE"})


def test_a_broken_promise_reads_as_an_operator_needs_it() -> None:
    finding = SERVED.judge(
        kept=False, expected="HTML", actual="GET /: 502 (Bad Gateway) in 0.01 s\nGET /x: 404 in 0.01 s"
    )
    finding = finding.with_evidence(".agentchat-check/1/ps.txt", ".agentchat-check/1/web.log").with_evidence("/a/b.png")
    assert str(finding) == (
        "BROKEN: the page is served\n"
        "  expected:   HTML\n"
        "  actual:     GET /: 502 (Bad Gateway) in 0.01 s\n"
        "              GET /x: 404 in 0.01 s\n"
        "  next step:  read the frontend's log\n"
        "  evidence:   .agentchat-check/1/ (ps.txt, web.log)\n"
        "              /a/ (b.png)"
    )


def test_a_promise_that_holds_asks_nothing_of_the_reader() -> None:
    finding = SERVED.judge(kept=True, expected="HTML", actual="GET /: 200", next_step="look")
    assert str(finding) == "HOLDS: the page is served\n  expected:   HTML\n  actual:     GET /: 200"
    assert finding.next_step == ""


def test_a_better_next_step_replaces_the_promise_s_own() -> None:
    assert SERVED.judge(kept=False, expected="", actual="", next_step="start it").next_step == "start it"


def test_an_unknown_says_why_and_how_to_let_us_look() -> None:
    finding = SERVED.unknown(expected="HTML", actual="no route to host", next_step="open the firewall")
    assert finding == Finding(
        "page.served", "the page is served", Verdict.UNKNOWN, "HTML", "no route to host", "open the firewall"
    )


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["run/a.log", "run/a.log", "run/b.log"], "run/ (a.log, b.log)"),
        (["run/a.log", "other/a.log", "run/b.log"], "run/ (a.log, b.log)\n              other/ (a.log)"),
        (["page.png"], "./ (page.png)"),
        (["/page.png"], "/ (page.png)"),
        (["/运行/页面.png"], "/运行/ (页面.png)"),
    ],
)
def test_evidence_is_shown_by_directory(paths: list[str], expected: str) -> None:
    finding = SERVED.judge(kept=True, expected="", actual="").with_evidence(*paths)
    assert str(finding) == f"HOLDS: the page is served\n  evidence:   {expected}"


def test_a_path_is_shown_as_the_reader_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "run" / "report.json") == "run/report.json"
    assert shown(tmp_path.parent / "report.json") == str(tmp_path.parent / "report.json")


@pytest.mark.parametrize(
    ("lines", "shown"),
    [([], ""), (["a", "b"], "a\nb"), (["a", "b", "c"], "a\nb\n… and 1 more"), ("abcde", "a\nb\n… and 3 more")],
)
def test_of_many_lines_the_first_are_shown(lines: list[str], shown: str) -> None:
    assert few(lines, 2) == shown
