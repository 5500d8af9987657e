"""Times are counted as the HdrHistogram library counts them, and merged without loss."""

import math

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.load.histogram import DIGITS, HIGHEST, Histogram, bucket_of

SECONDS = st.floats(min_value=1e-6, max_value=3600.0)
PERCENTS = st.sampled_from([1.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0])


def nearest_rank(seconds: list[float], percent: float) -> float:
    """The truth: of all times in order, the one at this rank."""
    return sorted(seconds)[max(math.ceil(round(percent * len(seconds) / 100, 9)), 1) - 1]


@given(st.lists(SECONDS, min_size=1, max_size=400), PERCENTS)
def test_a_percentile_is_within_a_thousandth_of_the_sorted_truth(seconds: list[float], percent: float) -> None:
    whole = [int(one * 1e6) / 1e6 for one in seconds]
    truth, told = nearest_rank(whole, percent), Histogram.of(whole).percentile(percent)
    assert truth - 2e-6 <= told <= truth * 1.001 + 2e-6


@given(st.lists(st.lists(SECONDS, max_size=50), max_size=6))
def test_what_is_merged_is_what_one_would_have_counted(several: list[list[float]]) -> None:
    together = Histogram.merged(Histogram.of(one) for one in several)
    assert together == Histogram.of([time for one in several for time in one])
    assert together.total == sum(map(len, several))


@given(st.lists(SECONDS, max_size=50), st.lists(SECONDS, max_size=50))
def test_what_was_merged_can_be_removed(kept: list[float], gone: list[float]) -> None:
    histogram = Histogram.of([*kept, *gone])
    histogram.remove(Histogram.of(gone))
    assert histogram == Histogram.of(kept)


@given(st.lists(SECONDS, max_size=50))
def test_what_is_encoded_is_decoded_without_loss(seconds: list[float]) -> None:
    histogram = Histogram.of(seconds)
    assert Histogram.decoded(histogram.encoded()) == histogram


@given(st.lists(st.integers(0, HIGHEST), min_size=1, max_size=50))
def test_the_library_counts_the_same(microseconds: list[int]) -> None:
    library = HdrHistogram(1, HIGHEST, DIGITS)
    for one in microseconds:
        library.record_value(one)
    ours = Histogram.decoded(library.encode().decode())
    assert ours == Histogram({bucket: library.counts[bucket] for bucket in {bucket_of(one) for one in microseconds}})
    read = HdrHistogram.decode(ours.encoded())
    assert read.get_total_count() == len(microseconds)
    assert read.get_value_at_percentile(100) == round(ours.longest * 1e6)


def test_an_hour_is_the_longest_and_nothing_the_shortest() -> None:
    assert Histogram.of([-1.0]) == Histogram.of([0.0])
    assert Histogram.of([90_000.0]) == Histogram.of([3600.0])
    assert 3600.0 <= Histogram.of([90_000.0]).longest <= 3603.6


def test_what_saw_nothing_says_so() -> None:
    nothing = Histogram()
    assert (nothing.total, nothing.longest, nothing.mean, nothing.percentile(99)) == (0, 0.0, 0.0, 0.0)
    assert repr(nothing) == "Histogram(0 times, median 0.000000 s, longest 0.000000 s)"


@given(st.lists(SECONDS, min_size=1, max_size=50))
def test_the_mean_is_within_a_thousandth(seconds: list[float]) -> None:
    assert Histogram.of(seconds).mean == pytest.approx(sum(seconds) / len(seconds), rel=1e-3, abs=2e-6)


def test_times_that_are_missing_count_as_none() -> None:
    slow = Histogram.of([2.0] * 5)
    assert slow.percentile(95) == pytest.approx(2.0, rel=1e-3)
    assert slow.percentile(95, at_least=100) == 0.0
    assert Histogram.of([2.0] * 6).percentile(95, at_least=100) == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("text", ["", "HISTFAAA", "HISTFAAAACJ4nJNp", "!", "\N{BULLET}"])
def test_what_is_no_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no histogram"):
        Histogram.decoded(text)


def test_a_histogram_of_another_precision_is_refused() -> None:
    other = HdrHistogram(1, HIGHEST, 2)
    other.record_value(5)
    with pytest.raises(ValueError, match="1 to 3600000000 with 2 digits; expected 1 to 3600000000 with 3"):
        Histogram.decoded(other.encode().decode())
