"""BROKEN where a limit was passed, HOLDS only where enough was seen, and UNPROVEN never passes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import loads
from agentchat_check.facts.metrics import TOGETHER
from agentchat_check.findings import Verdict
from agentchat_check.load import gate, wording
from agentchat_check.load.gate import Judged
from agentchat_check.load.recording import Recording
from agentchat_check.load.samples import Sample
from agentchat_check.load.series import NOT_STARTED, PART, Series
from agentchat_check.settings.thresholds import Threshold
from loads import CHAT, FAILED, sampled, threshold

LOGIN = Series("log-in", "POST /user/login", "ok")


def judged(recording: Recording, limit: Threshold) -> Judged:
    judgement = gate.judge(recording, {"one": limit})
    assert bool(judgement.thresholds[0].finding.next_step) == (
        judgement.thresholds[0].finding.verdict is not Verdict.HOLDS
    )
    return judgement.thresholds[0]


def said(recording: Recording, **changes: Any) -> tuple[Verdict, str]:
    finding = judged(recording, threshold(**changes)).finding
    return finding.verdict, finding.actual


def chatting(of_second: Callable[[int], list[float]], **changes: Any) -> Recording:
    return loads.recording({CHAT: of_second}, **changes)


def test_quick_responses_hold() -> None:
    assert said(chatting(lambda _: [0.05] * 10)) == (Verdict.HOLDS, "POST /completion: 50 ms from 0 s to 1 s")


def test_a_minute_of_slow_responses_is_broken() -> None:
    finding = judged(chatting(lambda _: [1.5] * 10), threshold()).finding
    assert str(finding) == (
        "BROKEN: responses are quick\n"
        "  expected:   p95 of latency at most 1 s for each request, over any 30 s\n"
        "  actual:     POST /completion: 1.5 s from 0 s to 60 s\n"
        "  next step:  look at the slowest request"
    )


def test_a_slow_stretch_is_found_wherever_it_is_and_told_with_its_time() -> None:
    one = judged(
        chatting(lambda at: [2.0 if 40 <= at < 45 else 0.05] * 10, seconds=120.0, shape=((0, 10), (120, 10))),
        threshold(),
    )
    assert one.finding.verdict is Verdict.BROKEN
    (breach,) = one.breaches
    assert (breach.subject, breach.began, breach.ended) == ("POST /completion", 42.0, 43.0)
    assert breach.figure == pytest.approx(2.0, rel=1e-3)
    # over the two minutes together they are 4 %, and would not show
    assert (
        said(
            chatting(lambda at: [2.0 if 40 <= at < 45 else 0.05] * 10, seconds=120.0, shape=((0, 10), (120, 10))),
            window=None,
        )[0]
        is Verdict.HOLDS
    )


def test_a_few_slow_ones_are_strays() -> None:
    assert said(loads.recording({CHAT: lambda at: [2.0] if at < 5 else [0.05] * 10}))[0] is Verdict.HOLDS


def test_more_than_a_few_slow_ones_are_none_however_few_requests_there_were() -> None:
    assert said(loads.recording({CHAT: lambda at: [2.0] if at < 6 else []})) == (
        Verdict.BROKEN,
        "POST /completion: 2 s from 0 s to 6 s",
    )


def test_too_few_requests_prove_nothing() -> None:
    assert said(chatting(lambda _: [0.05])) == (
        Verdict.UNKNOWN,
        "POST /completion: 60 requests, of at least 100 that prove it",
    )


def test_a_request_that_nobody_made_is_not_proven() -> None:
    assert said(loads.recording({})) == (Verdict.UNKNOWN, "no request of this name was made")
    assert said(loads.recording(), request="POST /upload")[0] is Verdict.UNKNOWN


def test_each_request_is_judged_by_itself() -> None:
    mixed = loads.recording({CHAT: lambda _: [1.5] * 2, LOGIN: lambda _: [0.05] * 98})
    assert said(mixed)[0] is Verdict.BROKEN
    assert said(mixed, per="run")[0] is Verdict.HOLDS
    assert said(mixed, request="POST /user/*")[0] is Verdict.HOLDS
    assert said(mixed, journey="log-in")[0] is Verdict.HOLDS
    assert said(mixed, per="journey")[1].startswith("steady chat: 1.5 s")


def test_latency_counts_from_the_intended_start_and_service_time_does_not() -> None:
    stalled = loads.recording({CHAT: lambda _: [1.5] * 10}, service={CHAT: lambda _: [0.05] * 10})
    assert said(stalled)[0] is Verdict.BROKEN
    assert said(stalled, metric="service_time")[0] is Verdict.HOLDS


def test_a_failed_request_s_time_counts_and_that_of_one_that_never_started_does_not() -> None:
    slow = {CHAT: lambda _: [0.05] * 9, FAILED: lambda _: [30.0]}
    assert said(loads.recording(slow))[0] is Verdict.BROKEN
    full = {CHAT: lambda _: [1.5] * 9, CHAT._replace(outcome=NOT_STARTED): lambda _: [0.0] * 200}
    assert said(loads.recording(full))[0] is Verdict.BROKEN


def test_parts_of_requests_are_judged_where_they_are_named() -> None:
    first = Series("steady chat", "POST /completion, first chunk", PART)
    recording = loads.recording({CHAT: lambda _: [0.05] * 10, first: lambda _: [1.5] * 10})
    assert said(recording)[0] is Verdict.HOLDS
    assert said(recording, request=first.request)[0] is Verdict.BROKEN


def errors(share: float, **changes: Any) -> tuple[Verdict, str]:
    failed = round(100 * share)
    recording = loads.recording({CHAT: lambda _: [0.05] * (100 - failed), FAILED: lambda _: [0.05] * failed})
    return said(recording, metric="error_rate", statistic="share", limit=0.05, **changes)


def test_six_in_a_hundred_failed_requests_are_too_many_and_five_are_not() -> None:
    assert errors(0.06) == (Verdict.BROKEN, "POST /completion: 6 % from 0 s to 60 s")
    assert errors(0.05) == (Verdict.HOLDS, "POST /completion: 5 % from 0 s to 1 s")


def test_a_warning_breaks_nothing() -> None:
    assert errors(0.03, warn=0.01) == (Verdict.HOLDS, "POST /completion: 3 % from 0 s to 1 s; a warning begins at 1 %")
    recording = loads.recording(samples=sampled("cpu", lambda _: 0.75))
    assert judged(recording, loads.ALARMS["cpu"]).warned
    assert not judged(loads.recording(samples=sampled("cpu", lambda _: 0.85)), loads.ALARMS["cpu"]).warned


def test_arrivals_that_could_not_start_are_errors() -> None:
    full = {CHAT: lambda _: [0.05] * 9, CHAT._replace(outcome=NOT_STARTED): lambda _: [0.0]}
    limits = {"metric": "error_rate", "statistic": "share", "limit": 0.05}
    assert said(loads.recording(full), **limits)[0] is Verdict.BROKEN


CPU = {"metric": "cpu", "statistic": "mean", "limit": 0.8}


def test_a_container_that_is_busy_for_the_window_is_broken_and_for_a_moment_is_not() -> None:
    assert said(loads.recording(samples=sampled("cpu", lambda at: 0.9 if at > 20 else 0.3)), **CPU) == (
        Verdict.BROKEN,
        "container:backend: 90 % from 46 s to 60 s",
    )
    assert (
        said(loads.recording(samples=sampled("cpu", lambda at: 1.0 if 20 < at < 24 else 0.3)), **CPU)[0]
        is Verdict.HOLDS
    )


def test_a_subject_that_was_not_looked_at_long_enough_is_not_proven() -> None:
    assert said(loads.recording(samples=sampled("cpu", lambda _: 0.3, until=40)), **CPU) == (
        Verdict.UNKNOWN,
        "container:backend: sampled for 40 of 60 s",
    )
    assert said(loads.recording(), **CPU) == (Verdict.UNKNOWN, "no cpu was sampled")


DISK = {"metric": "disk", "statistic": "max", "limit": 0.9, "window": None}


@pytest.mark.parametrize(
    ("looks", "verdict"),
    [
        ([30.0], Verdict.UNKNOWN),
        ([1.0, 2.0], Verdict.UNKNOWN),
        ([2.0, 17.0, 32.0, 47.0], Verdict.HOLDS),
        ([2.0, 3.0, 30.0, 31.0, 59.0, 60.0], Verdict.UNKNOWN),
    ],
    ids=["once", "and then no more", "seldom, as usual", "with gaps"],
)
def test_what_is_looked_at_seldom_may_be_looked_at_seldom_and_once_is_nothing(
    looks: list[float], verdict: Verdict
) -> None:
    samples = [Sample(second, "container:mysql", "disk", 0.5) for second in looks]
    assert said(loads.recording(samples=samples), **DISK)[0] is verdict


def test_a_subject_is_chosen_by_its_name() -> None:
    samples = [*sampled("cpu", lambda _: 0.9), *sampled("cpu", lambda _: 0.3, subject="container:mysql")]
    assert said(loads.recording(samples=samples), **CPU, subject="container:mysql")[0] is Verdict.HOLDS


def test_a_busy_host_is_no_breach_of_the_alarms_that_come_along() -> None:
    samples = [*sampled("cpu", lambda _: 0.99, subject="host"), *sampled("cpu", lambda _: 0.3)]
    finding = judged(loads.recording(samples=samples), loads.ALARMS["cpu"]).finding
    assert (finding.verdict, finding.expected) == (
        Verdict.HOLDS,
        "mean of cpu at most 80 % for each container, over any 30 s",
    )


def two_busy(share: float, metric: str) -> Recording:
    """Two containers that each use so much of the host."""
    of_each = [sampled(metric, lambda _: share, subject=f"container:{name}") for name in ("backend", "mysql")]
    return loads.recording(samples=[*of_each[0], *of_each[1], *sampled(metric, lambda _: 2 * share, subject=TOGETHER)])


@pytest.mark.parametrize(("metric", "limit"), [("cpu", 80), ("memory", 85)])
def test_containers_that_are_far_from_their_limits_may_together_use_the_host_up(metric: str, limit: int) -> None:
    busy = two_busy(0.45, metric)
    assert judged(busy, loads.ALARMS[metric]).finding.verdict is Verdict.HOLDS
    finding = judged(busy, loads.ALARMS[f"{metric}_together"]).finding
    assert (finding.verdict, finding.expected, finding.actual) == (
        Verdict.BROKEN,
        f"mean of {metric} at most {limit} % for all containers together, over any 30 s",
        "containers: 90 % from 0 s to 60 s",
    )
    assert judged(two_busy(0.3, metric), loads.ALARMS[f"{metric}_together"]).finding.verdict is Verdict.HOLDS


def test_where_not_all_containers_were_looked_at_nothing_is_known_of_all_together() -> None:
    finding = judged(loads.recording(samples=sampled("cpu", lambda _: 0.3)), loads.ALARMS["cpu_together"]).finding
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "no cpu was sampled")


def test_a_short_run_is_judged_as_a_whole() -> None:
    short = loads.recording(samples=sampled("cpu", lambda _: 0.9, until=10), seconds=10.0)
    assert said(short, **CPU) == (Verdict.BROKEN, "container:backend: 90 % from 0 s to 10 s")


def test_a_count_that_grows_is_broken_also_where_it_began_anew() -> None:
    limits = {"metric": "restarts", "statistic": "increase", "limit": 0.0, "window": None}
    assert said(loads.recording(samples=sampled("restarts", lambda _: 3.0)), **limits)[0] is Verdict.HOLDS
    assert said(loads.recording(samples=sampled("restarts", lambda at: 3.0 if at < 30 else 1.0)), **limits) == (
        Verdict.BROKEN,
        "container:backend: 1 from 0 s to 60 s",
    )


def test_what_is_to_stay_at_least_at_a_limit_may_not_fall() -> None:
    limits = {"metric": "cache_hits", "statistic": "mean", "limit": 0.5, "warn": 0.7, "side": "at least"}
    hits = sampled("cache_hits", lambda at: 0.9 - at / 100, subject="cache")
    assert said(loads.recording(samples=hits), **limits)[1].startswith("cache: 45 %")
    good = sampled("cache_hits", lambda _: 0.65, subject="cache")
    assert said(loads.recording(samples=good), **limits)[1].endswith("a warning begins at 70 %")


def test_a_ramp_is_not_judged() -> None:
    slow_start = chatting(lambda at: [2.0 if at < 10 else 0.05] * 10, judged_from=10.0)
    assert said(slow_start)[0] is Verdict.HOLDS
    once = loads.recording(
        {CHAT: lambda _: [0.05] * 10, LOGIN: lambda at: [2.0] * 10 if at < 10 else []}, judged_from=10.0
    )
    assert said(once)[0] is Verdict.HOLDS


def test_a_generator_that_could_not_keep_up_proves_no_breach() -> None:
    recording = chatting(lambda _: [1.5] * 10)
    recording.notes["worker-1"] = loads.notes(range(60), late=lambda _: [0.05] * 10)
    verdict, actual = said(recording)
    assert verdict is Verdict.UNKNOWN
    assert actual == "POST /completion: 1.5 s from 0 s to 60 s, while the generator could not keep up"
    assert gate.judge(recording, {"one": threshold()}).verdict is Verdict.UNKNOWN


def test_a_breach_at_another_time_than_the_generator_s_trouble_is_one() -> None:
    recording = chatting(lambda _: [1.5] * 10)
    recording.notes["worker-1"] = loads.notes(range(60), late=lambda at: [0.05 if at < 2 else 0.001] * 10)
    assert said(recording) == (Verdict.BROKEN, "POST /completion: 1.5 s from 41 s to 60 s")


def test_an_installation_that_cannot_be_looked_into_is_judged_by_its_answers() -> None:
    judgement = gate.judge(loads.recording(unsampled="an address names no containers"), loads.ALARMS)
    assert [one.name for one in judgement.thresholds] == ["response_time", "error_rate"]
    assert ("processor use stays below the manual's alarm", "an address names no containers") in judgement.inapplicable
    assert judgement.verdict is Verdict.HOLDS


def test_without_any_threshold_nothing_is_proven() -> None:
    assert gate.judge(loads.recording(), {}).verdict is Verdict.UNKNOWN


def whole(**changes: Any) -> Recording:
    return loads.recording(samples=loads.at_ease(), **changes)


def test_a_clean_run_holds_by_the_file_that_comes_along() -> None:
    judgement = gate.judge(whole(), loads.ALARMS)
    assert [str(finding) for finding in judgement.findings if finding.verdict is not Verdict.HOLDS] == []
    assert judgement.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    "changes",
    [
        {"end": "interrupted"},
        {"end": "running", "seconds": None},
        {"processes": ("worker-1", "worker-2"), "shape": ((0, 40), (60, 40))},
        {"shape": ((0, 40), (60, 40))},
    ],
)
def test_what_speaks_against_a_recording_keeps_it_from_passing(changes: dict[str, Any]) -> None:
    assert gate.judge(whole(**changes), loads.ALARMS).verdict is Verdict.UNKNOWN


RANK = {Verdict.HOLDS: 0, Verdict.UNKNOWN: 0, Verdict.BROKEN: 1}
TIMES = st.lists(st.lists(st.floats(0.001, 3.0), max_size=12), min_size=60, max_size=60)


@given(TIMES, TIMES, st.sampled_from(["p50", "p95", "p99", "max", "mean"]), st.sampled_from([10.0, 30.0, None]))
def test_slow_requests_more_never_mend_a_breach(
    before: list[list[float]], more: list[list[float]], statistic: str, window: float | None
) -> None:
    limits: dict[str, Any] = {"statistic": statistic, "limit": 1.0, "window": window}
    first = said(chatting(lambda at: before[at]), **limits)[0]
    slower = said(chatting(lambda at: before[at] + [3.5 + one for one in more[at]]), **limits)[0]
    assert RANK[slower] >= RANK[first]


@given(TIMES, st.floats(1.0, 3.0), st.sampled_from(["p50", "p95", "max", "mean"]))
def test_slower_requests_never_mend_a_breach(before: list[list[float]], factor: float, statistic: str) -> None:
    limits: dict[str, Any] = {"statistic": statistic, "limit": 1.0}
    first = said(chatting(lambda at: before[at]), **limits)[0]
    slower = said(chatting(lambda at: [one * factor for one in before[at]]), **limits)[0]
    assert (RANK[slower], slower is Verdict.UNKNOWN) >= (
        RANK[first],
        first is Verdict.UNKNOWN,
    ) or slower is Verdict.BROKEN


@given(TIMES, st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_a_stricter_limit_is_never_kept_where_a_looser_one_is_not(
    times: list[list[float]], one: float, other: float
) -> None:
    strict, loose = (said(chatting(lambda at: times[at]), limit=limit)[0] for limit in sorted((one, other)))
    assert RANK[strict] >= RANK[loose]


@given(TIMES, st.sampled_from(["p50", "p95"]), st.floats(0.5, 3.0))
def test_what_holds_was_seen_often_enough_and_is_true(times: list[list[float]], statistic: str, limit: float) -> None:
    everything = sorted(one for several in times for one in several)
    percent = int(statistic.removeprefix("p"))
    if said(chatting(lambda at: times[at]), statistic=statistic, limit=limit)[0] is Verdict.HOLDS:
        assert len(everything) >= {"p50": 10, "p95": 100}[statistic]
        assert everything[-(-len(everything) * percent // 100) - 1] <= limit


def test_the_run_is_ended_by_a_breach_that_says_so() -> None:
    limits = {"response": threshold(abort=True)}
    slow = chatting(lambda at: [2.0 if at >= 20 else 0.05] * 10, seconds=None, end="running")
    assert gate.breach_at(slow, limits, 20) == ""
    assert gate.breach_at(slow, limits, 30) == (
        "responses are quick: no longer: POST /completion: 2 s from 0 s to 30 s "
        "(p95 of latency at most 1 s for each request, over any 30 s)"
    )
    assert gate.breach_at(slow, {"response": threshold()}, 30) == ""
    assert gate.breach_at(slow, {"response": threshold()}, 30, any_breach=True) != ""


def test_the_run_is_ended_by_a_full_disk() -> None:
    filling = loads.recording(samples=sampled("disk", lambda at: 0.5 + at / 100), seconds=None, end="running")
    assert gate.breach_at(filling, loads.ALARMS, 30) == ""
    assert gate.breach_at(filling, loads.ALARMS, 45).startswith(
        "disk use stays below the manual's alarm: no longer: container"
    )


@pytest.mark.parametrize(
    ("verdict", "word", "status"),
    [(Verdict.HOLDS, "HOLDS", 0), (Verdict.BROKEN, "BROKEN", 3), (Verdict.UNKNOWN, "UNPROVEN", 4)],
)
def test_every_verdict_has_its_word_and_its_exit_status(verdict: Verdict, word: str, status: int) -> None:
    assert (wording.VERDICTS[verdict], gate.EXIT[verdict]) == (word, status)
