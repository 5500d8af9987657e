"""How much can one process of ours ask, when nobody counts it but locust?"""

from __future__ import annotations

from typing import Any

from benchmarks.load_files import asking


class Unrecorded(asking.Asking):
    """Somebody whose requests nobody counts but locust."""

    def _record(self, *_: Any, **__: Any) -> None:
        pass
