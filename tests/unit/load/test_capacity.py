from collections.abc import Callable

import pytest

import loads
from agentchat_check.findings import Verdict
from agentchat_check.load import capacity, gate
from agentchat_check.load.capacity import Try


def up_to(limit: float, tried: list[float]) -> Callable[[float], Try]:
    def attempt(rate: float) -> Try:
        tried.append(rate)
        return Try(
            rate, Verdict.HOLDS if rate <= limit else Verdict.BROKEN, limiting="" if rate <= limit else "the pool"
        )

    return attempt


@pytest.mark.parametrize("limit", [1.0, 3.0, 4.0, 7.3, 23.0, 400.0])
def test_the_limit_is_found_within_the_precision(limit: float) -> None:
    tried: list[float] = []
    found = capacity.search(up_to(limit, tried), 4.0, precision=0.1)
    assert found.found
    assert found.rate <= limit < (found.beyond or 0)
    assert (found.beyond or 0) - found.rate <= 0.1 * (found.beyond or 0)
    assert found.limiting == "the pool"
    assert [one.rate for one in found.tries] == tried
    assert len(tried) < 16


def test_what_bears_nothing_is_told_after_few_tries() -> None:
    tried: list[float] = []
    found = capacity.search(up_to(0.0, tried), 4.0, precision=0.1)
    assert (found.rate, found.found, found.limiting) == (0, False, "the pool")
    assert tried == [4, 2, 1, 0.5, 0.25]


def test_what_the_generator_cannot_drive_ends_the_search() -> None:
    def attempt(rate: float) -> Try:
        if rate < 10:
            return Try(rate, Verdict.HOLDS)
        return Try(rate, Verdict.UNKNOWN, unproven=("the generator kept up: no",))

    found = capacity.search(attempt, 4.0, precision=0.1)
    assert (found.rate, found.beyond, found.limiting) == (8, None, "")
    assert found.ended == "nothing can be said of 16 visitors per second: the generator kept up: no"
    assert not found.found


def test_what_was_seen_before_the_search_ended_is_told() -> None:
    def attempt(rate: float) -> Try:
        if rate == 12:
            return Try(rate, Verdict.UNKNOWN, unproven=("the generator kept up: no",))
        return Try(rate, Verdict.HOLDS if rate <= 8 else Verdict.BROKEN, limiting="" if rate <= 8 else "the pool")

    found = capacity.search(attempt, 4.0, precision=0.1)
    assert (found.rate, found.beyond, found.limiting) == (8, 16, "the pool")
    assert found.ended == "nothing can be said of 12 visitors per second: the generator kept up: no"
    assert not found.found


@pytest.mark.parametrize(("at_most", "rates"), [(None, [4e4, 8e4, 1e5]), (5e4, [4e4, 5e4]), (4e4, [4e4]), (3e4, [3e4])])
def test_what_bears_all_that_may_be_tried_has_no_limit(at_most: float | None, rates: list[float]) -> None:
    tried: list[float] = []
    found = capacity.search(up_to(1e9, tried), 4e4, precision=0.1, at_most=at_most)
    assert tried == rates
    assert (found.rate, found.beyond, found.limiting, found.found) == (rates[-1], None, "", False)
    assert found.ended == f"no more than {rates[-1]:g} visitors per second are tried"


def test_a_try_names_what_broke_and_what_was_short() -> None:
    samples = [
        *loads.sampled("cpu", lambda _: 0.99, subject="host"),
        *loads.sampled("cpu", lambda _: 0.9, subject="container:backend"),
        *loads.sampled("cpu", lambda _: 0.2, subject="container:mysql"),
    ]
    recording = loads.recording({loads.CHAT: lambda _: [1.5] * 10}, samples=samples)
    judgement = gate.judge(recording, {"response_time": loads.threshold()})
    tried = capacity.judged(10, recording, judgement)
    assert tried.verdict is Verdict.BROKEN
    assert tried.broken == ("responses are quick: POST /completion: 1.5 s from 0 s to 60 s",)
    assert tried.limiting == "cpu of host (99%), most of it backend"


def test_a_resource_whose_own_limit_broke_is_what_is_short() -> None:
    samples = loads.sampled("cpu", lambda _: 0.9)
    recording = loads.recording(samples=samples)
    judgement = gate.judge(recording, {"cpu": loads.ALARMS["cpu"]})
    assert capacity.limiting(recording, judgement) == "cpu of container:backend"


def test_where_nothing_is_short_that_is_said() -> None:
    recording = loads.recording(samples=loads.sampled("cpu", lambda _: 0.3))
    judgement = gate.judge(recording, {"response_time": loads.threshold()})
    assert capacity.limiting(recording, judgement) == (
        "no resource that was looked at; the fullest was cpu of container:backend (30%): "
        "look for a lock, a pool or a limit of connections"
    )
