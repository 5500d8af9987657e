"""When the requests of a generator are recorded, and when not: turn by turn, by the clock that all processes share."""

TURN = 4.0
"""Seconds of a turn."""

SETTLES = 1.5
"""Seconds of a turn that say nothing: what the turn before recorded is written in them."""


def is_recorded(at: float) -> bool:
    """Whether requests that end at a moment of the monotonic clock are recorded."""
    return int(at / TURN) % 2 == 0
