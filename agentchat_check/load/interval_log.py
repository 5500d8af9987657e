"""Logs of histograms, second by second, in HdrHistogram's own format: any of its tools reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentchat_check import errors
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.series import Series

END = "#[End of the log]\n"
"""The last line of a log; one that lacks it was cut short. Who reads such logs takes it for a comment."""

_LINE = re.compile(r"Tag=(?P<tag>[^,]*),(?P<began>[\d.]+),(?P<seconds>[\d.]+),[\d.]+,(?P<histogram>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Interval:
    """What was counted of a series in a stretch of time.

    Attributes:
        began: Seconds since the run's start.
        seconds: How long it is.
        series: What was counted.
        histogram: How often each time was seen.
    """

    began: float
    seconds: float
    series: Series
    histogram: Histogram

    def line(self) -> str:
        """The interval in a log, with its end of line."""
        return (
            f"Tag={self.series.tag()},{self.began:.3f},{self.seconds:.3f},{self.histogram.longest:.3f},"
            f"{self.histogram.encoded()}\n"
        )

    @classmethod
    def of_line(cls, line: str) -> Interval:
        """The interval that ``line`` wrote.

        Raises:
            ValueError: It is no such line.
        """
        found = _LINE.fullmatch(line)
        if not found:
            raise ValueError(f"no interval: {line[:60]!r}")
        series, histogram = Series.of_tag(found["tag"]), Histogram.decoded(found["histogram"])
        return cls(float(found["began"]), float(found["seconds"]), series, histogram)


def header(epoch: float) -> str:
    """The head of a log whose times count from this second since the epoch."""
    return (
        "#[Histogram log format version 1.3]\n"
        f"#[StartTime: {epoch:.3f} (seconds since epoch), {datetime.fromtimestamp(epoch, UTC):%c} UTC]\n"
        f"#[BaseTime: {epoch:.3f} (seconds since epoch)]\n"
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'
    )


class Tail:
    """A log as far as it is written, read on from where the last look ended.

    Args:
        path: The log; it may not be there yet.

    Attributes:
        path: The log.
        ended: Whether its last line was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ended = False
        self._offset = 0

    def read(self) -> list[Interval]:
        """The intervals of the lines that were finished since the last look.

        Raises:
            errors.CheckError: The log cannot be read, or a line of it is none.
        """
        try:
            if not self.path.exists():
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError as error:
            raise self._unreadable(str(error)) from None
        self._offset += len(whole) + len(newline)
        lines = whole.decode("utf-8", errors="replace").splitlines()
        self.ended = self.ended or END.rstrip("\n") in lines
        try:
            return [Interval.of_line(line) for line in lines if line.startswith("Tag=")]
        except ValueError as error:
            raise self._unreadable(str(error)) from None

    def _unreadable(self, why: str) -> errors.CheckError:
        return errors.CheckError(
            f"read {self.path}",
            expected="a log of HDR histograms as the load generator writes it",
            actual=why,
            next_step="run the load again; nothing can be said of a recording that is damaged",
        )
