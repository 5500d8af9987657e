"""What was found again of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentchat_check.facts.answers import HttpAnswer, Message


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the application returns of what a user wrote.

    Attributes:
        log_ins: The answer to each account's log-in with its password, by the account's name.
        listing: The answer that listed the user's dialogs.
        dialogs: Their names.
        histories: Each dialog's messages, with the answer that returned them, by its id.
        files: The content of each file, None where it is not returned; by where it was said to be.
    """

    log_ins: Mapping[str, HttpAnswer]
    listing: HttpAnswer
    dialogs: tuple[str, ...]
    histories: Mapping[str, tuple[HttpAnswer, tuple[Message, ...]]]
    files: Mapping[str, str | None]
