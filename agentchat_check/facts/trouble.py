"""What was seen while something the application depends on was in trouble."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentchat_check.facts.answers import HttpAnswer
from agentchat_check.facts.services import Service


class Trouble(StrEnum):
    """What can be the matter with a dependency."""

    LATE = "late"
    REFUSED = "refused"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - the trouble's name
    PAUSED = "paused"
    KILLED = "killed"
    KILLED_AND_BACK = "killed and back"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request.

    Attributes:
        what: What was asked for: read, write, chat, log in, upload.
        answer: The answer.
        told: The error that was told inside of a stream, or "".
        missing: What an answer that claims success lacks, or "".
    """

    what: str
    answer: HttpAnswer
    told: str = ""
    missing: str = ""

    @property
    def done(self) -> bool:
        """Whether it got what was asked for."""
        return self.answer.ok and not self.told and not self.missing

    def __str__(self) -> str:
        """What, the answer, and what was the matter with it."""
        remarks = [f"in the stream: {self.told}"] if self.told else []
        remarks += [f"without {self.missing}"] if self.missing else []
        return "; ".join([f"{self.what}: {self.answer}", *remarks])


@dataclass(frozen=True, slots=True)
class Round:
    """One round of requests, all sent at once.

    Attributes:
        begun: Seconds since the trouble began.
        health: What health said.
        replies: What became of the others.
    """

    begun: float
    health: HttpAnswer
    replies: tuple[Reply, ...]

    @property
    def works(self) -> bool:
        """Whether everything got what was asked for."""
        return all(reply.done for reply in self.replies)


@dataclass(frozen=True, slots=True)
class Ordeal:
    """One dependency in one kind of trouble, and how the application stood it.

    Attributes:
        dependency: The service.
        trouble: What was the matter with it.
        obstacle: Why it could not be looked at, or "".
        limit: Seconds that each request was given.
        during: Rounds that began before the dependency was well again, or its return was begun.
        after: Rounds from then on, up to the first in which everything works and health says so.
        recovered: Seconds from the dependency's being well to the round in which everything worked; None for never.
        patience: Seconds that were waited for that.
        backend_before: The backend before the trouble.
        backend_after: The backend after it.
        forgetful: Whether what was killed may, as it is configured, have forgotten who was logged in.
    """

    dependency: str
    trouble: Trouble
    obstacle: str = ""
    limit: float = 0.0
    during: tuple[Round, ...] = ()
    after: tuple[Round, ...] = ()
    recovered: float | None = None
    patience: float = 0.0
    backend_before: Service | None = None
    backend_after: Service | None = None
    forgetful: bool = False

    @property
    def subject(self) -> str:
        """``redis, paused``."""
        return f"{self.dependency}, {self.trouble}"

    @property
    def rounds(self) -> tuple[Round, ...]:
        """All of them, in order."""
        return (*self.during, *self.after)
