"""What containers, database, cache and host used over time: samples on the run's clock, in a file that grows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import zstandard

from agentchat_check import errors
from agentchat_check.facts.metrics import METRICS


class Sample(NamedTuple):
    """One value.

    Attributes:
        second: Seconds since the run's start, on the monotonic clock.
        subject: Whose: ``container:backend``.
        metric: Of METRICS.
        value: In the metric's unit.
    """

    second: float
    subject: str
    metric: str
    value: float

    def line(self) -> str:
        """The sample in the file, without its end of line."""
        values = {"t": round(self.second, 3), "subject": self.subject, "metric": self.metric, "value": self.value}
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def of_line(cls, line: str) -> Sample:
        """The sample that ``line`` wrote.

        Raises:
            ValueError: It is no such line, or its metric is unknown, or a figure in it is none.
        """
        try:
            values = json.loads(line)
            sample = cls(float(values["t"]), str(values["subject"]), str(values["metric"]), float(values["value"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no sample: {line[:60]!r} ({error})") from None
        if sample.metric not in METRICS:
            raise ValueError(f"the metric {sample.metric!r} is unknown")
        if not (math.isfinite(sample.second) and math.isfinite(sample.value)):
            raise ValueError(f"no figure: {line[:60]!r}")
        return sample


@dataclass(slots=True)
class Track:
    """The samples of one metric of one subject, in order.

    Attributes:
        seconds: When each was taken.
        values: What was seen.
    """

    seconds: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Samples:
    """Tracks by subject and metric."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self.tracks: dict[tuple[str, str], Track] = {}
        self.add(samples)

    def add(self, samples: Iterable[Sample]) -> None:
        """Take more of them; each later than those of its track before."""
        for sample in samples:
            track = self.tracks.setdefault((sample.subject, sample.metric), Track())
            track.seconds.append(sample.second)
            track.values.append(sample.value)

    def of(self, metric: str) -> Iterator[tuple[str, Track]]:
        """Each subject's track of a metric, by subject."""
        for (subject, name), track in sorted(self.tracks.items()):
            if name == metric:
                yield subject, track


class SampleWriter:
    """Writes samples, compressed; what was written is on the disk at once, so that whoever is killed leaves it.

    Args:
        path: A new file.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._packing = zstandard.ZstdCompressor(level=3).stream_writer(self._file)

    def write(self, samples: Iterable[Sample]) -> None:
        """Write the samples of one look."""
        lines = "".join(f"{sample.line()}\n" for sample in samples)
        self._packing.write(lines.encode())
        self._packing.flush(zstandard.FLUSH_BLOCK)
        self._file.flush()

    def close(self) -> None:
        """Write the end."""
        self._packing.flush(zstandard.FLUSH_FRAME)
        self._file.close()


class SampleTail:
    """Samples as far as they are written, read on from where the last look ended.

    Args:
        path: The file; it may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._unpacking = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    def read(self) -> list[Sample]:
        """The samples that were written since the last look.

        Raises:
            errors.CheckError: The file cannot be read, or holds something else.
        """
        try:
            if not self.path.exists():
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                packed = file.read()
            self._offset += len(packed)
            if not packed:
                return []
            plain = self._rest + self._unpacking.decompress(packed)
            whole, _, self._rest = plain.rpartition(b"\n")
            return [Sample.of_line(line) for line in whole.decode().splitlines()]
        except (OSError, ValueError, zstandard.ZstdError) as error:
            raise errors.CheckError(
                f"read {self.path}",
                expected="samples as the load's sampler writes them",
                actual=str(error),
                next_step="run the load again; nothing can be said of a recording that is damaged",
            ) from None
