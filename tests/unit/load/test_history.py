"""Runs are kept, and a new one is judged beside those that can be compared with it."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import loads
from agentchat_check import errors
from agentchat_check.facts.metrics import Unit
from agentchat_check.findings import Verdict
from agentchat_check.load import comparison, gate, history, summary
from agentchat_check.load.history import History
from agentchat_check.load.summary import Summary
from loads import CHAT, FAILED, sampled


@pytest.fixture
def kept(tmp_path: Path) -> History:
    return History(tmp_path / "reports" / history.FILE)


def run(number: int = 0, p95: float = 0.2, **changes: Any) -> Summary:
    values: dict[str, Any] = {
        "run": f"run-{number:02}",
        "started": f"2026-11-{number + 1:02}T02:00:00+00:00",
        "profile": "baseline",
        "conditions": {"profile": "baseline", "host": "2 processors"},
        "images": {"backend": "sha256:1"},
        "verdict": Verdict.HOLDS,
        "trusted": True,
        "figures": {"GET /history p95": p95, "errors": 0.0},
        "units": {"GET /history p95": Unit.SECONDS, "errors": Unit.SHARE},
        "directory": "/reports/load",
        **changes,
    }
    return Summary(**values)


def several(*p95: float) -> list[Summary]:
    return [run(number, figure) for number, figure in enumerate(p95)]


def test_a_run_is_kept_as_it_was(kept: History) -> None:
    one = run(3, 0.25)
    kept.add(one)
    assert kept.find("run-03") == one
    assert kept.find("run-04") is None
    assert History(kept.path).runs() == [one]


def test_a_run_of_the_same_name_is_replaced(kept: History) -> None:
    kept.add(run(1, 0.2))
    kept.add(run(1, 0.3, figures={"errors": 0.1}, units={"errors": Unit.SHARE}))
    (one,) = kept.runs()
    assert one.figures == {"errors": 0.1}


def test_only_trusted_runs_before_it_under_the_same_conditions_are_compared_with(kept: History) -> None:
    for one in several(*[0.2] * 14):
        kept.add(one)
    kept.add(run(14, trusted=False))
    kept.add(run(15, conditions={"profile": "baseline", "host": "8 processors"}))
    kept.add(run(17))
    before = kept.before(run(16, images={"backend": "sha256:2"}))
    assert [one.run for one in before] == [f"run-{number:02}" for number in range(4, 14)]


def test_runs_are_listed_by_profile_the_oldest_first(kept: History) -> None:
    for number in (2, 0, 1):
        kept.add(run(number, profile="soak" if number == 1 else "baseline"))
    assert [one.run for one in kept.runs()] == ["run-00", "run-01", "run-02"]
    assert [one.run for one in kept.runs("soak")] == ["run-01"]


def test_a_file_that_is_no_history_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / history.FILE
    path.write_text("no database, but long enough to be looked at as one " * 40, encoding="utf-8")
    with pytest.raises(errors.CheckError, match="file is not a database"):
        History(path)


def test_who_only_reads_makes_nothing(kept: History) -> None:
    assert (kept.runs(), kept.find("run-01"), kept.before(run(1))) == ([], None, [])
    with pytest.raises(errors.CheckError) as caught:
        kept.require()
    assert str(caught.value) == (
        f"read the history of load runs in {kept.path}\n"
        "  expected:   runs that were kept\n"
        "  actual:     there is no history\n"
        "  next step:  agentchat-check load run, which begins one; or name the reports' directory: "
        "AGENTCHAT_CHECK_REPORTS=DIR"
    )
    assert not kept.path.parent.exists()


def test_an_empty_file_is_no_history_until_a_run_is_kept(kept: History) -> None:
    kept.path.parent.mkdir()
    kept.path.touch()
    with pytest.raises(errors.CheckError, match="there is no history"):
        History(kept.path).require()
    assert kept.path.stat().st_size == 0
    kept.add(run(1))
    assert History(kept.path).require().runs() == [run(1)]


def test_a_newer_history_is_left_alone(kept: History) -> None:
    kept.add(run(1))
    connection = sqlite3.connect(kept.path)
    connection.execute("pragma user_version = 2")
    connection.close()
    with pytest.raises(errors.CheckError, match="format 2 of a newer agentchat-check"):
        History(kept.path)


def test_a_regression_is_broken_with_its_figures() -> None:
    finding = comparison.not_worse(run(9, 0.3), several(0.2, 0.21, 0.19, 0.2, 0.2))
    assert str(finding) == (
        "BROKEN: nothing has become worse than in the runs before\n"
        "  expected:   figures within the noise of the last 10 runs under the same conditions\n"
        "  actual:     GET /history p95: 0.3 s, was 0.2 s (+50%; up to 31.5 ms mean nothing)\n"
        "  next step:  compare this run with one of before: agentchat-check load compare RUN RUN"
    )


def test_what_stays_within_the_noise_holds() -> None:
    finding = comparison.not_worse(run(9, 0.22), several(0.2, 0.22, 0.19, 0.21, 0.2))
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "2 figures beside 5 runs: 0 better, none worse")


def test_without_enough_runs_nothing_is_known() -> None:
    finding = comparison.not_worse(run(9), several(0.2, 0.2))
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "2 such runs are known; a noise takes 5")
    assert comparison.not_worse(run(9, trusted=False), several(*[0.2] * 9)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("after", "before", "verdict"),
    [
        (0.2, [0.2] * 6, Verdict.HOLDS),
        (0.3, [0.2] * 6, Verdict.BROKEN),
        (0.2, [], Verdict.UNKNOWN),
        (0.3, [], Verdict.BROKEN),
    ],
)
def test_two_runs_are_compared_by_the_noise_of_others(after: float, before: list[float], verdict: Verdict) -> None:
    judged, found = comparison.compare(run(8, 0.2), run(9, after), several(*before))
    assert judged is verdict
    assert [change.name for change in found] == ["GET /history p95", "errors"]


def test_a_run_that_cannot_be_trusted_is_compared_with_none() -> None:
    assert comparison.compare(run(8), run(9, 0.9, trusted=False), several(*[0.2] * 6))[0] is Verdict.UNKNOWN
    assert comparison.compare(run(8), run(9, figures={"x": 1.0}, units={"x": Unit.NUMBER}), [])[0] is Verdict.UNKNOWN


def test_the_run_is_named_with_which_a_figure_changed_for_good() -> None:
    runs = several(*[0.2, 0.21] * 6, *[0.3, 0.31] * 4)
    ((turn, name, point),) = comparison.turns([*runs, run(21, 5.0, trusted=False)])
    assert (turn.run, name) == ("run-12", "GET /history p95")
    assert (point.before, point.after) == pytest.approx((0.205, 0.305))


def summarised(**changes: Any) -> Summary:
    recording = loads.recording(
        {CHAT: lambda at: [2.0 if at < 10 else 0.05] * 10, FAILED: lambda _: [0.05]},
        samples=[*sampled("cpu", lambda at: at / 60), *sampled("memory", lambda at: at / 60)],
        **changes,
    )
    return summary.of(recording, gate.judge(recording, loads.ALARMS), Path("somewhere/load"))


def test_a_summary_has_the_figures_that_people_compare() -> None:
    one = summarised(judged_from=10.0)
    assert one.figures == pytest.approx(
        {
            "POST /completion p50": 0.05,
            "POST /completion p95": 0.05,
            "POST /completion p99": 0.05,
            "errors": 1 / 11,
            "cpu of container:backend": 0.5,
            "memory of container:backend": 1.0,
        },
        rel=1e-3,
    )
    assert one.units["errors"] is Unit.SHARE
    assert (one.profile, one.trusted, one.verdict) == ("smoke", True, Verdict.BROKEN)
    assert Path(one.directory).is_absolute()


def test_what_keeps_two_runs_from_being_compared_is_told() -> None:
    here, there = summarised(), summarised(host=loads.HOST.model_copy(update={"cpus": 8}))
    assert summary.differences(here, here) == []
    assert summary.differences(here, there) == [
        "host: 2 processors of Example 3000, 8 GiB, and 8 processors of Example 3000, 8 GiB"
    ]
    closed = summarised(arrivals="closed", users=5, shape=(), spacing="")
    assert [line.partition(":")[0] for line in summary.differences(here, closed)] == ["arrivals", "course"]


def test_other_images_are_what_is_compared() -> None:
    new = replace(summarised(), images={"backend": "sha256:2", "frontend": "sha256:3"})
    assert summary.differences(summarised(), new) == []
    assert summary.changed_images(summarised(), new) == ["backend", "frontend"]
