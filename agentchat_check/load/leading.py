"""What a master does for its workers: it numbers them, writes down what they record, and ends with the last of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from locust.runners import STATE_MISSING, MasterRunner

from agentchat_check import errors, wait
from agentchat_check.load import clocks, relay
from agentchat_check.load.driving import DRAIN
from agentchat_check.load.relay import Book

OVER = "agentchat-check-over"
"""The message by which a worker tells that its part of the arrivals is over."""

NOW = "agentchat-check-now"
"""The message by which a worker tells what time it has."""

_LAST_WORDS = 2 * DRAIN + 5.0
"""Seconds that workers have to come to their end and to tell the rest, once they are asked to."""


class Leader:
    """Leads the workers of a master.

    Args:
        runner: Locust's.
        end: Ends the test.
        give_up: Ends the test before its time; takes why.
    """

    def __init__(self, runner: MasterRunner, end: Callable[[], object], give_up: Callable[[str], object]) -> None:
        self._runner = runner
        self._end = end
        self._give_up = give_up
        self._fleet: dict[str, int] = {}
        self._through: set[str] = set()
        self._book: Book | None = None
        for kind, heard in ((OVER, self._over), (relay.LINE, self._line), (NOW, self._now)):
            runner.register_message(kind, heard)
        runner.environment.events.worker_connect.add_listener(self._joined)

    def begin(self, place: Path | None, expected: int) -> dict[str, int]:
        """Number the workers that are there.

        Args:
            place: The directory that is recorded into; None for none.
            expected: Of how many there are logs then.

        Returns:
            Their numbers, by the names under which they send.

        Raises:
            errors.CheckError: There are more, or fewer.
        """
        self._fleet = {client.id: number for number, client in enumerate(self._runner.clients.ready)}
        self._through.clear()
        if place and len(self._fleet) != expected:
            raise errors.CheckError(
                "begin the recording",
                expected=f"{expected} workers",
                actual=f"{len(self._fleet)} joined",
                next_step="end those that are too many, or ask for as many --processes",
            )
        self._book = Book(place, self._fleet) if place else None
        return self._fleet

    def hear_out(self) -> None:
        """Have the workers end, and write down what they have to tell: a master that has quit does not listen."""
        if book := self._book:
            self._runner.send_message("quit")
            with suppress(errors.TimeoutError):
                wait.until(
                    lambda: book.waits_for(self._here()),
                    operator.not_,
                    what="the last words of the workers",
                    timeout=_LAST_WORDS,
                )
            self._book = None
            book.close()

    def _here(self) -> set[str]:
        """The workers that are there."""
        return {client.id for client in self._runner.clients.all if client.state != STATE_MISSING}

    def _over(self, msg: Any, **_: Any) -> None:
        self._through.add(msg.node_id)
        if self._through >= self._here() & self._fleet.keys():
            self._through.clear()
            gevent.spawn(self._end)

    def _line(self, msg: Any, **_: Any) -> None:
        if self._book:
            try:
                self._book.take(msg.node_id, msg.data)
            except errors.HostError as error:
                self._book = None
                self._give_up(f"{error.tried}: {error.actual}")

    def _now(self, msg: Any, **_: Any) -> None:
        if apart := clocks.apart(msg.data):
            self._give_up(f"the clock of {msg.node_id} is {apart}: let chrony set the clocks of all hosts")

    def _joined(self, client_id: str, **_: Any) -> None:
        if self._book and client_id not in self._fleet:
            self._give_up(f"the worker {client_id} joined after the start, and has no part in it")
