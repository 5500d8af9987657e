"""What happened to a stack's containers, as the engine tells it while it happens.

The engine itself remembers only its last 256 events, and health checks fill those within seconds; so we listen.
"""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import docker.errors
import requests

from agentchat_check import facts
from agentchat_check.stack import complaints, labels

if TYPE_CHECKING:
    from docker import DockerClient as Client

_TOLD = "create start restart pause unpause kill stop die oom destroy health_status".split()  # noqa: SIM905 - words
"""Not the ``exec_…`` of health checks, in which everything else would drown."""


class Timeline:
    """Listens to one project's events from its making on, in a thread of its own.

    Args:
        client: The engine.
        project: The compose project.
    """

    def __init__(self, client: Client, project: str) -> None:
        self._events: list[facts.Event] = []
        self._news = threading.Condition()
        self._slept_through = 0
        filters = {"type": "container", "label": f"{labels.PROJECT}={project}", "event": _TOLD}
        with complaints.translated(f"listen to the events of {project}"):
            self._stream: Any = client.events(decode=True, filters=filters)
        threading.Thread(target=self._listen, name=f"timeline of {project}", daemon=True).start()

    def events(self) -> tuple[facts.Event, ...]:
        """What happened so far, in order; the engine tells what happens at once in any order."""
        return tuple(sorted(self._events, key=lambda event: event.time))

    def monotonic(self) -> float:
        """Seconds; with ``sleep`` the clock of a wait that looks again as soon as something happens."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Let time pass until something happens that did not before the last sleep, but no longer than this."""
        with self._news:
            self._news.wait_for(lambda: len(self._events) > self._slept_through, seconds)
            self._slept_through = len(self._events)

    def close(self) -> None:
        """Stop listening; what was heard stays."""
        with contextlib.suppress(OSError, docker.errors.DockerException):
            self._stream.close()

    def _listen(self) -> None:
        # An engine that goes away ends the stream; the timeline then ends there, too.
        ends = (docker.errors.DockerException, docker.errors.StreamParseError, requests.RequestException)
        with contextlib.suppress(*ends, OSError, ValueError):
            for event in self._stream:
                with self._news:
                    self._events.append(_event(event))
                    self._news.notify_all()


def as_text(events: tuple[facts.Event, ...]) -> str:
    """One line per event: seconds since the first, UTC, service, what happened."""
    if not events:
        return "no events were heard\n"
    first = events[0].time
    return "".join(
        f"{(event.time - first).total_seconds():9.3f} s  {event.time:%H:%M:%S.%f}  {event.service:<12} {event.what}\n"
        for event in events
    )


def _event(event: dict[str, Any]) -> facts.Event:
    attributes = event["Actor"]["Attributes"]
    detail = f" (exit code {attributes['exitCode']})" if "exitCode" in attributes else ""
    signal = f" (signal {attributes['signal']})" if "signal" in attributes else ""
    return facts.Event(
        time=datetime.fromtimestamp(event["timeNano"] / 1e9, UTC),
        service=attributes.get(labels.SERVICE, ""),
        what=f"{event['Action']}{detail}{signal}",
    )
