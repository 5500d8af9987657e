"""What an administrator can set, where it goes, and what becomes of a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that the deployment's files name.

    Attributes:
        name: Its name.
        value: Its value as it is given, else the one that the example or a compose file shows; "" without one.
        named_in: The files that name it.
        required: Whether a compose file refuses to go on without it.
        has_default: Whether every compose file that names it says what it is otherwise.
    """

    name: str
    value: str
    named_in: tuple[str, ...]
    required: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class Rendering:
    """The compose files as compose reads them with one set of values.

    Attributes:
        refused: Why compose refuses them; "" when it does not.
        settings: Every value in them, by where it stands: ``("backend", "environment", "TZ")``.
    """

    refused: str
    settings: Mapping[tuple[str, ...], str]

    def differs_from(self, other: Rendering) -> tuple[tuple[str, ...], ...]:
        """Where the two differ."""
        every = {**other.settings, **self.settings}
        return tuple(place for place in every if self.settings.get(place) != other.settings.get(place))


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether the programs of a container read a variable of its environment, as far as their files tell.

    Attributes:
        reads: True when a file reads it, False when none names it; None when that cannot be told.
        words: Which file, or why it cannot be told.
    """

    reads: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a service, beside the one that runs.

    Attributes:
        came_up: Whether it went into service; False when it ended, None when neither was seen in time.
        exit_code: How it ended; None while it runs.
        said: What it printed, both outputs.
    """

    came_up: bool | None
    exit_code: int | None
    said: str

    def refuses(self, name: str) -> bool:
        """Whether it ended with an error that names a variable."""
        return self.came_up is False and self.exit_code != 0 and name.lower() in self.said.lower()

    def __str__(self) -> str:
        """How it went, with its last line."""
        last = (self.said.strip().splitlines() or ["it printed nothing"])[-1][:300]
        if self.came_up is None:
            return f"it neither came up nor ended in time: {last}"
        return "it came up" if self.came_up else f"it ended with exit status {self.exit_code}: {last}"


class Fate(StrEnum):
    """What becomes of a value that is empty, missing or malformed."""

    REFUSED = "refused"
    UNCLEAR = "refused unclearly"
    DEFAULT = "default"
    PASSED_ON = "passed on"
    TAKEN = "taken"
    FREE = "any text"
    UNSEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a value, with a word on how that was seen."""

    fate: Fate
    words: str = ""

    def __str__(self) -> str:
        """As a cell of a table."""
        return f"{self.fate}{f': {self.words}' if self.words else ''}"


@dataclass(frozen=True, slots=True)
class Knob:
    """A variable, and what became of every value that it was given.

    Attributes:
        variable: The variable.
        places: Where another value changes what compose runs: ``backend environment TZ``.
        effective: Whether another value changes what runs; None when that cannot be told.
        effect: How that was seen, or why it cannot be told.
        empty: What becomes of it when it is empty.
        missing: Likewise, when it is missing.
        malformed: Likewise, when it is no value of its kind.
    """

    variable: Variable
    places: tuple[str, ...]
    effective: bool | None
    effect: str
    empty: Outcome
    missing: Outcome
    malformed: Outcome
