"""Every write we attempted, and what we know of it: acknowledged, refused or unknown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from agentchat_check import facts


class Outcome(StrEnum):
    """What the application said of a write. A write without an answer may have happened, or not."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempted write.

    Attributes:
        kind: What was written: user, assistant, dialog, …
        key: Where: the dialog it belongs to, or its own id.
        value: What.
        outcome: What the application said of it.
        begun: When it was attempted.
        ended: When its answer came; None while it is under way.
    """

    kind: str
    key: str
    value: str
    outcome: Outcome
    begun: facts.Moment
    ended: facts.Moment | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether it has to be there from now on."""
        return self.outcome is Outcome.ACKNOWLEDGED


@dataclass(slots=True)
class Write:
    """A write under way; nobody has said anything of it yet."""

    outcome: Outcome = Outcome.UNKNOWN

    def settle(self, answer: facts.HttpAnswer) -> None:
        """Take the application's word: by both codes done, clearly refused, or neither."""
        if answer.ok:
            self.outcome = Outcome.ACKNOWLEDGED
        elif 400 <= answer.status < 500:  # noqa: PLR2004 - HTTP's own numbers
            self.outcome = Outcome.REFUSED


@dataclass(slots=True)
class Ledger:
    """The writes of one run, in the order they were begun; safe to use from several threads."""

    _entries: list[Entry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def writing(self, kind: str, key: str, value: str) -> Iterator[Write]:
        """Note a write before it is sent, and its outcome after; an exception leaves it unknown."""
        entry = Entry(kind, key, value, Outcome.UNKNOWN, facts.Moment.now())
        with self._lock:
            place = len(self._entries)
            self._entries.append(entry)
        write = Write()
        try:
            yield write
        finally:
            with self._lock:
                self._entries[place] = replace(entry, outcome=write.outcome, ended=facts.Moment.now())

    def of(self, key: str) -> tuple[Entry, ...]:
        """The writes to one place, in order."""
        with self._lock:
            return tuple(entry for entry in self._entries if entry.key == key)
