"""The only polling loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from agentchat_check import errors

log = logging.getLogger(__name__)

T = TypeVar("T")


class Clock(Protocol):
    """The two things a wait needs of time; tests give one that never sleeps."""

    def monotonic(self) -> float:
        """Seconds of a clock that only goes forward."""

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""


def until(
    look: Callable[[], T],
    good: Callable[[T], bool],
    *,
    what: str,
    timeout: float,
    hopeless: Callable[[T], str] = lambda _: "",
    show: Callable[[T], str] = str,
    successes: int = 1,
    delay: float = 0.1,
    next_step: str = "",
    clock: Clock = time,
) -> T:
    """Look until what is seen is good, several looks in a row.

    Args:
        look: One look; what it raises ends the wait.
        good: Whether an observation is what we wait for.
        what: What we wait for, for the log and the error: "every service healthy".
        timeout: Seconds before we give up.
        hopeless: Why waiting longer is pointless, or "" while there is hope.
        show: How an observation reads in the log and the error.
        successes: Good looks in a row that count as good.
        delay: Seconds between looks.
        next_step: What the reader of the error does now.
        clock: Where time comes from.

    Returns:
        The last observation.

    Raises:
        errors.StackError: It became hopeless.
        errors.TimeoutError: It did not become good in time. Both carry the last observation.
    """
    started = clock.monotonic()
    in_a_row = 0
    shown = None
    while True:
        seen = look()
        if (shows := show(seen)) != shown:
            log.info("%s: %s", what, shows)
            shown = shows
        in_a_row = in_a_row + 1 if good(seen) else 0
        waited = clock.monotonic() - started
        if in_a_row >= successes:
            log.info("%s after %.1f s", what, waited)
            return seen
        if reason := hopeless(seen):
            raise errors.StackError(
                f"gave up waiting for: {what}",
                expected=what,
                actual=f"{reason} (after {waited:.1f} s)\n{shows}",
                next_step=next_step,
            )
        if waited >= timeout:
            raise errors.TimeoutError(
                f"waited {waited:.1f} s for: {what}",
                expected=f"{what} within {timeout:g} s",
                actual=shows,
                next_step=next_step,
            )
        clock.sleep(delay)
