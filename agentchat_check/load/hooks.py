"""What locust tells by its events, and what is done then: options, the start, the end, and its master's workers.

The master divides the arrivals among its workers: each is told its number, how many there are, and when second 0 is.
What they record comes to the master, who writes it down.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

import gevent
from gevent import GreenletExit
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from agentchat_check import errors
from agentchat_check.load import clocks, recording, relay, wishes
from agentchat_check.load.driving import DRAIN, Drive
from agentchat_check.load.generator import NAMED, SPENT, STARTS
from agentchat_check.load.leading import NOW, OVER, Leader
from agentchat_check.load.recording import Sink
from agentchat_check.load.wishes import Wishes

_LEAD = 2.0
"""Seconds between saying when second 0 is and second 0, in which every process gets ready."""

_LEAD_TO_REGISTER = 8.0
"""Likewise, where each process has to register its people."""

_DRIVES: WeakKeyDictionary[Environment, Drive] = WeakKeyDictionary()
_LEADERS: WeakKeyDictionary[Environment, Leader] = WeakKeyDictionary()


def of(environment: Environment) -> Drive:
    """What this process does in the test that goes on."""
    return _DRIVES[environment]


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    wishes.add_to(parser)


@events.init.add_listener
def _check(environment: Environment, runner: Any, **_: Any) -> None:
    """Refuse what is malformed before anything is started, and hear what the workers tell."""
    options = _told(environment)
    if not isinstance(runner, WorkerRunner):  # workers are told by their master
        with _in_plain_words():
            wishes.read_files(options)
            if options.headless:
                wishes.require_ours(environment.host or "", known_to_be_live=options.i_know_this_is_live)
    environment.stop_timeout = environment.stop_timeout or DRAIN  # closed users finish what they are about
    if isinstance(runner, MasterRunner):
        _LEADERS[environment] = Leader(runner, lambda: _end(environment), lambda why: _give_up(environment, why))


@events.test_start.add_listener
def _start(environment: Environment, **_: Any) -> None:
    options, runner = _told(environment), environment.runner
    with _on_the_page(environment):
        if not isinstance(runner, WorkerRunner):
            wishes.require_ours(environment.host or "", known_to_be_live=options.i_know_this_is_live)
            wishes.read_files(options)  # again: what was wished for may have changed on locust's page
            leader, place = _LEADERS.get(environment), Path(options.recording) if options.recording else None
            options.fleet = leader.begin(place, options.expect_workers) if leader else {"": 0}
            options.second_0 = clocks.moment(_LEAD if options.people else _LEAD_TO_REGISTER)
            _say(f"{STARTS}{options.second_0['monotonic']:.6f} {options.second_0['epoch']:.6f}")
        if not isinstance(runner, MasterRunner):
            part = options.fleet.get(runner.client_id if isinstance(runner, WorkerRunner) else "")
            if part is None:
                raise errors.CheckError(
                    "take part in the test",
                    expected="a worker that was there when it started",
                    actual="this one joined later",
                    next_step="start it again before the next test",
                )
            _DRIVES[environment] = drive = Drive(environment, Wishes.of(options), (part, len(options.fleet)))
            gevent.spawn(_go, drive, environment, _logs(environment, part))


def _logs(environment: Environment, part: int) -> AbstractContextManager[tuple[Sink, Sink]]:
    """What takes what this process records, by its name."""
    place, runner = _told(environment).recording, environment.runner
    name = f"worker-{part}" if isinstance(runner, WorkerRunner) else "generator"
    _say(f"{NAMED}{name} {os.getpid()}")
    if not place:
        return nullcontext((_nowhere, _nowhere))
    return relay.logs(runner.send_message) if isinstance(runner, WorkerRunner) else recording.logs(Path(place), name)


def _go(drive: Drive, environment: Environment, logs: AbstractContextManager[tuple[Sink, Sink]]) -> None:
    """All that this process does, from second 0 to the end of its arrivals."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        runner.send_message(NOW, {**clocks.moment()})
    with _on_the_page(environment):
        drive.begin(environment.host or "", clocks.here(_told(environment).second_0), logs)
    drive.go_on()
    if drive.over.is_set() and not drive.spent:  # somebody stopped it
        return
    if isinstance(runner, WorkerRunner):
        runner.send_message(OVER)
    else:
        _end(environment)


def _end(environment: Environment) -> None:
    """End the test; and the program, too, where nobody is there to look at it."""
    if runner := environment.runner:
        if _told(environment).headless:
            _hear_out(environment)
            runner.quit()
        else:
            runner.stop()


def _give_up(environment: Environment, why: str) -> None:
    _say(f"{SPENT}{why}")
    gevent.spawn(_end, environment)


@events.quitting.add_listener
def _hear_out(environment: Environment, **_: Any) -> None:
    if leader := _LEADERS.get(environment):
        leader.hear_out()


def _told(environment: Environment) -> argparse.Namespace:
    """The options of the command line, or of the page; those of a worker are its master's."""
    return cast("argparse.Namespace", environment.parsed_options)


@events.test_stopping.add_listener
def _stopping(environment: Environment, **_: Any) -> None:
    if drive := _DRIVES.get(environment):
        drive.stop()


@events.test_stop.add_listener
def _stopped(environment: Environment, **_: Any) -> None:
    if drive := _DRIVES.pop(environment, None):
        drive.close()


def _nowhere(_: str) -> None:
    """Record nothing: locust's own figures are all that is wanted."""


def _say(line: str) -> None:
    """Tell whoever runs us."""
    print(line, flush=True)  # noqa: T201 - our output is read by the program that started us


@contextmanager
def _on_the_page(environment: Environment) -> Iterator[None]:
    """One clear error, and the end of the test; of the program, too, where nobody is there to look at its page."""
    runner = environment.runner
    if runner is None or isinstance(runner, WorkerRunner) or _told(environment).headless:
        with _in_plain_words():
            yield
        return
    try:
        yield
    except errors.CheckError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - as every command of ours
        runner.log_exception("local", str(error), "")
        gevent.spawn(runner.stop)
        raise GreenletExit from None  # whoever starts the test goes no further


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """One clear error, and the end; locust itself would log a traceback and go on."""
    try:
        yield
    except errors.CheckError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - as every command of ours
        raise SystemExit(2) from None
