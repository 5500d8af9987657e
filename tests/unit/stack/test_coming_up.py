"""A stack is waited for while there is hope, and why it did not come up is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from agentchat_check import errors, facts
from agentchat_check.stack import coming_up
from agentchat_check.stack.process import Completed, Running
from makers import Clock, service

GOOD = service("redis")
SICK = service("backend", health="unhealthy")
CREATED = service("frontend", state="created", health="")


@dataclass
class Up:
    """A program that brings the services up, and has ended, or does at one of the looks at it."""

    returncode: int = 0
    looks: int = 0

    def done(self) -> bool:
        """Whether it has."""
        self.looks -= 1
        return self.looks < 0

    def completed(self) -> Completed:
        """With this exit status."""
        return Completed(("up",), self.returncode, "", "")


def waited(
    clock: Clock,
    *looks: Sequence[facts.Service],
    up: Up | None = None,
    before: dict[str, int] | None = None,
    unhealthy_too: bool = False,
    patient: bool = False,
) -> None:
    seen = iter([*looks, *(looks[-1:] * 99)])
    coming_up.wait_until_settled(
        lambda: tuple(next(seen)),
        lambda one: one.settled,
        expected=("redis", "backend"),
        timeout=5.0,
        beside=cast("Running | None", up),
        before=before or {},
        unhealthy_too=unhealthy_too,
        patient=patient,
        clock=clock,
    )


def test_every_service_that_is_expected_has_to_be_there(clock: Clock) -> None:
    waited(clock, [], [GOOD], [GOOD, service("backend")])
    assert clock.slept == [0.5, 0.5]
    with pytest.raises(errors.TimeoutError) as caught:
        waited(clock, [GOOD])
    assert caught.value.actual.startswith("redis running (healthy)")


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        (SICK, "backend running (unhealthy"),
        (service("backend", state="exited", health="", exit_code=1, restart_policy="no"), "backend exited"),
        (service("backend", health="starting", restarts=coming_up.HOPELESS_RESTARTS), "backend running"),
    ],
)
def test_what_is_lost_is_not_waited_for_while_somebody_brings_it_up(
    clock: Clock, lost: facts.Service, says: str
) -> None:
    with pytest.raises(errors.StackError) as caught:
        waited(clock, [GOOD, lost], up=Up())
    assert says in str(caught.value)
    assert clock.slept == []
    with pytest.raises(errors.TimeoutError):
        waited(clock, [GOOD, lost])


def test_what_was_there_before_may_be_replaced_until_the_program_has_ended(clock: Clock) -> None:
    crashes = service("backend", health="starting", restarts=coming_up.HOPELESS_RESTARTS)
    was = {crashes.container: crashes.restarts}
    waited(clock, [GOOD, crashes], [GOOD, service("backend")], up=Up(looks=9), before=was)
    with pytest.raises(errors.StackError) as caught:
        waited(clock, [GOOD, crashes], up=Up(looks=9), before={crashes.container: 0})
    assert "backend running (starting" in str(caught.value)


def test_what_is_sick_will_do_or_may_recover_where_that_is_said(clock: Clock) -> None:
    waited(clock, [GOOD, SICK], up=Up(), unhealthy_too=True)
    waited(clock, [GOOD, SICK], [GOOD, service("backend")], up=Up(), patient=True)
    with pytest.raises(errors.TimeoutError):
        waited(clock, [GOOD, service("backend", health="unhealthy", restarts=1)], up=Up(), unhealthy_too=True)


def test_a_program_that_failed_ends_the_waiting(clock: Clock) -> None:
    with pytest.raises(errors.StackError) as caught:
        waited(clock, [GOOD, service("backend")], up=Up(returncode=1))
    assert "docker compose up gave up" in str(caught.value)


def test_the_error_has_the_words_of_whoever_is_to_blame() -> None:
    sick = service("backend", health="unhealthy", health_output="first\ncurl: (7)\n")
    why = coming_up.why_not(
        "bring up demo",
        errors.TimeoutError("wait", expected="health", actual="no health"),
        "",
        look=lambda: (CREATED, GOOD, sick),
        last_lines=lambda name: f"{name} says no\n",
    )
    assert isinstance(why, errors.TimeoutError)
    assert why.actual == "no health\nits health check said: curl: (7)\nlast lines of backend:\nbackend says no"
    assert why.next_step == "read the lines of backend above"


def test_where_nobody_is_to_blame_the_host_is_looked_at() -> None:
    error = errors.StackError("wait", actual="gave up")
    why = coming_up.why_not("bring up demo", error, "boom", look=lambda: (CREATED,), last_lines=str)
    assert (why.actual, why.next_step) == ("gave up\nboom", "run `agentchat-check doctor`")


def test_where_composes_words_say_it_all_nobody_is_asked() -> None:
    def look() -> tuple[facts.Service, ...]:
        raise AssertionError

    said = "Cannot connect to the Docker daemon"
    why = coming_up.why_not("bring up demo", errors.StackError("wait"), said, look=look, last_lines=str)
    assert isinstance(why, errors.HostError)
