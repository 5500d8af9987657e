"""How long do people wait who each come when they are due, and ask once?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from agentchat_check.load.journeys import Journey
from agentchat_check.load.user import Visitor


def look(visitor: Visitor) -> None:
    """One request."""
    visitor.ask("dialogs")


class Arriving(Visitor):
    """Somebody who asks once."""

    journeys: ClassVar[Mapping[Journey, int]] = {look: 1}
