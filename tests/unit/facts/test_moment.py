"""A look's time: one clock for show, another for durations."""

from datetime import UTC, datetime, timedelta

import pytest

from agentchat_check.facts import Moment
from makers import moment


def test_durations_come_from_the_clock_that_only_goes_forward() -> None:
    later = Moment(moment().utc - timedelta(hours=1), moment().monotonic + 2.5)
    assert moment().until(later) == pytest.approx(2.5)
    assert later.until(moment()) == pytest.approx(-2.5)


def test_now_is_now_in_utc() -> None:
    before, now = datetime.now(UTC), Moment.now()
    assert before <= now.utc <= datetime.now(UTC)
    assert now.utc.utcoffset() == timedelta(0)
    assert now.until(Moment.now()) >= 0
