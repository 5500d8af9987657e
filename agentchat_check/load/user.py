"""A visitor, as a user of locust's: every request is timed from its intended start, and judged by both codes."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, NoReturn

from gevent import Timeout
from locust import User, task
from locust.env import Environment

from agentchat_check.load import client, hooks, outcomes
from agentchat_check.load.client import Client
from agentchat_check.load.journeys import Journey, name_of
from agentchat_check.load.outcomes import Stream
from agentchat_check.load.people import People, Person
from agentchat_check.load.series import OK
from agentchat_check.probes.api import PREFIX

REQUEST_TIMEOUT = 10.0
"""Seconds until a request without an answer counts as unanswered; ten times the manual's alarm."""

STREAM_TIMEOUT = 120.0
"""Seconds after which a stream that still goes on counts as one without end."""

log = logging.getLogger(__name__)

_EVENT_STREAM = "text/event-stream"


class JourneyOverError(Exception):
    """A request failed, was counted as an error, and ends the journey."""


class Visitor(User):
    """Somebody who comes and does one of the journeys.

    With open arrivals (the default) visitors come when they are due; locust's number of users only says "on". With
    closed ones each of locust's users does one journey after the other and thinks in between.

    Attributes:
        journeys: What a visitor does, each with its weight.
        person: Who this one is.
        dice: Chance, the same for the same seed.
    """

    abstract = True
    journeys: ClassVar[Mapping[Journey, int]]

    person: Person
    dice: random.Random

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        # A connection of one's own, kept as a browser keeps it. Cookies are not: who asks is what the headers say.
        self._client = Client(environment.host or "", connect=REQUEST_TIMEOUT, silence=STREAM_TIMEOUT)
        self._drive = hooks.of(environment)
        self.dice = self._drive.dice
        self._journey = ""
        self._due = 0.0
        self._thought_until = 0.0

    @task
    def live(self) -> None:
        """One journey of a closed user; with open arrivals there is nothing to do."""
        if not self._drive.wishes.open:
            self._drive.ready.wait()
            if not self._drive.over.is_set():  # locust may wake who was to be sent home
                began = time.monotonic()
                due = self._thought_until or began
                self._drive.recorder.arrival(due=due, began=began)
                self.visit(self._drive.choose(type(self)), due)

    def wait_time(self) -> float:
        """Seconds that a closed user thinks until the next journey, which is due then."""
        if self._drive.wishes.open:
            return 3600.0
        pause = self._drive.thinks()
        self._thought_until = time.monotonic() + pause
        return pause

    @property
    def people(self) -> People:
        """Everybody there is."""
        return self._drive.people

    def visit(self, journey: Journey, due: float) -> None:
        """Do a journey.

        Args:
            journey: What to do.
            due: When it was to begin, on the monotonic clock.
        """
        self._journey, self._due = name_of(journey), due
        self.person = self.dice.choice(self.people.everybody)
        with suppress(JourneyOverError):
            journey(self)

    def think(self, mean: float) -> None:
        """Let a person's time pass before the next request, which is due after that; who is asked to leave leaves."""
        pause = self.dice.expovariate(1 / mean)
        self._due = time.monotonic() + pause
        if self._drive.over.wait(pause):
            raise JourneyOverError

    def expect(self, there: object, what: str) -> None:
        """End the journey, and count an error, when an answer that was judged good lacks something."""
        if not there:
            self._count("what follows", f"without {what}", self._due, time.monotonic())
            raise JourneyOverError

    def ask(self, call: str, *, anonymous: bool = False, **request: Any) -> Any:
        """Make one call of the contract.

        Args:
            call: Its name in ``probes.api.CALLS``.
            anonymous: Whether to ask as nobody.
            **request: ``json``, ``params`` or ``files``, as requests has them.

        Returns:
            The envelope's data.

        Raises:
            JourneyOverError: It failed; that is counted.
        """
        method, path = self.people.calls[call][0]
        name, path = f"{method} {path}", PREFIX + path
        due, began, outcome, data, answer = self._due, time.monotonic(), outcomes.UNFINISHED, None, None
        headers = {} if anonymous else self._token()
        try:
            answer = self._client.request(method, path, headers, timeout=REQUEST_TIMEOUT, **request)
            outcome, data = outcomes.of_answer(answer.status, answer.body)
        except client.FAILURES as error:
            outcome = outcomes.of_error(error)
        except Exception as defect:  # noqa: BLE001 - whatever the client lets through, no request is lost
            outcome = _defect(name, defect)
        finally:
            self._count(name, outcome, due, began, answered=answer.came if answer else None)
        if outcome != OK:
            self._over(outcome)
        return data

    def converse(self, dialog_id: str, text: str) -> None:
        """Ask a question in a dialog, and read the answer's stream to its end.

        It is answered when the first chunk comes: what follows takes as long as the model does, and is recorded as
        parts. An error anywhere is an error of the request.

        Raises:
            JourneyOverError: It failed; that is counted.
        """
        if not self._drive.ask_the_model():
            raise JourneyOverError
        method, path = self.people.calls["chat"][0]
        name, path = f"{method} {path}", PREFIX + path
        due, began, outcome, stream = self._due, time.monotonic(), outcomes.UNFINISHED, Stream()
        try:
            with (
                Timeout(STREAM_TIMEOUT),
                self._client.stream(
                    method, path, self._token(), json={"user_input": text, "dialog_id": dialog_id}
                ) as response,
            ):
                outcome = self._streamed(response, stream, f"You said: {text}" if self.people.echo else "")
        except Timeout:
            outcome = outcomes.ENDLESS if stream.chunks else outcomes.TIMED_OUT
        except client.FAILURES as error:
            outcome = outcomes.of_error(error)
        except Exception as defect:  # noqa: BLE001 - whatever the client lets through, no request is lost
            outcome = _defect(name, defect)
        finally:
            self._count(name, outcome, due, began, answered=next(iter(stream.chunks), None))
        if outcome != OK:
            self._over(outcome)
        self._drive.answered(self._journey, name, stream.chunks, due=due, began=began)

    def _streamed(self, response: client.Stream, stream: Stream, expected: str) -> str:
        if _EVENT_STREAM not in str(response.get("content-type")):
            outcome, _ = outcomes.of_answer(response.status_code, response.read())
            return outcomes.SILENT if outcome == OK else outcome
        try:
            while line := response.readline(b"\n"):
                stream.take(line, self._client.came)
        except Timeout:
            raise
        except Exception:  # noqa: BLE001 - whatever the library calls it, the stream broke off
            return outcomes.CUT_SHORT
        return stream.outcome(expected)

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person.token.get_secret_value()}"}

    def _count(self, name: str, outcome: str, due: float, began: float, *, answered: float | None = None) -> None:
        ended = time.monotonic()
        answered = answered or ended
        self._record(name, outcome, due=due, began=began, ended=answered)
        self._drive.tell_locust(name, outcome, answered - due)
        self._due = ended  # what follows in the journey is due at once

    def _record(self, name: str, outcome: str, *, due: float, began: float, ended: float) -> None:
        self._drive.recorder.request(self._journey, name, outcome, due=due, began=began, ended=ended)

    def _over(self, outcome: str) -> NoReturn:
        if outcome in {outcomes.TIMED_OUT, outcomes.ENDLESS, outcomes.CUT_SHORT}:
            self._client.close()  # whatever came in between is not to be taken for the next answer
        raise JourneyOverError


def _defect(name: str, defect: Exception) -> str:
    """What locust's client lets through is a defect, of its or of ours; its traceback goes to the log."""
    log.error("%s broke off", name, exc_info=defect)
    return f"defect: {type(defect).__name__}"
