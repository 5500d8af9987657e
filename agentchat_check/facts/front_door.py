"""What the nginx in front of the application is told to do, and what comes through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer


@dataclass(frozen=True, slots=True)
class Location:
    """A location of nginx's configuration, or the server around them all.

    Attributes:
        modifier: ``=``, ``~``, ``~*``, ``^~`` or "".
        path: The path or the pattern.
        settings: The arguments of each directive in effect there, what is inherited included.
        nested: The locations inside, in order.
    """

    modifier: str
    path: str
    settings: Mapping[str, str]
    nested: tuple[Location, ...] = ()

    def handling(self, path: str) -> Location:
        """The location that nginx chooses for a path: exact, else by pattern, else by the longest prefix."""
        exact = [one for one in self.nested if one.modifier == "=" and one.path == path]
        if exact:
            return exact[0]
        prefixes = [one for one in self.nested if one.modifier in {"", "^~"} and path.startswith(one.path)]
        longest = max(prefixes, key=lambda one: len(one.path), default=None)
        inner = longest.handling(path) if longest else self
        if longest and (inner is not longest or longest.modifier == "^~"):
            return inner
        return next((one.handling(path) for one in self.nested if one.matches(path)), inner)

    def matches(self, path: str) -> bool:
        """Whether it is a pattern in which the path is found; one that Python cannot read is found in none."""
        try:
            found = re.search(self.path, path, re.IGNORECASE if self.modifier == "~*" else 0)
        except re.error:
            return False
        return self.modifier in {"~", "~*"} and found is not None

    def every(self) -> tuple[Location, ...]:
        """The locations inside, and those inside of these."""
        return tuple(found for one in self.nested for found in (one, *one.every()))


@dataclass(frozen=True, slots=True)
class Streams:
    """One question, asked directly and through the front door, with a model that takes its time.

    Attributes:
        direct: The backend's own answer.
        through: The answer that came through the front door.
    """

    direct: ChatAnswer
    through: ChatAnswer


@dataclass(frozen=True, slots=True)
class Uploads:
    """Two uploads through the front door, around the size that it declares.

    Attributes:
        limit: Bytes that a request may have.
        below: The answer to one that is a little smaller.
        above: The answer to one that is a little larger.
    """

    limit: int
    below: HttpAnswer
    above: HttpAnswer


@dataclass(frozen=True, slots=True)
class HealthAddress:
    """A health address of the front door, asked while the backend runs and while it does not.

    Attributes:
        path: The address.
        up: The answer while the backend runs.
        down: The answer while it does not.
    """

    path: str
    up: HttpAnswer
    down: HttpAnswer
