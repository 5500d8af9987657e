"""What becomes of a suite's test."""

import pytest

from plugin.project import CONFTEST, NoReport, Report, Suite


def test_a_broken_promise_fails_with_the_findings_words_and_no_names_of_python(
    pytester: pytest.Pytester, suite: Suite
) -> None:
    suite(sky="verify(BAD)")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "BROKEN: the sky is blue",
            "  expected:   blue",
            "  actual:     grey",
            "  next step:  look up",
            "*= agentchat-check: reference =*",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(["FAILED suites/demo/test_safe.py::test_sky - BROKEN: the sky is blue"])
    for name in ("Traceback", "verify(", "Failed", ".py:[0-9]"):
        result.stdout.no_fnmatch_line(f"*{name}*")


def test_what_could_not_be_looked_at_is_an_error_and_no_pass(
    pytester: pytest.Pytester, suite: Suite, report: Report
) -> None:
    suite(sea="verify(UNSEEN)")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["UNKNOWN: the sea is salt", "ERROR suites/demo/test_safe.py::test_sea - UNKNOWN: the sea is salt"]
    )
    assert report()["verdict"] == "UNKNOWN"


@pytest.mark.parametrize("place", ["test", "fixture"])
def test_an_error_of_ours_reads_like_a_finding_wherever_it_is_raised(
    pytester: pytest.Pytester, suite: Suite, report: Report, place: str
) -> None:
    cause = 'raise errors.HostError("open the door", expected="a key", actual="none fits", next_step="fetch a smith")'
    in_fixture = place == "fixture"
    if in_fixture:
        pytester.makeconftest(f"{CONFTEST}\n\n@pytest.fixture\ndef door():\n    {cause}\n")
    suite(asks="verify, door" if in_fixture else "verify", door="verify(GOOD)" if in_fixture else cause)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "UNKNOWN: A test called door",
            "  expected:   a key",
            "  actual:     could not open the door",
            "              none fits",
            "  next step:  fetch a smith",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*HostError*")
    assert [finding["verdict"] for finding in report()["findings"]] == ["UNKNOWN"]


def test_an_error_of_ours_lists_what_was_checked_and_every_way_out(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(
        door='raise errors.HostError("open the door", checked=["the lock: rusty"], ways=["oil it", "use the window"])'
    )
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        ["  actual:     could not open the door", "              the lock: rusty"], consecutive=True
    )
    result.stdout.fnmatch_lines(["  next step:  oil it; or use the window"])


def test_an_exception_that_nobody_foresaw_is_unknown_and_a_defect_of_ours(
    pytester: pytest.Pytester, suite: Suite, report: Report
) -> None:
    suite(sum="1 / 0")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "UNKNOWN: A test called sum",
            "  expected:   a look",
            "  actual:     ZeroDivisionError: division by zero",
            "  next step:  this is a defect of agentchat-check: report it with the traceback (-vv)",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*> *1 / 0*")
    assert report()["findings"][0]["actual"] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("body", ["1 / 0", 'raise errors.HostError("open the door")'])
def test_with_vv_errors_come_with_their_traceback(pytester: pytest.Pytester, suite: Suite, body: str) -> None:
    suite(sum=body)
    result = pytester.runpytest_inprocess("-vv")
    result.stdout.fnmatch_lines([f">*{body}", "suites/demo/test_safe.py:*: *Error"])


def test_a_test_that_judges_nothing_fails(pytester: pytest.Pytester, suite: Suite, report: Report) -> None:
    suite(idle="pass")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["suites/demo/test_safe.py::test_idle judged no promise; a suite's test ends in verify(…)"]
    )
    assert report()["findings"][0]["verdict"] == "UNKNOWN"
    assert report()["findings"][0]["next_step"] == "run this test alone, with -vv"


def test_a_test_that_is_no_suites_may_judge_nothing_and_is_not_reported(
    pytester: pytest.Pytester, suite: Suite, no_report: NoReport
) -> None:
    suite(into="tests", idle="pass", sum="1 / 0")
    pytester.runpytest_inprocess().assert_outcomes(passed=1, failed=1)
    assert no_report()


def test_broken_outranks_unknown_within_a_test(pytester: pytest.Pytester, suite: Suite, report: Report) -> None:
    suite(both="verify(GOOD, UNSEEN, BAD)")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["UNKNOWN: the sea is salt", "", "BROKEN: the sky is blue"])
    assert [finding["verdict"] for finding in report()["findings"]] == ["HOLDS", "UNKNOWN", "BROKEN"]


@pytest.mark.parametrize(
    ("tests", "verdict", "total"),
    [
        ({"a": "verify(GOOD)"}, "HOLDS", "1 promise: 1 holds"),
        ({"a": "verify(GOOD)", "b": "verify(UNSEEN)"}, "UNKNOWN", "2 promises: 1 holds, 1 could not be looked at"),
        (
            {"a": "verify(UNSEEN)", "b": "verify(BAD)"},
            "BROKEN",
            "2 promises: 0 hold, 1 is broken, 1 could not be looked at",
        ),
    ],
)
def test_the_worst_finding_decides_about_a_run(
    pytester: pytest.Pytester, suite: Suite, report: Report, tests: dict[str, str], verdict: str, total: str
) -> None:
    suite(**tests)
    pytester.runpytest_inprocess().stdout.fnmatch_lines([total, "report: .agentchat-check/*/report.json"])
    assert (report()["verdict"], report()["complete"]) == (verdict, True)


def test_a_test_goes_on_while_what_it_verifies_holds(pytester: pytest.Pytester, suite: Suite, report: Report) -> None:
    suite(steps="verify(GOOD); verify(BAD); verify(UNSEEN)")
    pytester.runpytest_inprocess().assert_outcomes(failed=1)
    assert [finding["verdict"] for finding in report()["findings"]] == ["HOLDS", "BROKEN"]


def test_an_error_at_a_tests_end_is_unknown_and_what_was_found_stays(
    pytester: pytest.Pytester, suite: Suite, report: Report
) -> None:
    pytester.makeconftest(
        f'{CONFTEST}\n\n@pytest.fixture\ndef tidy():\n    yield\n    raise errors.StackError("tidy up")\n'
    )
    suite(asks="verify, tidy", sky="verify(GOOD)")
    pytester.runpytest_inprocess().assert_outcomes(passed=1, errors=1)
    assert [finding["verdict"] for finding in report()["findings"]] == ["HOLDS", "UNKNOWN"]
