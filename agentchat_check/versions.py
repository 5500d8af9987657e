"""Versions, compared."""

from __future__ import annotations

import re

COMPOSE_MINIMUM = "2.24"
"""compose understands ``!reset`` and ``!override``, which keep stacks apart, since this version."""


def at_least(version: str, minimum: str) -> bool:
    """Whether a dotted version is no older than another; "" is older than all, and 2.24 is 2.24.0.

    >>> at_least("v2.26.1-4", "2.24"), at_least("1.29.2", "2.24"), at_least("", "2.24")
    (True, False, False)
    """
    return _numbers(version) >= _numbers(minimum)


def _numbers(version: str) -> tuple[int, ...]:
    leading = re.sub(r"[^\d.].*", "", version.removeprefix("v"), flags=re.DOTALL)
    numbers = [int(part) for part in leading.split(".") if part]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
