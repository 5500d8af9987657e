"""Second 0 is the same moment for all processes, whatever becomes of the clock on the wall."""

import time
from pathlib import Path

import pytest

from agentchat_check.load import clocks
from agentchat_check.load.clocks import Moment


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This host, at second 500 of its life."""
    (tmp_path / "boot_id").write_text("here\n")
    monkeypatch.setattr(clocks, "_BOOT", tmp_path / "boot_id")
    monkeypatch.setattr(time, "monotonic", lambda: 500.0)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)


def test_a_moment_is_told_on_both_clocks() -> None:
    assert clocks.moment(2.0) == Moment(boot="here", monotonic=502.0, epoch=1_700_000_002.0)


@pytest.mark.parametrize("jump", [0.0, 3600.0, -3600.0])
def test_on_one_host_a_clock_that_is_set_moves_nothing(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    told = clocks.moment(2.0)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0 + jump)
    assert clocks.here(told) == 502.0
    assert clocks.apart(told) == ""


def test_from_another_host_it_is_told_by_the_time_of_day() -> None:
    assert clocks.here(Moment(boot="there", monotonic=9.0, epoch=1_700_000_002.0)) == 502.0


@pytest.mark.parametrize(
    ("ahead", "says"), [(0.0, ""), (0.9, ""), (-0.9, ""), (12.34, "12.3 s ahead"), (-3600.0, "3600.0 s behind")]
)
def test_clocks_of_two_hosts_that_are_apart_are_told(ahead: float, says: str) -> None:
    assert clocks.apart(Moment(boot="there", monotonic=9.0, epoch=1_700_000_000.0 + ahead)) == says


def test_hosts_that_do_not_say_who_they_are_are_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_BOOT", Path("/nowhere"))
    assert clocks.here(Moment(boot="", monotonic=9.0, epoch=1_700_000_002.0)) == 502.0
