"""A recording that its own generator spoilt proves nothing."""

from collections.abc import Callable
from typing import Any

import pytest

import loads
from agentchat_check.findings import Finding, Verdict
from agentchat_check.load import gate, trust
from agentchat_check.load.recording import Recording
from agentchat_check.load.series import NOT_STARTED
from loads import CHAT

LATE = trust.latest([])


def noted(seconds: range = range(60), **notes: Any) -> Recording:
    recording = loads.recording()
    recording.notes["worker-1"] = loads.notes(seconds, **notes)
    return recording


def told(finding: Finding) -> tuple[Verdict, str]:
    assert finding.verdict is not Verdict.BROKEN
    return finding.verdict, finding.actual


def test_a_clean_recording_is_trusted() -> None:
    assert [str(one) for one in trust.judged(loads.recording(), LATE) if one.verdict is not Verdict.HOLDS] == []


def test_a_generator_at_ease_is_told_with_its_figures() -> None:
    assert told(trust.generator_kept_up(noted(), LATE)) == (
        Verdict.HOLDS,
        "at most 30% of a core in a second, and 1.0 ms late (p99)",
    )


def test_a_process_that_uses_its_core_up_could_not_keep_up() -> None:
    assert told(trust.generator_kept_up(noted(busy=lambda at: 0.95 if 20 <= at < 40 else 0.3), LATE)) == (
        Verdict.UNKNOWN,
        "worker-1: could not keep up from 20 s to 40 s",
    )


def test_a_busy_second_is_none() -> None:
    assert trust.generator_kept_up(noted(busy=lambda at: 1.0 if at == 30 else 0.3), LATE).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        (lambda _: [0.001] * 10, Verdict.HOLDS),
        (lambda at: [0.050] * 4 + [0.001] * 6 if at == 30 else [0.001] * 10, Verdict.HOLDS),
        (lambda at: [0.050] * 6 + [0.001] * 4 if at == 30 else [0.001] * 10, Verdict.UNKNOWN),
        (lambda at: [0.050] + [0.001] * 9 if at % 8 == 0 else [0.001] * 10, Verdict.UNKNOWN),
    ],
    ids=["never", "a few strays", "a hiccup", "a stray now and then, more than one in a hundred of all"],
)
def test_arrivals_that_start_late_are_the_generator_s_own_delay(
    late: Callable[[int], list[float]], verdict: Verdict
) -> None:
    recording = noted(late=late)
    assert trust.generator_kept_up(recording, LATE).verdict is verdict
    assert bool(trust.saturated(recording, LATE)) == (verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("limits", "latest"),
    [
        ({}, 0.020),
        ({"limit": 1.0}, 0.020),
        ({"limit": 5.0}, 0.020),
        ({"limit": 0.2}, 0.010),
        ({"limit": 0.01}, 0.005),
        ({"limit": 0.2, "metric": "service_time"}, 0.010),
        ({"limit": 0.05, "metric": "error_rate", "statistic": "share"}, 0.020),
    ],
)
def test_arrivals_may_be_late_by_a_twentieth_of_the_strictest_limit_of_a_response_time(
    limits: dict[str, Any], latest: float
) -> None:
    thresholds = [loads.threshold(limit=2.0), *([loads.threshold(**limits)] if limits else [])]
    assert trust.latest(thresholds) == pytest.approx(latest)


def test_a_strict_limit_asks_for_a_punctual_generator() -> None:
    recording = noted(late=lambda _: [0.015] * 10)
    verdicts = [gate.judge(recording, {"one": loads.threshold(limit=limit)}).trust[0].verdict for limit in (0.5, 0.2)]
    assert verdicts == [Verdict.HOLDS, Verdict.UNKNOWN]


def test_a_generator_that_noted_nothing_is_not_known_to_have_kept_up() -> None:
    recording = loads.recording()
    recording.notes = {}
    assert told(trust.generator_kept_up(recording, LATE)) == (Verdict.UNKNOWN, "no process noted anything")


def test_fewer_arrivals_than_were_asked_for_prove_nothing() -> None:
    assert told(trust.rate_reached(loads.recording())) == (Verdict.HOLDS, "600 came")
    assert told(trust.rate_reached(noted(late=lambda _: [0.001] * 9))) == (Verdict.UNKNOWN, "540 came")
    assert told(trust.rate_reached(noted(late=lambda _: []))) == (Verdict.UNKNOWN, "0 came")


