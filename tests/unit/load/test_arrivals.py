import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.load import arrivals
from agentchat_check.load.arrivals import Shape, Spacing

_steps = st.lists(st.tuples(st.floats(0, 30, allow_subnormal=False), st.floats(0.5, 50)), min_size=1, max_size=5)


def shaped(first: float, steps: list[tuple[float, float]]) -> Shape:
    seconds = itertools.accumulate(length for length, _ in steps)
    return Shape(((0.0, first), *zip(seconds, (rate for _, rate in steps), strict=True)))


@given(st.floats(0.5, 50), _steps)
def test_between_two_arrivals_exactly_one_is_expected(first: float, steps: list[tuple[float, float]]) -> None:
    shape = shaped(first, steps)
    moments = list(arrivals.schedule(shape, Spacing.CONSTANT, seed=1))
    for number, moment in enumerate(moments):
        assert shape.expected(moment) == pytest.approx(number + 0.5, abs=1e-6)
    assert len(moments) == pytest.approx(shape.expected(shape.seconds), abs=0.51)


@given(st.floats(0.5, 50), _steps, st.integers(1, 5))
def test_processes_interleave_to_the_whole(first: float, steps: list[tuple[float, float]], parts: int) -> None:
    shape = shaped(first, steps)
    whole = list(arrivals.schedule(shape, Spacing.CONSTANT, seed=1))
    by_part = [arrivals.schedule(shape, Spacing.CONSTANT, seed=1, part=part, parts=parts) for part in range(parts)]
    assert sorted(itertools.chain.from_iterable(by_part)) == pytest.approx(whole)


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_moments_never_fall_and_stay_within_the_shape(seed: int, parts: int) -> None:
    shape = Shape(((0, 5), (4, 5), (4, 40), (5, 0), (9, 0), (10, 20)))
    moments = list(arrivals.schedule(shape, Spacing.POISSON, seed=seed, parts=parts))
    assert moments == sorted(moments)
    assert all(0 <= moment <= 5 or 9 <= moment <= 10 for moment in moments)


def test_the_same_seed_gives_the_same_moments_and_each_process_its_own() -> None:
    def moments(seed: int, part: int) -> list[float]:
        return list(arrivals.schedule(Shape.constant(20, 5), Spacing.POISSON, seed=seed, part=part, parts=2))

    assert moments(7, 0) == moments(7, 0)
    assert moments(7, 0) != moments(7, 1)
    assert moments(7, 0) != moments(8, 0)


def test_poisson_arrivals_of_several_processes_have_the_rate_of_the_whole_and_its_scatter() -> None:
    counts = [
        sum(
            1
            for part in range(3)
            for _ in arrivals.schedule(Shape.constant(30, 10), Spacing.POISSON, seed=seed, part=part, parts=3)
        )
        for seed in range(200)
    ]
    mean = sum(counts) / len(counts)
    scatter = sum((count - mean) ** 2 for count in counts) / len(counts)
    assert mean == pytest.approx(300, abs=5)
    assert scatter == pytest.approx(300, rel=0.35)


def test_a_rate_without_end_goes_on() -> None:
    moments = arrivals.schedule(Shape.constant(4, math.inf), Spacing.CONSTANT, seed=1)
    assert list(itertools.islice(moments, 3)) == [0.125, 0.375, 0.625]


def test_a_shape_is_scaled_and_knows_its_peak() -> None:
    shape = Shape(((0, 1), (10, 3), (20, 0))).scaled(2)
    assert (shape.peak, shape.seconds, shape.expected(20), shape.expected(10)) == (6, 20, 70, 40)


def test_a_shape_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_text("# a quiet day\nseconds,rate\n0,1\n60,5.5\n")
    assert arrivals.read(file) == Shape(((0, 1), (60, 5.5)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seconds,rate\n0,1\n", "1 points make no line"),
        ("seconds,rate\n1,1\n2,1\n", "it begins at 1 s and not at 0"),
        ("seconds,rate\n0,1\n5,1\n4,1\n", "4 s comes after a later second"),
        ("seconds,rate\n0,1\n5,-1\n", "at 5 s the rate is -1"),
        ("seconds,rate\n0,1\ninf,1\n", "at inf s the rate is 1"),
        ("seconds,rate\n0,0\n5,0\n", "nobody ever arrives"),
        ("seconds,rate\n0,much\n", "could not convert string to float: 'much'"),
        ("seconds,rate\n0\n", "float() argument must be a string or a real number, not 'NoneType'"),
        ("second,rate\n0,1\n", "it has no column 'seconds'"),
    ],
)  # fmt: skip
def test_what_is_no_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "day.csv"
    file.write_text(text)
    with pytest.raises(errors.CheckError) as caught:
        arrivals.read(file)
    assert caught.value.actual == says


def test_a_shape_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.CheckError, match="read the shape") as caught:
        arrivals.read(tmp_path / "none.csv")
    assert "No such file" in caught.value.actual
