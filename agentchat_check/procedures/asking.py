"""Somebody who asks all the time, so that it is known how long nobody answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agentchat_check import errors, facts, wait
from agentchat_check.deployment import Role
from agentchat_check.probes.api import PREFIX, Api
from agentchat_check.probes.http import ask
from agentchat_check.stack.running import Stack

EVERY = 0.05
"""Seconds between an answer and the next question."""

_TIMEOUT = 3.0
"""Seconds until a question without an answer counts as not answered."""

_PATIENCE = 60.0
"""Seconds that good answers may take to come again."""


@dataclass(slots=True)
class Asker:
    """What came of the questions so far.

    Attributes:
        good: When each good answer came, in seconds of the monotonic clock.
        asked: How many questions were asked.
        failed: How many of them got no good answer.
    """

    good: list[float] = field(default_factory=list)
    asked: int = 0
    failed: int = 0
    _failures: list[float] = field(default_factory=list)

    def note(self, moment: float, *, good: bool) -> None:
        """Note what came of a question that was asked at a moment."""
        self.asked += 1
        if good:
            self.good.append(moment)
        else:
            self.failed += 1
            self._failures.append(moment)

    def downtime(self) -> float:
        """Seconds of the longest time between two good answers with a bad one in between; 0 when each was good."""
        longest = 0.0
        for before, after in zip(self.good, self.good[1:], strict=False):
            if any(before < failure < after for failure in self._failures):
                longest = max(longest, after - before)
        return longest

    def answers_again(self) -> bool:
        """Wait until a good answer comes; whether one did."""
        since = time.monotonic()
        try:
            wait.until(
                lambda: bool(self.good) and self.good[-1] > since,
                bool,
                what="a good answer",
                timeout=_PATIENCE,
                delay=EVERY,
            )
        except errors.TimeoutError:
            return False
        return True


@contextmanager
def all_the_time(stack: Stack, page: str, api: Api, good: Callable[[facts.HttpAnswer], bool]) -> Iterator[Asker]:
    """List a user's dialogs again and again, from another thread, as the page does.

    Where the page passes no calls on, the backend is asked itself. In a stack of ours a container that is made anew has
    another port; whoever asks looks it up, so that only the time without a service counts.

    Args:
        stack: A running stack.
        page: The page's address.
        api: The API, as the user.
        good: What counts as a good answer.
    """
    asker, over = Asker(), threading.Event()
    path = f"{PREFIX}/dialog/list"
    through_page = ask(api.connection, "GET", page + path, timeout=_TIMEOUT).ok
    role, base = (Role.FRONTEND, page) if through_page else (Role.BACKEND, api.base)

    def run() -> None:
        nonlocal base
        while not over.is_set():
            moment = time.monotonic()
            answer = ask(api.connection, "GET", base + path, timeout=_TIMEOUT)
            asker.note(moment, good=good(answer))
            if answer.error:
                base = _address(stack, role) or base
            over.wait(EVERY)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield asker
    finally:
        over.set()
        thread.join(2 * _TIMEOUT)


def _address(stack: Stack, role: Role) -> str:
    """Where a role answers now; "" while it does not."""
    try:
        host, port = stack.address(role)
    except errors.CheckError:
        return ""
    return f"http://{host}:{port}"
