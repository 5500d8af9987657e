"""Secrets can be changed, and the old ones open nothing."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import rotation
from agentchat_check.findings import Verdict
from makers import answer, log_in, outer, unanswered

REFUSED = log_in(who="the cache", accepted=False, error="WRONGPASS")


def rotated(**changes: Any) -> facts.Rotation:
    """The cache's password, changed without harm."""
    made = facts.Rotation(
        what="the cache's password",
        asked=200,
        failed=30,
        downtime=2.25,
        came_back=True,
        with_new={"the cache": log_in(who="the cache")},
        with_old={"the cache": REFUSED},
        volumes_kept=True,
        rows_kept=True,
    )
    return replace(made, **changes)


def test_a_secret_that_was_changed() -> None:
    rotates = rotation.rotates(rotated())
    assert rotates.verdict is Verdict.HOLDS
    assert rotates.promise == "a secret is changed, and everything goes on with the new one: the cache's password"
    assert rotates.actual == "users went without an answer for 2.2 s (30 of 200 requests)"
    assert rotation.retires(rotated()).actual == "the cache: the cache: WRONGPASS in 0.01 s"
    assert rotation.keeps(rotated()).actual == "they are"


def test_a_secret_that_cannot_be_changed() -> None:
    stuck = facts.Rotation("the key of the tokens", obstacle="no variable changes it")
    found = rotation.rotates(stuck)
    assert (found.verdict, found.actual) == (Verdict.BROKEN, "no variable changes it")
    assert rotation.retires(stuck).verdict is Verdict.UNKNOWN
    assert rotation.keeps(stuck).verdict is Verdict.UNKNOWN
    assert rotation.noticed(stuck) == "it was not changed"


@pytest.mark.parametrize(
    ("changes", "actual"),
    [
        ({"came_back": False}, "no good answer came any more"),
        ({"with_new": {"the cache": REFUSED}}, "with the new one, the cache: the cache: WRONGPASS in 0.01 s"),
        ({"with_new": {"a log-in": outer(500)}}, "with the new one, a log-in: GET /api/v1/dialog/list: 500 in 0.02 s"),
    ],
)
def test_a_change_after_which_something_does_not_go_on(changes: dict[str, Any], actual: str) -> None:
    found = rotation.rotates(rotated(**changes))
    assert (found.verdict, found.actual) == (Verdict.BROKEN, actual)


@pytest.mark.parametrize(
    ("opened", "actual"),
    [
        (log_in(who="the cache"), "with the old one, x: the cache: accepted in 0.01 s"),
        (answer(), "with the old one, x: GET /api/v1/dialog/list: 200 in 0.02 s"),
    ],
)
def test_an_old_secret_that_still_opens_something(opened: facts.LogIn | facts.HttpAnswer, actual: str) -> None:
    found = rotation.retires(rotated(with_old={"x": opened}))
    assert (found.verdict, found.actual) == (Verdict.BROKEN, actual)


@pytest.mark.parametrize("tried", [{}, {"a token": unanswered()}, {"a token": outer(503)}])
def test_an_old_secret_that_nobody_answered_to_is_no_pass(tried: dict[str, facts.HttpAnswer]) -> None:
    assert rotation.retires(rotated(with_old=tried)).verdict is Verdict.UNKNOWN


def test_what_was_lost_by_a_change() -> None:
    found = rotation.keeps(rotated(volumes_kept=False, rows_kept=False))
    assert found.verdict is Verdict.BROKEN
    assert found.actual == (
        "a container has other volumes than before\nrows that were there before are not, or are others"
    )
