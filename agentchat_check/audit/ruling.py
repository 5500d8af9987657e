"""What a rule is, and what it says of a deployment's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from agentchat_check.audit.files import Files
from agentchat_check.audit.places import Place
from agentchat_check.audit.services import Service


class Severity(StrEnum):
    """How much a hit weighs; the words are SARIF's."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """A number to compare by; an error has the highest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that breaks a rule.

    Attributes:
        place: Where.
        subject: The service, or the file, that is meant; what an accepted rule names.
        message: What is wrong there. Never a secret's value.
    """

    place: Place
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a rule could not look at, and why."""

    subject: str
    why: str


Look = Callable[[Files], Iterable[Hit | Unseen]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        id: Its name, in words.
        severity: How much a hit weighs.
        promise: What holds where nothing breaks it, in plain words.
        reason: Why that matters to an operator.
        fix: What to do about a hit.
        look: Finds what breaks it.
    """

    id: str
    severity: Severity
    promise: str
    reason: str
    fix: str
    look: Look


def of(service: Service, message: str, *keys: str) -> Hit:
    """A hit of a service, at the first of these parts that has a place."""
    return Hit(service.at(*keys), service.name, f"{service.name}: {message}")


def each(look: Callable[[Service, Files], Iterable[Hit | Unseen]]) -> Look:
    """A look at every service."""

    def at_all(files: Files) -> Iterator[Hit | Unseen]:
        for service in files.services.values():
            yield from look(service, files)

    return at_all


NOT_IN_FILES = "the files do not tell, and the image is not on this host's engine"
