"""How much can one process of ours ask, when its requests are recorded, and when only locust counts them?"""

from __future__ import annotations

import time
from typing import Any

from benchmarks import turns
from benchmarks.load_files import asking


class InTurns(asking.Asking):
    """Somebody whose requests are recorded in every other turn."""

    def _record(self, *arguments: Any, **named: Any) -> None:
        if turns.is_recorded(time.monotonic()):
            super()._record(*arguments, **named)
