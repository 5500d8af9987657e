"""What a locust file is told on its command line besides locust's own options."""

from __future__ import annotations

import argparse
import math
import urllib.parse
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.load import arrivals, people
from agentchat_check.load.arrivals import Shape, Spacing
from agentchat_check.load.people import People

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

ARRIVALS = ["open", "closed"]
SPACINGS = [spacing.value for spacing in Spacing]

IN_FLIGHT = 2000
"""Visitors of one process who may be under way at once; one who comes beyond that is counted as an error."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How visitors come.

    Attributes:
        open: Whether they come when they are due, whatever became of those before.
        shape: Open arrivals: the rate of all processes together, over time.
        spacing: Open arrivals: how they are spread.
        in_flight: Open arrivals: visitors of one process who may be under way at once.
        think: Closed arrivals: seconds that a user thinks on average between two journeys.
        answers: Answers of the model after which all processes together end the test; 0 for as many as it takes.
        seed: What chooses moments, journeys and people.
        people: The people; None lets each process register some.
        recording: The directory that is recorded into, on the master's host; None for none.
    """

    open: bool
    shape: Shape
    spacing: Spacing
    in_flight: int
    think: float
    answers: int
    seed: int
    people: People | None
    recording: Path | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> Wishes:
        """Understand them, once ``read_files`` has seen to them here or at the master."""
        return cls(
            open=options.arrivals == "open",
            shape=Shape(tuple((second, rate) for second, rate in options.course)),
            spacing=Spacing(options.spacing),
            in_flight=options.in_flight,
            think=options.think,
            answers=options.answers,
            seed=options.seed,
            people=People.model_validate_json(options.crowd) if options.crowd else None,
            recording=Path(options.recording) if options.recording else None,
        )


def read_files(options: argparse.Namespace) -> None:
    """Put what is said in files of this host into the options: workers on other hosts are told those.

    Raises:
        errors.CheckError: A file is missing or malformed, or what was filled in on locust's page makes no sense.
    """
    if flaw := _flaw_of(options):
        raise errors.CheckError(
            "drive load as it is wished for",
            expected="what `locust --help` says of each option",
            actual=flaw,
            next_step="correct it on the page, and start again",
        )
    options.course = _shape(options).points
    options.crowd = people.read(Path(options.people)).plain() if options.people else ""


def add_to(parser: Any) -> None:
    """Let locust's parser know the options."""
    group = parser.add_argument_group("agentchat-check")
    group.add_argument(
        "--arrivals",
        choices=ARRIVALS,
        default="open",
        help="open: visitors come when they are due, at --rate or as --shape says; the number of users only says that "
        "they do. closed: each user does one journey after the other, and thinks in between",
    )
    group.add_argument("--rate", type=_above_zero, default=1.0, help="open: visitors per second, of all processes")
    group.add_argument("--shape", default="", help="open: a file of seconds,rate; --rate is then a factor")
    group.add_argument(
        "--spacing",
        choices=SPACINGS,
        default=Spacing.POISSON.value,
        help="open: evenly, or each independent of all others as people are",
    )
    group.add_argument("--seconds", type=_above_zero, default=0.0, help="open: how long visitors come; until stopped")
    group.add_argument(
        "--in-flight", type=int, default=IN_FLIGHT, help="open: visitors of one process under way at once, at most"
    )
    group.add_argument("--think", type=_above_zero, default=5.0, help="closed: seconds between journeys, on average")
    group.add_argument(
        "--answers", type=int, default=0, help="end after so many answers of the model: what it may cost at most"
    )
    group.add_argument("--seed", type=int, default=1, help="what chooses moments, journeys and people")
    group.add_argument("--people", default="", help="the file of the people; default: some are registered")
    group.add_argument("--recording", default="", help=argparse.SUPPRESS)
    group.add_argument(
        "--i-know-this-is-live", action="store_true", default=False, help="the host is not this one, and that is meant"
    )


def require_ours(host: str, *, known_to_be_live: bool) -> None:
    """Refuse to load what is not on this host, unless it is said that this is meant.

    Raises:
        errors.CheckError: It is not, and it was not said.
    """
    if known_to_be_live or urllib.parse.urlsplit(host).hostname in LOOPBACK:
        return
    raise errors.CheckError(
        f"drive load against {host or 'nothing'}",
        expected="a deployment on 127.0.0.1",
        actual="it is on another host, and may be somebody's installation" if host else "no host was named",
        next_step="name another --host; or, if it is yours and its users know, add --i-know-this-is-live",
    )


def _flaw_of(options: argparse.Namespace) -> str:
    """What makes no sense of what the page took as it was, where the command line would not have; "" when all does."""
    above_zero = {"rate": options.rate, "think": options.think, "in-flight": options.in_flight}
    at_least_zero = {"seconds": options.seconds, "answers": options.answers}
    choices = {"arrivals": (options.arrivals, ARRIVALS), "spacing": (options.spacing, SPACINGS)}
    return next(
        chain(
            (f"{name} is {value:g}" for name, value in above_zero.items() if not (math.isfinite(value) and value > 0)),
            (f"{name} is {value:g}" for name, value in at_least_zero.items() if not value >= 0),
            (f"{name} is {value}" for name, (value, known) in choices.items() if value not in known),
        ),
        "",
    )


def _shape(options: argparse.Namespace) -> Shape:
    if options.shape:
        return arrivals.read(Path(options.shape)).scaled(options.rate)
    return Shape.constant(options.rate, options.seconds or math.inf)


def _above_zero(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number
