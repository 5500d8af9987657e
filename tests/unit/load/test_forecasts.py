"""What grows on and on is told before it reaches its limit; what rose once, or levels off, is not."""

from collections.abc import Callable

import pytest

import loads
from agentchat_check.findings import Verdict
from agentchat_check.load import gate
from agentchat_check.load.recording import Recording
from loads import sampled, threshold

FORECAST = {"metric": "memory", "statistic": "forecast", "limit": 0.85, "window": 40.0, "ahead": 400.0}


def said(recording: Recording) -> tuple[Verdict, str]:
    finding = gate.judge(recording, {"one": threshold(**FORECAST)}).thresholds[0].finding
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    ("share", "verdict", "actual"),
    [
        (
            lambda at: 0.3 + at / 400,
            Verdict.BROKEN,
            "container:backend: 145 % 400 s on, by how it grew from 20 s to 60 s",
        ),
        (
            lambda at: 0.3 + at / 1000,
            Verdict.HOLDS,
            "container:backend: 76 % 400 s on, by how it grew from 20 s to 60 s",
        ),
        (
            lambda at: 0.6 - at / 400,
            Verdict.HOLDS,
            "container:backend: 46.2 % 400 s on, by how it grew from 20 s to 60 s",
        ),
        (lambda at: 0.7 if at > 35 else 0.3, Verdict.HOLDS, "container:backend: 70 % 400 s on"),
        (lambda at: 0.3 + min(at, 40) / 400, Verdict.HOLDS, "container:backend: 40 % 400 s on"),
        (lambda at: 0.3 + max(at - 45, 0) / 400, Verdict.HOLDS, "container:backend: 32.5 % 400 s on"),
    ],
    ids=["leaks", "leaks slowly", "falls", "rose once", "levels off", "has only begun"],
)
def test_what_grows_on_and_on_is_far_from_its_limit_only_today(
    share: Callable[[int], float], verdict: Verdict, actual: str
) -> None:
    found = said(loads.recording(samples=sampled("memory", share)))
    assert (found[0], found[1][: len(actual)]) == (verdict, actual)


def test_a_run_too_short_for_a_forecast_is_told_so() -> None:
    growing = sampled("memory", lambda at: 0.3 + at / 400)
    judgement = gate.judge(loads.recording(samples=growing, judged_from=30.0), {"one": threshold(**FORECAST)})
    assert judgement.inapplicable == (("responses are quick", "how it grows is seen in 40 s, and 30 s were judged"),)
    (_, told), *_ = gate.judge(loads.recording(samples=loads.at_ease()), loads.ALARMS).inapplicable
    assert told == "how it grows is seen in 1 h, and 60 s were judged"


def test_a_forecast_without_looks_proves_nothing() -> None:
    quarter = [one for one in sampled("memory", lambda _: 0.3) if not 30 < one.second < 40]
    assert said(loads.recording(samples=quarter))[0] is Verdict.UNKNOWN
    assert said(loads.recording()) == (Verdict.UNKNOWN, "no memory was sampled")


def test_a_forecast_ends_no_run() -> None:
    leaking = loads.recording(samples=sampled("memory", lambda at: 0.3 + at / 400), seconds=None, end="running")
    assert gate.breach_at(leaking, {"one": threshold(**FORECAST)}, 60, any_breach=True) == ""
    assert gate.breach_at(
        leaking, {"one": threshold(**FORECAST | {"statistic": "max", "ahead": None, "limit": 0.4})}, 60, any_breach=True
    )
