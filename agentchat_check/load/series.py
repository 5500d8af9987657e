"""What is counted apart: a request of a journey by its outcome, and what a process notes of itself."""

from __future__ import annotations

import urllib.parse
from typing import NamedTuple

OK = "ok"
"""The outcome of a request that was answered well, by both codes."""

PART = "part"
"""The outcome of what is a part of a request, say the time to the first chunk: counted in no rate."""

NOT_STARTED = "not started"
"""The outcome of an arrival that found too many others in flight: an error that took no time."""

_PLAIN = " /:;()[]{}<>=+*?!@#$&'\"^`~"


class Series(NamedTuple):
    """One line of figures.

    Attributes:
        journey: What the user is about: ``steady chat``.
        request: The request's name: ``POST /completion``.
        outcome: OK, PART, NOT_STARTED, or the kind of error: ``HTTP 502``, ``inner 500``, ``stream cut short``.
    """

    journey: str
    request: str
    outcome: str

    @property
    def is_request(self) -> bool:
        """Whether it counts requests; parts of them and notes of a process do not."""
        return bool(self.request) and self.outcome != PART

    @property
    def is_error(self) -> bool:
        """Whether it counts requests that were not answered well."""
        return self.is_request and self.outcome != OK

    @property
    def took_time(self) -> bool:
        """Whether its times say something of the application."""
        return self.outcome != NOT_STARTED

    def tag(self) -> str:
        """The series in a log: ``journey|request|outcome``; what a tag cannot hold is percent-encoded.

        >>> Series("chat", "POST /chat", "HTTP 502, cut").tag()
        'chat|POST /chat|HTTP 502%2C cut'
        """
        return "|".join(
            urllib.parse.quote(part, safe=_PLAIN, errors="replace")
            for part in (self.journey, self.request, self.outcome)
        )

    @classmethod
    def of_tag(cls, tag: str) -> Series:
        """The series that ``tag`` wrote.

        Raises:
            ValueError: It is no such tag.
        """
        parts = tag.split("|")
        if len(parts) != len(cls._fields):
            raise ValueError(f"the tag {tag!r} is not journey|request|outcome")
        return cls(*(urllib.parse.unquote(part, errors="replace") for part in parts))


LATENESS = Series("arrival", "", "lateness")
"""How long after it was due an arrival started: the generator's delay."""

BUSY = Series("process", "", "busy")
"""Processor seconds that a process of the generator used for each second of an interval; one value for each."""

DRIFT = Series("process", "", "drift")
"""How far the clock on the wall moved away from the monotonic one since the start; one value for each interval, so
that an interval without it is one in which the process did not live, or could not write."""
