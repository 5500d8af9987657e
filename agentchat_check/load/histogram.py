"""Times, counted: HDR histograms of microseconds, merged exactly, encoded as every HdrHistogram library reads them.

The library's own recording is several times slower than counting into a dictionary by its arithmetic of buckets, and
its percentiles walk all of 23,552 buckets; so both are done here, and the format stays the library's.
"""

from __future__ import annotations

import binascii
import ctypes
import zlib
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from hdrh.codec import HdrCookieException, HdrHistogramSettingsException, HdrLengthException
from hdrh.histogram import HdrHistogram

HIGHEST = 3_600_000_000
"""Microseconds: an hour. What takes longer counts as an hour."""

DIGITS = 3
"""Significant digits: a bucket is at most 0.1 % wide."""

_HALF = 10
"""log2 of half the sub-buckets of a bucket, as the library derives it from the digits."""

_DAMAGED = (
    binascii.Error,
    zlib.error,
    HdrCookieException,
    HdrHistogramSettingsException,
    HdrLengthException,
    ValueError,
    IndexError,
)


class Histogram:
    """How often each time was seen.

    Args:
        counts: Times by bucket of HDR's arithmetic; shared, not copied.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: dict[int, int] | None = None) -> None:
        self.counts = {} if counts is None else counts

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Histogram:
        """The histogram of some times."""
        histogram = cls()
        for one in seconds:
            histogram.add(one)
        return histogram

    @classmethod
    def merged(cls, several: Iterable[Histogram]) -> Histogram:
        """All of them as one; exactly what one recorder would have counted."""
        histogram = cls()
        for one in several:
            histogram.merge(one)
        return histogram

    @property
    def total(self) -> int:
        """How many times were seen."""
        return sum(self.counts.values())

    @property
    def longest(self) -> float:
        """Seconds: the upper edge of the highest bucket seen; 0 when nothing was."""
        return _upper(max(self.counts)) if self.counts else 0.0

    @property
    def mean(self) -> float:
        """Seconds, from the middle of each bucket; 0 when nothing was seen."""
        total = self.total
        return sum(_middle(bucket) * count for bucket, count in self.counts.items()) / total if total else 0.0

    def add(self, seconds: float) -> None:
        """Count a time."""
        bucket = bucket_of(int(seconds * 1e6 + 0.5))
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    def merge(self, other: Histogram) -> None:
        """Count what another one counted, too."""
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count

    def remove(self, other: Histogram) -> None:
        """Forget what another one counted, which was merged before."""
        counts = self.counts
        for bucket, count in other.counts.items():
            left = counts[bucket] - count
            if left:
                counts[bucket] = left
            else:
                del counts[bucket]

    def percentile(self, percent: float, *, at_least: int = 0) -> float:
        """The smallest time that this share of all stayed within, by nearest rank.

        Args:
            percent: Above 0, up to 100.
            at_least: Counts as so many times; those that are missing count as 0.

        Returns:
            Seconds: the upper edge of the bucket, so at most 0.1 % above the truth and never below it.
        """
        if not self.counts:
            return 0.0
        total = self.total
        missing = max(at_least - total, 0)
        exact = Decimal(str(percent)) * (total + missing) / 100
        wanted = int(exact.to_integral_value(ROUND_CEILING)) - missing
        if wanted <= 0:
            return 0.0
        for bucket in sorted(self.counts):
            wanted -= self.counts[bucket]
            if wanted <= 0:
                break
        return _upper(bucket)

    def encoded(self) -> str:
        """The histogram as HdrHistogram V2, compressed, in base64."""
        _SCRATCH.fill(self.counts)
        text: str = _SCRATCH.library.encode().decode("ascii")
        return text

    @classmethod
    def decoded(cls, text: str) -> Histogram:
        """The histogram that any HdrHistogram library encoded.

        Raises:
            ValueError: It is none, or its range or precision is another one.
        """
        try:
            library = HdrHistogram.decode(text.encode("ascii"))
        except _DAMAGED as error:
            raise ValueError(f"no histogram: {error or type(error).__name__}") from None
        if (library.lowest_trackable_value, library.highest_trackable_value, library.significant_figures) != (
            1,
            HIGHEST,
            DIGITS,
        ):
            raise ValueError(
                f"a histogram of {library.lowest_trackable_value} to {library.highest_trackable_value} with "
                f"{library.significant_figures} digits; expected 1 to {HIGHEST} with {DIGITS}"
            )
        if not library.total_count:
            return cls()
        first, last = bucket_of(library.min_value), bucket_of(library.max_value)
        seen = memoryview(library.counts).cast("B").cast("Q")[first : last + 1]
        return cls({bucket: count for bucket, count in enumerate(seen, first) if count})

    def __eq__(self, other: object) -> bool:
        """Whether both counted the same."""
        return isinstance(other, Histogram) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        """How many, and where they lie."""
        return f"Histogram({self.total} times, median {self.percentile(50):.6f} s, longest {self.longest:.6f} s)"


def bucket_of(microseconds: int) -> int:
    """The index of a time's bucket, as the library counts it; below 0 counts as 0, above an hour as an hour."""
    if microseconds > HIGHEST:
        microseconds = HIGHEST
    elif microseconds < 0:
        microseconds = 0
    shift = microseconds.bit_length() - _HALF - 1
    return (shift << _HALF) + (microseconds >> shift) if shift > 0 else microseconds


def _edges(bucket: int) -> tuple[int, int]:
    """The lowest and the highest microsecond of a bucket."""
    shift = max((bucket >> _HALF) - 1, 0)
    lowest = (bucket - (shift << _HALF)) << shift
    return lowest, lowest + (1 << shift) - 1


def _upper(bucket: int) -> float:
    return _edges(bucket)[1] / 1e6


def _middle(bucket: int) -> float:
    return sum(_edges(bucket)) / 2e6


class _Scratch:
    """One histogram of the library that is filled again for each encoding, since making one costs 190 KB."""

    def __init__(self) -> None:
        self.library = HdrHistogram(1, HIGHEST, DIGITS)

    def fill(self, counts: dict[int, int]) -> None:
        """Make it hold these counts and no others."""
        library = self.library
        ctypes.memset(library.counts, 0, ctypes.sizeof(library.counts))
        for bucket, count in counts.items():
            library.counts[bucket] = count
        lowest, highest = (min(counts), max(counts)) if counts else (-1, -1)
        library.min_value, library.max_value = 0, 0
        library.set_internal_tacking_values(lowest, highest, sum(counts.values()))


_SCRATCH = _Scratch()
