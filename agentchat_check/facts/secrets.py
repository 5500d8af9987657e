"""Where secrets were seen, and what became of those that were changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentchat_check.facts.answers import HttpAnswer
from agentchat_check.facts.storage import LogIn


@dataclass(frozen=True, slots=True)
class Sighting:
    """A secret where none belongs; its value is never kept.

    Attributes:
        name: The variable whose value it is, or the name that stands beside it.
        place: Where it was seen: a file, an image's layer, a process.
    """

    name: str
    place: str

    def __str__(self) -> str:
        """Which, and where."""
        return f"{self.name} in {self.place}"


@dataclass(frozen=True, slots=True)
class Search:
    """A search for every known secret.

    Attributes:
        looked_at: What was searched.
        sightings: What was found.
        too_short: Variables whose values are too short to be told from ordinary text, and were not searched for.
        unseen: What could not be searched, and why.
    """

    looked_at: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    too_short: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rotation:
    """A secret that was changed while users were there.

    Attributes:
        what: Which secret.
        obstacle: Why it could not be changed at all; "" when it was.
        asked: How many requests were sent meanwhile.
        failed: How many of them got no good answer.
        downtime: Seconds of the longest time without a good answer.
        came_back: Whether good answers came again.
        with_new: Attempts with the new secret, by what was tried.
        with_old: Attempts with the old one.
        volumes_kept: Whether every container has the volumes that it had.
        rows_kept: Whether every row that was there before is there.
    """

    what: str
    obstacle: str = ""
    asked: int = 0
    failed: int = 0
    downtime: float = 0.0
    came_back: bool = False
    with_new: Mapping[str, LogIn | HttpAnswer] | None = None
    with_old: Mapping[str, LogIn | HttpAnswer] | None = None
    volumes_kept: bool = False
    rows_kept: bool = False
