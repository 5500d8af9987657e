"""What a run leaves behind, and what it says at its end."""

import json
from pathlib import Path

import pytest

from plugin.installation import ACCOUNT, Installation
from plugin.project import Report, Suite


def test_the_report_is_on_disk_after_each_finding(pytester: pytest.Pytester, suite: Suite, report: Report) -> None:
    suite(
        sky="verify(GOOD)",
        look="import json, pathlib; (file,) = pathlib.Path().glob('.agentchat-check/*/report.json'); "
        "pathlib.Path('seen.json').write_text(file.read_text()); verify(GOOD)",
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)
    seen = json.loads((pytester.path / "seen.json").read_text())
    assert [finding["check"] for finding in seen["findings"]] == ["sky.blue"]
    assert (seen["complete"], seen["verdict"]) == (False, "UNKNOWN")
    assert (report()["complete"], report()["verdict"]) == (True, "HOLDS")


@pytest.mark.parametrize("argument", ["-x", "--maxfail=1"])
def test_a_run_that_stops_at_a_failure_says_that_it_was_cut_short(
    pytester: pytest.Pytester, suite: Suite, report: Report, argument: str
) -> None:
    suite(a="verify(GOOD)", b="verify(BAD)", c="verify(GOOD)")
    result = pytester.runpytest_inprocess(argument)
    result.stdout.fnmatch_lines(["the run was cut short: it has not looked at everything"])
    assert (report()["complete"], report()["verdict"], len(report()["findings"])) == (False, "BROKEN", 2)


@pytest.mark.parametrize(
    "cause",
    ["raise KeyboardInterrupt", "import signal; os.kill(os.getpid(), signal.SIGTERM)"],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_an_interrupted_run_never_holds_and_has_its_report(
    pytester: pytest.Pytester, suite: Suite, report: Report, cause: str
) -> None:
    suite(a="verify(GOOD)", b=cause, c="verify(GOOD)")
    result = pytester.runpytest_inprocess(no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["1 promise: 1 holds", "the run was cut short: it has not looked at everything"])
    assert (report()["complete"], report()["verdict"], len(report()["findings"])) == (False, "UNKNOWN", 1)


def test_the_summary_tells_each_promise_once_with_its_worst_finding(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(a="verify(GOOD)", b="verify(BAD)", c="verify(UNSEEN)")
    pytester.runpytest_inprocess().stdout.fnmatch_lines(
        [
            "*= agentchat-check: reference =*",
            "BROKEN   the sky is blue * s",
            "UNKNOWN  the sea is salt * s",
            "",
            "2 promises: 0 hold, 1 is broken, 1 could not be looked at",
            "report: .agentchat-check/*/report.json",
        ],
        consecutive=True,
    )


def test_reports_go_where_the_operator_says(
    pytester: pytest.Pytester, suite: Suite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_REPORTS", str(tmp_path / "elsewhere"))
    suite(a="verify(GOOD)")
    pytester.runpytest_inprocess()
    (file,) = (tmp_path / "elsewhere").glob("*/report.json")
    assert json.loads(file.read_text())["verdict"] == "HOLDS"


def test_without_an_engine_each_test_that_needs_one_says_what_to_do(
    pytester: pytest.Pytester, suite: Suite, report: Report
) -> None:
    suite(asks="stack, verify", a="verify(GOOD)", b="verify(GOOD)")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "UNKNOWN: A test called a",
            "  expected:   a look",
            "  actual:     could not reach the Docker engine",
            "              engine at unix:///nonexistent: nothing listens there: the socket does not exist",
            "  next step:  start that engine, or let this user use its socket (group docker); or name another one: *",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(["report: *", "*= short test summary info =*"], consecutive=True)
    assert report()["findings"][1]["promise"] == "A test called b"


@pytest.mark.parametrize("defect", ["echo", "none"])
def test_the_password_of_the_account_is_never_shown(
    pytester: pytest.Pytester, suite: Suite, installation: Installation, monkeypatch: pytest.MonkeyPatch, defect: str
) -> None:
    name, password = ACCOUNT
    monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", password)
    installation.defects.add(defect)
    seen = "f'{api.log_in(guest.account).body} {guest.account} {guest.account.password}'"
    suite(
        asks="guest, api, verify",
        shown=f"verify(SKY.judge(False, expected='', actual={seen}))",
        raised="raise ValueError(guest.account.password)",
    )
    for detail in ((), ("-vv",)):
        result = pytester.runpytest_inprocess("--url", installation.url, "--user", name, *detail)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert password not in result.stdout.str() + result.stderr.str()
    reports = [file.read_text() for file in pytester.path.glob(".agentchat-check/*/report.json")]
    assert len(reports) == 2
    assert all(password not in text and "[redacted]" in text for text in reports)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one-process", "two-processes"])
def test_a_table_is_shown_at_the_end_and_kept_among_the_evidence(
    pytester: pytest.Pytester, suite: Suite, options: tuple[str, ...]
) -> None:
    suite(asks="exhibit, verify", sky="exhibit('The sky, hour by hour', 'noon  blue\\nnight black'); verify(GOOD)")
    result = pytester.runpytest_inprocess(*options)
    result.stdout.fnmatch_lines(
        [
            "HOLDS    the sky is blue *",
            "",
            "The sky, hour by hour (.agentchat-check/*/evidence/test_sky/the-sky-hour-by-hour.txt)",
            "  noon  blue",
            "  night black",
            "",
            "1 promise: 1 holds",
        ],
        consecutive=True,
    )
    (file,) = pytester.path.glob(".agentchat-check/*/evidence/test_sky/*.txt")
    assert file.read_text() == "noon  blue\nnight black\n"


def test_a_promise_about_several_subjects_is_told_for_each(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(
        sky="verify(*(SKY.about(hour).judge(True, expected='', actual='') for hour in ('noon', 'dawn')))",
    )
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        ["HOLDS    the sky is blue: noon *", "HOLDS    the sky is blue: dawn *", "", "2 promises: 2 hold"],
        consecutive=True,
    )


def test_the_seed_of_the_plans_is_shown_first_and_can_be_given_again(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(asks="plan_seed, verify", sky="assert plan_seed == 7; verify(GOOD)")
    result = pytester.runpytest_inprocess("--plan-seed", "7")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["agentchat-check: reference, run *, plan seed 7"])


def test_the_processes_of_a_run_follow_one_plan(pytester: pytest.Pytester, suite: Suite) -> None:
    note = "with open('seeds', 'a') as file: file.write(f'{plan_seed} ')\n    verify(GOOD)"
    suite(asks="plan_seed, verify", a=note, b=note, c=note, d=note)
    pytester.runpytest_inprocess("-n", "2").assert_outcomes(passed=4)
    assert len(set((pytester.path / "seeds").read_text().split())) == 1


def test_a_plan_is_shown_before_it_is_carried_out(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(asks="exhibit, verify", sky="exhibit('The plan', '1. look up', at_once=True); verify(GOOD)")
    result = pytester.runpytest_subprocess()
    result.stderr.fnmatch_lines(["agentchat-check: The plan", "1. look up"])
    result.stdout.fnmatch_lines(["The plan (*)", "  1. look up"])
