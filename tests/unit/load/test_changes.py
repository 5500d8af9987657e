"""What changed is told from what is only noise."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.facts.metrics import Unit
from agentchat_check.load import changes
from agentchat_check.load.changes import ENOUGH, ChangePoint

LEVELS = st.floats(0.01, 10.0)


def noisy(level: float, runs: int, *, seed: int = 1, share: float = 0.03) -> list[float]:
    dice = random.Random(seed)  # noqa: S311 - the same again is what is wanted
    return [dice.gauss(level, level * share) for _ in range(runs)]


def points(series: Sequence[float]) -> list[ChangePoint]:
    return changes.change_points(series, Unit.SECONDS)


def test_too_few_runs_tell_no_noise() -> None:
    assert changes.noise([1.0] * (ENOUGH - 1)) is None
    assert changes.noise([1.0] * ENOUGH) == 0.0


def test_noise_is_the_deviation_of_repeated_runs_whatever_level_they_had_in_between() -> None:
    steady, moved = noisy(1.0, 200), [*noisy(1.0, 100), *noisy(5.0, 100, share=0.006)]
    assert changes.noise(steady) == pytest.approx(0.03, rel=0.2)
    assert changes.noise(moved) == pytest.approx(0.03, rel=0.2)


@pytest.mark.parametrize(
    ("after", "spread", "worse", "better"),
    [
        (1.04, 0.0, False, False),
        (1.06, 0.0, True, False),
        (0.94, 0.0, False, True),
        (1.25, 0.1, False, False),
        (1.31, 0.1, True, False),
        (1.19, None, False, False),
        (1.21, None, True, False),
    ],
)
def test_a_figure_may_move_within_its_noise(after: float, spread: float | None, worse: bool, better: bool) -> None:
    change = changes.compared("p95", Unit.SECONDS, [0.9, 1.0, 5.0], after, spread)
    assert (change.before, change.worse, change.better, change.noise_known) == (1.0, worse, better, spread is not None)
    assert change.share == pytest.approx(after - 1)


def test_what_nobody_notices_is_no_change() -> None:
    assert not changes.compared("p95", Unit.SECONDS, [0.0005], 0.0014, 0.0).worse
    assert not changes.compared("errors", Unit.SHARE, [0.0], 0.004, 0.0).worse
    assert changes.compared("errors", Unit.SHARE, [0.0], 0.006, 0.0).worse
    assert changes.compared("errors", Unit.SHARE, [0.0], 0.006, 0.0).share == 0.0


def test_a_level_that_rises_is_found_at_its_run() -> None:
    (point,) = points([*noisy(0.2, 15), *noisy(0.3, 12, seed=2)])
    assert point.at == 15
    assert (point.before, point.after) == pytest.approx((0.2, 0.3), rel=0.05)


def test_several_levels_are_found() -> None:
    series = [*noisy(0.2, 12), *noisy(0.4, 12, seed=2), *noisy(0.25, 12, seed=3)]
    assert [point.at for point in points(series)] == [12, 24]


def test_one_odd_run_is_no_change() -> None:
    assert points([*noisy(0.2, 12), 3.0, *noisy(0.2, 12, seed=2)]) == []


def test_a_change_that_nobody_notices_is_none() -> None:
    assert points([*[0.2] * 10, *[0.2001] * 10]) == []


@given(st.integers(0, 40), LEVELS)
def test_runs_that_are_all_the_same_never_change(runs: int, level: float) -> None:
    assert points([level] * runs) == []


@given(st.integers(0, 1000))
def test_noise_is_seldom_taken_for_a_change(seed: int) -> None:
    found = points(noisy(1.0, 30, seed=seed, share=0.02))
    assert found == []  # a level that differs by less than a twentieth is none


@given(st.integers(0, 1000), st.integers(8, 20))
def test_a_half_as_slow_again_is_always_found(seed: int, at: int) -> None:
    assert at in [point.at for point in points([*noisy(1.0, at, seed=seed), *noisy(1.5, 10, seed=seed + 1)])]


def test_the_same_series_gives_the_same_answer() -> None:
    series = [*noisy(0.2, 12, share=0.2), *noisy(0.26, 12, seed=2, share=0.2)]
    assert points(series) == points(series)
