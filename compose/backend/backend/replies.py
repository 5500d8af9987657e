"""AgentChat's envelope, and the two ways not to get what was asked for."""

from typing import Any

from pydantic import BaseModel


class Reply(BaseModel):
    """What a call answers: most refusals, too, travel as HTTP 200 with the reason inside."""

    status_code: int = 200
    status_message: str = "SUCCESS"
    data: Any = None


class RefusedError(Exception):
    """The request was understood and is refused: HTTP 200 with an inner code."""

    def __init__(self, code: int, message: str) -> None:
        """Name the inner code, and the reason in words for the user."""
        super().__init__(message)
        self.reply = Reply(status_code=code, status_message=message)


class UnavailableError(Exception):
    """The database or the cache does not answer: HTTP 503."""

    def __init__(self, what: str) -> None:
        """Name what is down."""
        super().__init__(f"The {what} does not answer")


def not_found(what: str) -> RefusedError:
    """Refuse what does not exist, and likewise what belongs to somebody else."""
    return RefusedError(404, f"{what} not found")
