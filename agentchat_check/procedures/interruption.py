"""Services that are stopped in the middle of their work, or killed, and started again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.procedures import pace, visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack.running import Stack

PATIENCE = 120.0
"""Seconds that a service has to come up again."""

STREAM = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
"""What is asked while a service stops; the model says it back, word by word."""

WORDS_PER_SECOND = 3.0
"""The answer takes six seconds: long enough to be interrupted, short enough for every declared time to stop."""

_FIRST_WORDS = 30.0
"""Seconds until an answer has to begin."""

_WRITTEN = 2.0
"""Seconds after which what the cache was told is on its disk: it may lose the last one."""

_GRACE = 10.0
"""Seconds that the engine gives a service that does not say how many it needs."""


@contextmanager
def stopped(stack: Stack, role: Role) -> Iterator[facts.Stop]:
    """A service is stopped as an administrator stops it, and started again at the end.

    Yields:
        How it ended.
    """
    service = stack.service_name(role)
    grace = stack.inspect()[service]["Config"].get("StopTimeout")
    heard = len(stack.timeline.events())
    grace = _GRACE if grace is None else float(grace)
    try:
        stack.act("stop", service, timeout=grace + PATIENCE)
        yield _stop(stack, role, stack.timeline.events()[heard:], grace)
    finally:
        stack.act("start", service)
        stack.settle(timeout=PATIENCE)


def stop_while_answering(stack: Stack, guest: Guest, agent_id: str) -> tuple[facts.ChatAnswer, facts.Stop]:
    """Stop the backend in the middle of an answer, and start it again.

    Returns:
        The answer as far as it came, and how the backend ended.

    Raises:
        errors.InapplicableError: The stack's model cannot be told to take its time.
        errors.StackError: No answer began, or it was over before the stop.
    """
    begun = Event()
    with (
        pace.words_per_second(stack, WORDS_PER_SECOND),
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        dialog_id = visit.new_dialog(guest.api.create_dialog(visit.DIALOG_NAME, agent_id))
        answer = pool.submit(guest.api.chat, dialog_id, STREAM, on_chunk=begun.set)
        answer.add_done_callback(lambda _: begun.set())
        if not begun.wait(_FIRST_WORDS) or answer.done():
            raise errors.StackError(
                "stop the backend in the middle of an answer",
                expected="an answer that begins, and takes its time",
                actual=str(answer.result()) if answer.done() else f"no word of it within {_FIRST_WORDS:g} s",
                next_step="see whether it answers at all: the smoke suite's conversation",
            )
        with stopped(stack, Role.BACKEND) as stop:
            return answer.result(), stop


def crash_the_cache(stack: Stack) -> None:
    """Kill the cache as a loss of power does, all but the last second of its work written, and start it again."""
    service = stack.service_name(Role.CACHE)
    time.sleep(_WRITTEN)
    stack.act("kill", service)
    stack.act("start", service)
    stack.settle(timeout=PATIENCE)


def _stop(stack: Stack, role: Role, events: Sequence[facts.Event], grace: float) -> facts.Stop:
    service = stack.service(role)
    mine = [event for event in events if event.service == service.name]
    asked = next((event.time for event in mine if event.what.startswith("kill")), None)
    ended = next((event.time for event in mine if event.what.startswith("die")), None)
    return facts.Stop(
        service=service.name,
        exit_code=service.exit_code,
        killed=any(event.what.startswith("kill") and "(signal 9)" in event.what for event in mine),
        seconds=(ended - asked).total_seconds() if asked and ended else None,
        grace=grace,
    )
