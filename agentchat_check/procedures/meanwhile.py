"""Users who write all the time while something is done to the stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agentchat_check import facts, wait
from agentchat_check.procedures.regular import Regular

_PATIENCE = 60.0
"""Seconds that a round may take."""


@dataclass(slots=True)
class Writers:
    """What became of their requests so far.

    Attributes:
        rounds: One round after the other: a read, a write, a chat, a log-in and an upload, all at once.
    """

    rounds: list[facts.Round] = field(default_factory=list)

    def go_on(self, rounds: int = 2) -> None:
        """Wait until so many more rounds were begun and ended.

        Raises:
            errors.TimeoutError: They do not end.
        """
        wanted = len(self.rounds) + rounds + 1  # the one that is under way was begun before
        wait.until(
            lambda: len(self.rounds),
            lambda seen: seen >= wanted,
            what=f"{rounds} more rounds of requests",
            timeout=_PATIENCE,
            next_step="read the backend's log",
        )

    def answers(self) -> dict[str, tuple[facts.HttpAnswer, ...]]:
        """Every answer by what was asked; a chat takes as long as its model does, and is left out."""
        found: dict[str, list[facts.HttpAnswer]] = {}
        for one in self.rounds:
            for reply in one.replies:
                if reply.what != "chat":
                    found.setdefault(reply.what, []).append(reply.answer)
        return {what: tuple(answers) for what, answers in found.items()}

    def table(self) -> str:
        """How long answers took: the median and the slowest, by what was asked."""
        lines = [f"{'request':<8}  {'number':>6}  {'median s':>8}  {'slowest s':>9}"]
        for what, answers in self.answers().items():
            seconds = sorted(answer.seconds for answer in answers)
            lines.append(f"{what:<8}  {len(seconds):>6}  {seconds[len(seconds) // 2]:>8.2f}  {seconds[-1]:>9.2f}")
        return "\n".join(lines)


@contextmanager
def users_write(regular: Regular, *, pause: float = 0.1) -> Iterator[Writers]:
    """A user reads, writes, chats, logs in and uploads again and again, from another thread.

    Args:
        regular: The user; its ledger has every write.
        pause: Seconds between two rounds of requests.
    """
    writers, over, began = Writers(), threading.Event(), time.monotonic()

    def run() -> None:
        while not over.is_set():
            writers.rounds.append(regular.ask(lambda: time.monotonic() - began, uploads=True))
            over.wait(pause)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        writers.go_on()
        yield writers
    finally:
        over.set()
        thread.join(_PATIENCE)
