"""The time of a look."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a look: UTC for show, monotonic seconds for durations."""

    utc: datetime
    monotonic: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(datetime.now(UTC), time.monotonic())

    def until(self, later: Moment) -> float:
        """Seconds from this moment to a later one."""
        return later.monotonic - self.monotonic
