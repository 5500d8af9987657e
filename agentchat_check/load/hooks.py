"""What locust tells by its events, and what is done then: options, the start, the end, and its master's workers.

The master divides the arrivals among its workers: each is told its number, how many there are, and when second 0 is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

import gevent
from locust import events
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from agentchat_check import errors
from agentchat_check.load import wishes
from agentchat_check.load.driving import DRAIN, Drive
from agentchat_check.load.generator import STARTS
from agentchat_check.load.wishes import Wishes

_LEAD = 2.0
"""Seconds between saying when second 0 is and second 0, in which every process gets ready."""

_LEAD_TO_REGISTER = 8.0
"""Likewise, where each process has to register its people."""

_OVER = "agentchat-check-over"
"""The message by which a worker tells that its part of the arrivals is over."""

_DRIVES: WeakKeyDictionary[Environment, Drive] = WeakKeyDictionary()


def of(environment: Environment) -> Drive:
    """What this process does in the test that goes on."""
    return _DRIVES[environment]


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    wishes.add_to(parser)


@events.init.add_listener
def _check(environment: Environment, runner: Any, **_: Any) -> None:
    """Refuse what is malformed before anything is started, and learn when the workers are through."""
    options = _told(environment)
    if not isinstance(runner, WorkerRunner):  # workers are told by their master
        with _in_plain_words():
            Wishes.of(options)
            if options.headless:
                wishes.require_ours(environment.host or "", known_to_be_live=options.i_know_this_is_live)
    environment.stop_timeout = environment.stop_timeout or DRAIN  # closed users finish what they are about
    if isinstance(runner, MasterRunner):
        through: set[str] = set()

        def over(msg: Any, **_: Any) -> None:
            through.add(msg.node_id)
            here = {client.id for client in runner.clients.all if client.state != STATE_MISSING}
            if through >= here & set(options.fleet):
                through.clear()
                gevent.spawn(_end, environment)

        runner.register_message(_OVER, over)


@events.test_start.add_listener
def _start(environment: Environment, **_: Any) -> None:
    options, runner = _told(environment), environment.runner
    with _in_plain_words():
        if not isinstance(runner, WorkerRunner):
            wishes.require_ours(environment.host or "", known_to_be_live=options.i_know_this_is_live)
            workers = [client.id for client in runner.clients.ready] if isinstance(runner, MasterRunner) else [""]
            options.fleet = {worker: number for number, worker in enumerate(workers)}
            lead = _LEAD if options.people else _LEAD_TO_REGISTER
            options.epoch = time.time() + lead
            print(f"{STARTS}{time.monotonic() + lead:.6f} {options.epoch:.6f}", flush=True)  # noqa: T201 - to whoever runs us
        if not isinstance(runner, MasterRunner):
            part = options.fleet[runner.client_id if isinstance(runner, WorkerRunner) else ""]
            _DRIVES[environment] = drive = Drive(environment, Wishes.of(options), (part, len(options.fleet)))
            gevent.spawn(_go, drive, environment, time.monotonic() + options.epoch - time.time())


def _go(drive: Drive, environment: Environment, began: float) -> None:
    """All that this process does, from second 0 to the end of its arrivals."""
    with _in_plain_words():
        drive.begin(environment.host or "", began, is_worker=isinstance(environment.runner, WorkerRunner))
    drive.go_on()
    if drive.over.is_set() and not drive.spent:  # somebody stopped it
        return
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.send_message(_OVER)
    else:
        _end(environment)


def _end(environment: Environment) -> None:
    """End the test; and the program, too, where nobody is there to look at it."""
    if runner := environment.runner:
        end = runner.quit if _told(environment).headless else runner.stop
        end()


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


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """One clear error, and the end; locust itself would log a traceback and go on."""
    try:
        yield
    except errors.CheckError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - as every command of ours
        raise SystemExit(2) from None
