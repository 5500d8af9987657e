from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.archive.retention import Retention, reasons

TIMES = st.lists(
    st.datetimes(datetime(2025, 12, 20), datetime(2026, 2, 20), timezones=st.just(UTC)),  # noqa: DTZ001 - see timezones
    max_size=40,
    unique=True,
)
COUNTS = st.integers(0, 8)
PERIODS: dict[str, Callable[[datetime], str]] = {
    "daily": lambda time: time.strftime("%Y-%m-%d"),
    "weekly": lambda time: time.strftime("%G-W%V"),
    "monthly": lambda time: time.strftime("%Y-%m"),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def kept(times: Sequence[str], **counts: int) -> dict[str, tuple[str, ...]]:
    why = reasons([at(time) for time in times], Retention(**counts))
    return {time: names for time, names in zip(times, why, strict=True) if names}


def test_the_newest_of_each_of_the_last_days_is_kept_and_days_without_one_do_not_count() -> None:
    times = ["2026-11-20T09", "2026-11-20T21", "2026-11-23T01", "2026-11-24T00", "2026-11-24T23"]
    assert kept(times, daily=3) == dict.fromkeys(["2026-11-20T21", "2026-11-23T01", "2026-11-24T23"], ("daily",))
    assert kept(times, daily=2) == dict.fromkeys(["2026-11-23T01", "2026-11-24T23"], ("daily",))


def test_weeks_are_isos_also_where_the_year_ends() -> None:
    times = ["2025-12-28T12", "2025-12-29T12", "2026-01-01T12", "2026-01-04T12", "2026-01-05T12"]
    weekly = ("weekly",)
    assert kept(times, weekly=9) == {"2025-12-28T12": weekly, "2026-01-04T12": weekly, "2026-01-05T12": weekly}


def test_months_are_kept_beside_days_and_one_may_be_kept_for_both() -> None:
    times = ["2026-09-30T01", "2026-10-01T01", "2026-10-31T01", "2026-11-24T01"]
    assert kept(times, daily=1, monthly=2, last=2) == {
        "2026-10-31T01": ("last", "monthly"),
        "2026-11-24T01": ("last", "daily", "monthly"),
    }


def test_days_are_utcs() -> None:
    east = timezone(timedelta(hours=8))
    times = [datetime(2026, 11, 24, 7, tzinfo=east), datetime(2026, 11, 24, 9, tzinfo=east)]
    assert reasons(times, Retention(daily=5)) == [("daily",), ("daily",)]


@pytest.mark.parametrize(
    ("counts", "actual"), [({}, "nothing to be kept"), ({"daily": -1, "last": 3}, "a number below zero")]
)
def test_to_keep_nothing_is_refused(counts: dict[str, int], actual: str) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        Retention(**counts)
    assert caught.value.actual == actual


@given(times=TIMES, last=COUNTS, daily=COUNTS, weekly=COUNTS, monthly=COUNTS)
def test_what_is_kept_is_what_was_asked_for(
    times: list[datetime], last: int, daily: int, weekly: int, monthly: int
) -> None:
    counts = {"daily": daily, "weekly": weekly, "monthly": monthly}
    why = reasons(times, Retention(last=last + 1, **counts))
    by_time = dict(zip(times, why, strict=True))
    assert {time for time in times if "last" in by_time[time]} == set(sorted(times)[-last - 1 :])
    for name, period in PERIODS.items():
        chosen = [time for time in times if name in by_time[time]]
        periods = sorted({period(time) for time in times})[::-1][: counts[name]]
        assert sorted(map(period, chosen)) == sorted(periods)
        assert all(time == max(t for t in times if period(t) == period(time)) for time in chosen)


@given(times=TIMES, daily=st.integers(1, 8), more=st.integers(0, 8))
def test_who_asks_for_more_never_gets_less(times: list[datetime], daily: int, more: int) -> None:
    few, many = (reasons(times, Retention(daily=count)) for count in (daily, daily + more))
    assert all(b for a, b in zip(few, many, strict=True) if a)


@given(times=TIMES, daily=st.integers(1, 8), weekly=COUNTS)
def test_what_was_cleared_once_stays_as_it_is(times: list[datetime], daily: int, weekly: int) -> None:
    retention = Retention(daily=daily, weekly=weekly)
    left = [time for time, names in zip(times, reasons(times, retention), strict=True) if names]
    assert all(reasons(left, retention))
