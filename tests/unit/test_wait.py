"""The one polling loop: it takes several good looks, gives up when it is hopeless, and says what it saw last."""

import logging
from collections.abc import Callable, Iterable

import pytest

from agentchat_check import errors, wait
from makers import Clock


def each(observations: Iterable[str]) -> Callable[[], str]:
    """Looks that see one thing after another."""
    return iter(observations).__next__


def is_up(seen: str) -> bool:
    return seen == "up"


def test_the_first_good_look_ends_the_wait(clock: Clock) -> None:
    assert wait.until(each(["down", "down", "up"]), is_up, what="up", timeout=9, clock=clock) == "up"
    assert clock.slept == [0.1, 0.1]


def test_good_looks_count_only_in_a_row(clock: Clock) -> None:
    looks = iter(["up", "down", "up", "up", "up"])
    wait.until(looks.__next__, is_up, what="up", timeout=9, successes=2, clock=clock)
    assert list(looks) == ["up"]


def test_a_timeout_carries_the_last_observation(clock: Clock) -> None:
    with pytest.raises(errors.TimeoutError) as caught:
        wait.until(
            each(["down", "down", "starting"]),
            is_up,
            what="backend up",
            timeout=2,
            delay=1.0,
            show=lambda seen: f"backend is {seen}",
            next_step="read its log",
            clock=clock,
        )
    assert str(caught.value) == (
        "waited 2.0 s for: backend up\n"
        "  expected:   backend up within 2 s\n"
        "  actual:     backend is starting\n"
        "  next step:  read its log"
    )


def test_a_last_look_counts_however_late_it_ends(clock: Clock) -> None:
    def slow_look() -> str:
        clock.now += 60
        return "up"

    assert wait.until(slow_look, is_up, what="up", timeout=5, clock=clock) == "up"


@pytest.mark.parametrize("timeout", [0, -1])
def test_without_time_there_is_still_one_look(timeout: float, clock: Clock) -> None:
    assert wait.until(each(["up"]), is_up, what="up", timeout=timeout, clock=clock) == "up"
    with pytest.raises(errors.TimeoutError, match=r"^waited 0\.0 s for: up"):
        wait.until(each(["down"]), is_up, what="up", timeout=timeout, clock=clock)
    assert clock.slept == []


def test_what_is_hopeless_is_not_waited_for(clock: Clock) -> None:
    with pytest.raises(errors.StackError) as caught:
        wait.until(
            each(["down", "dead"]),
            is_up,
            what="backend up",
            timeout=300,
            hopeless=lambda seen: "it exited" if seen == "dead" else "",
            next_step="read its log",
            clock=clock,
        )
    assert str(caught.value) == (
        "gave up waiting for: backend up\n"
        "  expected:   backend up\n"
        "  actual:     it exited (after 0.1 s)\n"
        "              dead\n"
        "  next step:  read its log"
    )


def test_what_is_good_is_never_hopeless(clock: Clock) -> None:
    assert wait.until(each(["up"]), is_up, what="up", timeout=9, hopeless=lambda _: "gone", clock=clock) == "up"


def test_a_look_that_fails_ends_the_wait(clock: Clock) -> None:
    def look() -> str:
        raise errors.HostError("ask the engine")

    with pytest.raises(errors.HostError, match=r"^ask the engine$"):
        wait.until(look, is_up, what="up", timeout=9, clock=clock)


def test_the_log_tells_changes_and_not_looks(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    wait.until(each(["down", "down", "down", "up"]), is_up, what="backend", timeout=9, clock=clock)
    assert [record.getMessage() for record in caplog.records] == [
        "backend: down",
        "backend: up",
        "backend after 0.3 s",
    ]
