"""Moments, told from process to process: those of one host share a clock, and hosts have clocks of their own."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

_BOOT = Path("/proc/sys/kernel/random/boot_id")

_APART = 1.0
"""Seconds that the clocks of two hosts may be apart, with the time that a message takes."""


class Moment(TypedDict):
    """A moment as one process tells it to another.

    Attributes:
        boot: What only processes of one host share, from its start to its end; "" where that is not known.
        monotonic: On that host's monotonic clock.
        epoch: Seconds since the epoch.
    """

    boot: str
    monotonic: float
    epoch: float


def moment(later: float = 0.0) -> Moment:
    """Now, or so many seconds later."""
    boot = ""
    with suppress(OSError):
        boot = _BOOT.read_text(encoding="ascii").strip()
    return Moment(boot=boot, monotonic=time.monotonic() + later, epoch=time.time() + later)


def here(told: Moment) -> float:
    """A moment on this host's monotonic clock: nobody who sets a clock moves it; of other hosts, by the time of day."""
    now = moment()
    return told["monotonic"] if _same_host(told, now) else now["monotonic"] + told["epoch"] - now["epoch"]


def apart(told: Moment) -> str:
    """How far another host's clock is from ours, where it tells its now: ``12.3 s behind``; "" where it agrees."""
    now = moment()
    ahead = told["epoch"] - now["epoch"]
    if _same_host(told, now) or abs(ahead) <= _APART:
        return ""
    return f"{abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"


def _same_host(one: Moment, other: Moment) -> bool:
    return bool(one["boot"]) and one["boot"] == other["boot"]
