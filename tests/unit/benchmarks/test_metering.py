import pytest

from benchmarks import metering, turns
from benchmarks.metering import Look
from benchmarks.served import Served

SERVED = Served("", came := [100.0 + count / 50 for count in range(501)], came)
"""Ten seconds, 50 requests each."""


def looks(*seconds: float) -> list[Look]:
    """At a process that uses a quarter of a processor, but was busy with its start."""
    return [Look(100.0 + second, 5.0 + 0.25 * second if second >= 2 else 4.0, 2**20) for second in seconds]


def test_the_start_and_the_end_do_not_count() -> None:
    seen = looks(-1.0, 0.5, 2.0, 4.0, 8.0, 9.5)
    assert metering.steady(seen, SERVED) == looks(2.0, 4.0, 8.0)
    assert metering.cost(seen, SERVED) == pytest.approx(0.25 * 6 / 300)
    assert metering.rate(seen, SERVED) == pytest.approx(50.0, rel=0.01)


def test_a_run_that_was_too_short_has_no_figure() -> None:
    with pytest.raises(RuntimeError, match="too soon"):
        metering.cost(looks(1.0, 5.0, 9.9), SERVED)


def test_what_recording_adds_is_told_by_turns_beside_each_other() -> None:
    begin = 100 * turns.TURN  # a turn that is recorded
    served = Served("", came := [begin + count / 50 for count in range(50 * 24)], came)
    seen, used = [], 0.0
    for half in range(48):
        at = begin + half / 2
        seen.append(Look(at, used, 2**20))
        settles = at % turns.TURN < turns.SETTLES
        used += 9.0 if settles else 0.22 if turns.is_recorded(at) else 0.20
    assert metering.added(seen, served) == pytest.approx(0.10)
    with pytest.raises(RuntimeError, match="in turns"):
        metering.added(seen[:12], served)


def test_where_nothing_came_there_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="0 requests came"):
        metering.cost(looks(1.0, 5.0, 9.9), Served(""))
