"""One process of the generator: visitors are let in when they are due, whatever became of those before them."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment

from agentchat_check import errors
from agentchat_check.load import arrivals, data, journeys
from agentchat_check.load.generator import SPENT
from agentchat_check.load.people import People
from agentchat_check.load.recorder import Recorder
from agentchat_check.load.recording import Sink
from agentchat_check.load.series import NOT_STARTED, OK
from agentchat_check.load.wishes import Wishes

if TYPE_CHECKING:
    from agentchat_check.load.journeys import Journey
    from agentchat_check.load.user import Visitor

log = logging.getLogger(__name__)

DRAIN = 15.0
"""Seconds that visitors under way have to come to their end, once no more arrive; then they count as unfinished."""

_OWN_PEOPLE = 5
"""People that a process registers when it was given none."""

_ENTRANCE = "arrival"
"""What an arrival is called whose journey did not start, and so has no first request."""


class Drive:
    """What one process does between the start and the stop of a test.

    Args:
        environment: Locust's.
        given: How visitors come.
        part: Which of the processes this is, and of how many.

    Attributes:
        wishes: How visitors come.
        dice: Chance, the same for the same seed.
        people: Everybody there is, from second 0 on.
        recorder: Takes what is measured, likewise.
        ready: Set at second 0.
        over: Set when nobody is let in any more.
    """

    people: People
    recorder: Recorder

    def __init__(self, environment: Environment, given: Wishes, part: tuple[int, int]) -> None:
        self.wishes = given
        self.dice = random.Random(f"{given.seed}/{part[0]}")  # noqa: S311 - the same again is what is wanted
        self.ready, self.over = Event(), Event()
        self._environment = environment
        self._part = part
        number, parts = part
        self._answers = given.answers // parts + (number < given.answers % parts) if given.answers else math.inf
        self._began = 0.0
        self._idle: dict[type[Visitor], list[Visitor]] = {}
        self._under_way = Group()
        self._choices: dict[type[Visitor], tuple[list[Journey], list[int]]] = {}
        self._undo = ExitStack()

    def begin(self, host: str, began: float, logs: AbstractContextManager[tuple[Sink, Sink]]) -> None:
        """Get ready, and wait for second 0.

        Args:
            host: The address that is driven.
            began: Second 0, on the monotonic clock.
            logs: What takes the lines of the recording, opened then.

        Raises:
            errors.CheckError: The people cannot be had, or the recording not be written.
        """
        self.people = self.wishes.people or data.register(host, _OWN_PEOPLE)
        gevent.sleep(max(0.0, began - time.monotonic()))
        self._began, self.recorder = began, Recorder(*self._undo.enter_context(logs), started=began)
        self._undo.callback(self.recorder.close)
        self._undo.callback(gevent.spawn(self._tick).kill)
        self.ready.set()

    def close(self) -> None:
        """Write the rest of the recording."""
        self._undo.close()

    def choose(self, kind: type[Visitor]) -> Journey:
        """A journey of a kind of visitor, by their weights."""
        if kind not in self._choices:
            self._choices[kind] = list(kind.journeys), list(kind.journeys.values())
        known, weights = self._choices[kind]
        return known[0] if len(known) == 1 else self.dice.choices(known, weights)[0]

    def thinks(self) -> float:
        """Seconds that a closed user thinks."""
        return self.dice.expovariate(1 / self.wishes.think)

    @property
    def spent(self) -> bool:
        """Whether the model was asked for as many answers as it may."""
        return self._answers <= 0

    def ask_the_model(self) -> bool:
        """Count a question to the model; whether it may be asked. The first that may not ends the test."""
        if not self.spent:
            self._answers -= 1
            return True
        if not self.over.is_set():
            print(f"{SPENT}the model was asked for {self.wishes.answers} answers, and may not be for more", flush=True)  # noqa: T201 - to whoever runs us
            self.over.set()
        return False

    def answered(self, journey: str, name: str, chunks: Sequence[float], *, due: float, began: float) -> None:
        """Record the parts of a streamed answer: its last chunk, the gaps between chunks, and the time per token."""
        part = self.recorder.part
        part(journey, f"{name}, last chunk", due=due, began=began, reached=chunks[-1])
        for before, after in pairwise(chunks):
            part(journey, f"{name}, gap", due=before, began=before, reached=after)
        if len(chunks) > 1:
            pace = (chunks[-1] - chunks[0]) / (len(chunks) - 1)
            part(journey, f"{name}, per token", due=0.0, began=0.0, reached=pace)

    def tell_locust(self, name: str, outcome: str, seconds: float = 0.0) -> None:
        """Let locust's own figures be ours: its clock starts too late, and it takes an inner 500 for a good answer."""
        self._environment.events.request.fire(
            request_type="",
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=None if outcome == OK else errors.CheckError(outcome),
            context={},
        )

    def go_on(self) -> None:
        """Let visitors in, each when it is due, or users go on, until the shape is over or ``stop`` is called."""
        (number, parts), given = self._part, self.wishes
        moments = arrivals.schedule(given.shape, given.spacing, seed=given.seed, part=number, parts=parts)
        for moment in moments if given.open else ():
            due = self._began + moment
            if (ahead := due - time.monotonic()) > 0:
                gevent.sleep(ahead)
            if self.over.is_set():
                return
            self._let_in(due)
        left = self._began + given.shape.seconds - time.monotonic()
        self.over.wait(None if math.isinf(left) else max(0.0, left))

    def stop(self) -> None:
        """Let nobody in any more, and wait for those under way; after DRAIN seconds they count as unfinished."""
        self.over.set()
        self._under_way.join(timeout=DRAIN)
        self._under_way.kill()

    def _tick(self) -> None:
        """Write each second that is over, as soon as it is."""
        while True:
            gevent.sleep(1.0 - (time.monotonic() - self._began) % 1.0)
            self.recorder.tick(lambda: gevent.sleep(0))

    def _let_in(self, due: float) -> None:
        kind = self._kind()
        journey = self.choose(kind)
        if len(self._under_way) >= self.wishes.in_flight:
            self.recorder.not_started(journeys.name_of(journey), _ENTRANCE)
            self.tell_locust(journeys.name_of(journey), NOT_STARTED)
        else:
            self._under_way.spawn(self._visit, kind, journey, due)

    def _visit(self, kind: type[Visitor], journey: Journey, due: float) -> None:
        self.recorder.arrival(due=due, began=time.monotonic())
        idle = self._idle.setdefault(kind, [])
        visitor = idle.pop() if idle else kind(self._environment)
        try:
            visitor.visit(journey, due)
        except Exception as defect:  # a journey's own mistake is no reason to lose an arrival
            log.exception("the journey %s broke off", journeys.name_of(journey))
            kind_of_error = f"defect: {type(defect).__name__}"
            now = time.monotonic()
            self.recorder.request(journeys.name_of(journey), _ENTRANCE, kind_of_error, due=due, began=due, ended=now)
            self.tell_locust(journeys.name_of(journey), kind_of_error)
        else:
            idle.append(visitor)

    def _kind(self) -> type[Visitor]:
        kinds = cast("list[type[Visitor]]", self._environment.user_classes)
        return kinds[0] if len(kinds) == 1 else self.dice.choices(kinds, [kind.weight for kind in kinds])[0]
