"""How much can one process of ours ask, when nobody thinks in between?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from agentchat_check.load.journeys import Journey
from agentchat_check.load.user import Visitor
from benchmarks.load_files.arriving import look


class Asking(Visitor):
    """Somebody who asks on as soon as there is an answer; only for closed arrivals."""

    journeys: ClassVar[Mapping[Journey, int]] = {look: 1}

    def wait_time(self) -> float:
        """No time at all, as of plain locust's users."""
        return 0.0
