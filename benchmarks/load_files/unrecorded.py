"""How much can one process of ours ask, when nobody counts it but locust?"""

from __future__ import annotations

import time

from benchmarks.load_files import asking


class Unrecorded(asking.Asking):
    """Somebody whose requests nobody counts but locust."""

    def _count(self, name: str, outcome: str, due: float, began: float, *, answered: float | None = None) -> None:
        del began
        ended = time.monotonic()
        self._drive.tell_locust(name, outcome, (answered or ended) - due)
        self._due = ended
