import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from docker import DockerClient

from agentchat_check import facts
from agentchat_check.stack import labels, timeline
from agentchat_check.stack.timeline import Timeline
from engines import Engine

LONG = 30.0
"""Seconds that no test takes."""

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def heard(client: DockerClient) -> Iterator[Timeline]:
    """What happens to the project ``demo``."""
    listening = Timeline(client, "demo")
    yield listening
    listening.close()


def ended() -> None:
    """Wait until nobody listens any more."""
    for thread in threading.enumerate():
        if thread.name == "timeline of demo":
            thread.join(LONG)
            assert not thread.is_alive()


def test_what_happens_is_heard_in_order_with_what_explains_it(engine: Engine, heard: Timeline) -> None:
    engine.tell("start", **{labels.SERVICE: "mysql"})
    engine.tell("kill", **{labels.SERVICE: "mysql", "signal": "15"})
    engine.tell("die", **{labels.SERVICE: "mysql", "exitCode": "137"})
    engine.tell("health_status: healthy", name="somebody")
    engine.say(b"")
    ended()
    assert [(event.service, event.what) for event in heard.events()] == [
        ("mysql", "start"),
        ("mysql", "kill (signal 15)"),
        ("mysql", "die (exit code 137)"),
        ("", "health_status: healthy"),
    ]
    assert heard.events()[0].time == datetime(2023, 11, 14, 22, 13, 20, 250_000, tzinfo=UTC)


def test_a_sleeper_wakes_when_something_happens(engine: Engine, heard: Timeline) -> None:
    before = heard.monotonic()
    engine.tell("start")
    heard.sleep(LONG)
    assert heard.monotonic() - before < LONG
    assert len(heard.events()) == 1


def test_a_sleeper_sleeps_on_when_nothing_new_happens(engine: Engine, heard: Timeline) -> None:
    engine.tell("start")
    heard.sleep(LONG)
    before = heard.monotonic()
    heard.sleep(0.05)
    assert heard.monotonic() - before >= 0.05


@pytest.mark.parametrize("last", [b"", b"no json\n"], ids=["goes away", "stutters"])
def test_an_engine_that_goes_away_ends_the_timeline_and_what_was_heard_stays(
    engine: Engine, heard: Timeline, last: bytes
) -> None:
    engine.tell("start")
    engine.say(last)
    engine.say(b"")
    ended()
    assert [event.what for event in heard.events()] == ["start"]


def test_closing_it_twice_is_no_error(heard: Timeline) -> None:
    heard.close()
    heard.close()
    ended()
    assert heard.events() == ()


def test_it_reads_as_seconds_since_the_first_event() -> None:
    events = (
        facts.Event(NOON, "mysql", "start"),
        facts.Event(NOON + timedelta(seconds=62.5), "backend", "die (exit code 1)"),
    )
    assert timeline.as_text(events) == (
        "    0.000 s  12:00:00.000000  mysql        start\n"
        "   62.500 s  12:01:02.500000  backend      die (exit code 1)\n"
    )


def test_a_timeline_without_events_says_so() -> None:
    assert timeline.as_text(()) == "no events were heard\n"