def test_arrivals_that_found_too_many_in_flight_came() -> None:
    recording = loads.recording({CHAT: lambda _: [0.1] * 9, CHAT._replace(outcome=NOT_STARTED): lambda _: [0.0]})
    recording.notes["worker-1"] = loads.notes(range(60), late=lambda _: [0.001] * 9)
    assert told(trust.rate_reached(recording)) == (Verdict.HOLDS, "600 came")


def test_chance_may_bring_fewer() -> None:
    recording = loads.recording(spacing="poisson")
    recording.notes["worker-1"] = loads.notes(range(60), late=lambda at: [0.001] * (9 if at % 2 else 10))
    assert trust.rate_reached(recording).verdict is Verdict.HOLDS


def test_closed_arrivals_have_no_rate() -> None:
    assert trust.rate_reached(loads.recording(arrivals="closed", users=5, shape=())).verdict is Verdict.HOLDS


def test_a_worker_that_is_lost_is_missed() -> None:
    assert told(trust.workers_stayed(noted(range(40)))) == (Verdict.UNKNOWN, "worker-1: silent from 40 s to 60 s")
    assert told(trust.workers_stayed(noted(range(10, 60)))) == (Verdict.UNKNOWN, "worker-1: silent from 0 s to 10 s")
    recording = loads.recording(processes=("worker-1", "worker-2"))
    recording.notes["worker-2"] = {}
    assert told(trust.workers_stayed(recording)) == (Verdict.UNKNOWN, "worker-2: never wrote")


def test_a_worker_that_was_killed_at_the_very_end_is_missed_by_its_last_line() -> None:
    recording = noted(range(58))
    assert trust.workers_stayed(recording).verdict is Verdict.HOLDS
    recording.ended.clear()
    assert told(trust.workers_stayed(recording)) == (
        Verdict.UNKNOWN,
        "worker lost: worker-1 was cut short after 58 s",
    )
    assert gate.judge(recording, {"one": loads.threshold()}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("gone", "second", "says"),
    [
        (set(), 60.5, ""),
        (set(), 69.9, ""),
        (set(), 70.5, "worker lost: worker-1 has been silent since 60 s"),
        ({"worker-1"}, 60.5, "worker lost: worker-1 ended before its time, after 60 s"),
        ({"another"}, 60.5, ""),
    ],
)
def test_a_run_that_lost_a_worker_need_not_go_on(gone: set[str], second: float, says: str) -> None:
    assert trust.lost(noted(), gone, second) == says


def test_a_worker_that_never_wrote_is_lost_ten_seconds_later() -> None:
    recording = loads.recording(seconds=None, end="running")
    recording.notes.clear()
    assert trust.lost(recording, set(), -1.5) == ""
    assert trust.lost(recording, set(), 10.5) == "worker lost: worker-1 has been silent since 0 s"


def test_a_process_may_be_silent_for_a_moment() -> None:
    recording = loads.recording()
    recording.notes["worker-1"] = loads.notes(at for at in range(58) if at not in {20, 21, 22})
    assert trust.workers_stayed(recording).verdict is Verdict.HOLDS


def test_a_clock_that_jumps_is_seen() -> None:
    assert told(trust.clock_steady(noted(drift=lambda at: 0.0 if at < 30 else 3600.0))) == (
        Verdict.UNKNOWN,
        "worker-1: by 3600.81 s at 30 s",
    )
    assert trust.clock_steady(noted(drift=lambda at: at * 0.0005)).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("changes", "actual"),
    [
        ({"end": "aborted", "reason": "errors: 12 %", "seconds": 31.0}, "aborted: errors: 12 % (after 31 s)"),
        ({"end": "interrupted", "seconds": 31.0}, "interrupted (after 31 s)"),
        ({"end": "running", "seconds": None}, "nobody noted its end (after 60 s)"),
    ],
)
def test_a_run_that_was_cut_short_proves_nothing(changes: dict[str, Any], actual: str) -> None:
    assert told(trust.went_to_the_end(loads.recording(**changes))) == (Verdict.UNKNOWN, actual)
