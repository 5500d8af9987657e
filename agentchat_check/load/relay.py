"""What workers record goes to their master in locust's own messages, and from there into the recording.

So it is the same whether a worker runs beside its master or on another host: lines of histograms, as HdrHistogram
encodes them, in the order in which they were written; nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from agentchat_check.load import recording
from agentchat_check.load.interval_log import END
from agentchat_check.load.recording import Sink

LINE = "agentchat-check-line"
"""The message that brings a line: the number of the log, and what is written there."""

Send = Callable[[str, dict[str, Any]], object]
"""Sends a message to the master: its type and its data."""


@contextmanager
def logs(send: Send) -> Iterator[tuple[Sink, Sink]]:
    """The two logs of a worker, for its ``Recorder``; each line is on its way when it is written."""

    def to(log: int, line: str) -> None:
        send(LINE, {"log": log, "line": line})

    yield partial(to, 0), partial(to, 1)


class Book:
    """What a master writes down for its workers.

    Args:
        directory: The recording's.
        fleet: The workers' numbers, by the names under which they send.
    """

    def __init__(self, directory: Path, fleet: Mapping[str, int]) -> None:
        self._directory = directory
        self._fleet = fleet
        self._files = ExitStack()
        self._logs: dict[str, tuple[Sink, Sink]] = {}
        self._ends: dict[str, int] = {}

    def take(self, sender: str, data: Mapping[str, Any]) -> None:
        """Write a line down.

        Args:
            sender: Whose it is; who joined after the start has no part, and nothing of it is written.
            data: The message's.

        Raises:
            errors.HostError: It cannot be written.
        """
        if sender not in self._fleet:
            return
        if sender not in self._logs:
            process = f"worker-{self._fleet[sender]}"
            self._logs[sender] = self._files.enter_context(recording.logs(self._directory, process))
        self._logs[sender][data["log"]](data["line"])
        if data["line"] == END:
            self._ends[sender] = self._ends.get(sender, 0) + 1

    def waits_for(self, here: set[str]) -> set[str]:
        """Those of the workers who are here that have not told everything."""
        return {sender for sender in here & self._fleet.keys() if self._ends.get(sender, 0) < len(recording.LOGS)}

    def close(self) -> None:
        """Write nothing more."""
        self._files.close()
