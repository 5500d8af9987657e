"""Which tests run, in which order, and what is refused before any does."""

import pytest

from plugin.project import NoReport, Report, Suite

WORDLESS = '''
def test_wordless(verify: str) -> None:
    """A title alone."""
'''


def test_a_suites_test_without_its_page_of_the_manual_is_refused_by_name(
    pytester: pytest.Pytester, suite: Suite, no_report: NoReport
) -> None:
    file = suite(sky="verify(GOOD)")
    file.write_text(file.read_text() + WORDLESS)
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: a suite's test needs a docstring with 'Procedure:' and 'If it fails:':",
            "  suites/demo/test_safe.py::test_wordless",
        ]
    )
    assert no_report()


def test_a_test_that_is_no_suites_needs_no_page(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_plain="def test_plain():\n    pass\n")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_from_outside_only_safe_tests_run_that_need_no_engine(
    pytester: pytest.Pytester, suite: Suite, report: Report
) -> None:
    suite(mark="safe", seen="verify(GOOD)")
    suite(mark="disruptive", restarted="verify(BAD)")
    suite(mark="browser", unmarked="verify(BAD)")
    suite(mark="closing", into="suites/engine", asks="stack, verify", container="verify(BAD)")
    result = pytester.runpytest_inprocess("--url", "http://127.0.0.1:9")
    result.assert_outcomes(passed=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "agentchat-check: http://127.0.0.1:9, run *",
            "agentchat-check: from outside, by one process: what needs the engine or changes anything is deselected",
        ]
    )
    assert report()["deployment"] == {"way": "url", "name": "http://127.0.0.1:9"}


def test_from_outside_no_engine_is_asked_for_anything(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(seen="verify(BAD)")
    pytester.runpytest_inprocess("--url", "http://127.0.0.1:9").stdout.no_fnmatch_line("*engine at*")


def test_a_run_without_any_test_is_no_pass(pytester: pytest.Pytester, suite: Suite, no_report: NoReport) -> None:
    suite(mark="disruptive", restarted="verify(GOOD)")
    result = pytester.runpytest_inprocess("--url", "http://127.0.0.1:9")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["*1 deselected*"])
    result.stdout.no_fnmatch_line("*promises*")
    assert no_report()


def test_tests_that_look_back_at_the_run_come_last(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(mark="closing", a="verify(GOOD)")
    suite(mark="safe", z="verify(GOOD)", y="verify(GOOD)")
    result = pytester.runpytest_inprocess("--collect-only", "-q")
    result.stdout.fnmatch_lines(
        [
            "suites/demo/test_safe.py::test_z",
            "suites/demo/test_safe.py::test_y",
            "suites/demo/test_closing.py::test_a",
        ],
        consecutive=True,
    )


def test_collecting_alone_writes_no_report_and_brings_nothing_up(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(asks="stack, verify", sky="verify(GOOD)")
    pytester.runpytest_inprocess("--co").stdout.fnmatch_lines(["*1 test collected*"])
    assert not (pytester.path / ".agentchat-check").exists()
    assert not (pytester.path / "state").exists()


@pytest.mark.parametrize(
    ("arguments", "password", "missing"),
    [
        ((), "secret", "no --user"),
        (("--user", "check"), "", "no AGENTCHAT_CHECK_PASSWORD in the environment"),
    ],
)
def test_a_missing_account_is_said_once_before_any_test(
    pytester: pytest.Pytester,
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    no_report: NoReport,
    arguments: tuple[str, ...],
    password: str,
    missing: str,
) -> None:
    if password:
        monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", password)
    suite(asks="guest, verify", one="verify(GOOD)", two="verify(GOOD)")
    result = pytester.runpytest_inprocess("--url", "http://127.0.0.1:9", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip().splitlines() == [
        "ERROR: log in to the running installation",
        "  expected:   an account that was made for checks",
        f"  actual:     {missing}",
        "  next step:  register a user there, and name it: AGENTCHAT_CHECK_PASSWORD=… pytest … --user NAME",
    ]
    assert no_report()


def test_where_no_test_logs_in_no_account_is_asked_for(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(seen="verify(GOOD)")
    pytester.runpytest_inprocess("--url", "http://127.0.0.1:9").assert_outcomes(passed=1)


def test_workers_that_refuse_to_run_are_heard_as_one_usage_error(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(one="verify(GOOD)")
    (pytester.path / "suites/demo/test_wordless.py").write_text("def test_wordless(verify):\n    verify()\n")
    result = pytester.runpytest_inprocess("-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().count("ERROR: a suite's test needs a docstring") == 1
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_running_installation_is_looked_at_by_one_process(
    pytester: pytest.Pytester, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    suite(sky="import os; assert 'PYTEST_XDIST_WORKER' not in os.environ; verify(GOOD)")
    result = pytester.runpytest_inprocess("-n", "2", "--url", "http://127.0.0.1:9")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["agentchat-check: from outside, by one process: *deselected"])


def test_a_project_that_cannot_be_attached_to_is_a_usage_error(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(sky="verify(GOOD)")
    result = pytester.runpytest_inprocess("--attach", "shop")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: reach the Docker engine",
            "    - engine at unix:///nonexistent: nothing listens there: the socket does not exist",
        ]
    )
