"""What workers record reaches the recording, whichever host they are on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import loads
from agentchat_check import errors
from agentchat_check.load import recording, relay
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import END, Interval
from agentchat_check.load.recording import Draft
from agentchat_check.load.relay import Book
from loads import CHAT

FLEET = {"host-a_1": 0, "host-b_1": 1}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A recording of two workers, begun."""
    Draft(tmp_path / "load", loads.run(processes=("worker-0", "worker-1")))
    return tmp_path / "load"


@pytest.fixture
def book(directory: Path) -> Iterator[Book]:
    """What the master of those two writes."""
    with closing(Book(directory, FLEET)) as book:
        yield book


def tell(book: Book, sender: str, *times: float, ends: bool = True) -> None:
    """Record these times in second 0, as a worker does."""

    def send(kind: str, data: dict[str, Any]) -> None:
        assert kind == relay.LINE
        book.take(sender, data)

    with relay.logs(send) as (latency, service):
        latency(Interval(0.0, 1.0, CHAT, Histogram.of(times)).line())
        service(Interval(0.0, 1.0, CHAT, Histogram.of(one / 2 for one in times)).line())
        for sink in (latency, service) if ends else ():
            sink(END)


def test_what_workers_counted_is_merged_count_by_count(book: Book, directory: Path) -> None:
    tell(book, "host-b_1", 0.1, 0.123456, 3.0)
    tell(book, "host-a_1", 0.1, 0.2, 0.123457)
    read = recording.read(directory)
    assert read.latency == {CHAT: {0: Histogram.of([0.1, 0.1, 0.2, 0.123456, 0.123457, 3.0])}}
    assert read.service == {CHAT: {0: Histogram.of([0.05, 0.05, 0.1, 0.061728, 0.0617285, 1.5])}}
    assert read.ended == {"worker-0", "worker-1"}


def test_the_master_waits_for_those_who_are_there_and_have_not_told_everything(book: Book, directory: Path) -> None:
    tell(book, "host-a_1", 0.1)
    tell(book, "host-b_1", 0.1, ends=False)
    assert book.waits_for({"host-a_1", "host-b_1", "host-c_1"}) == {"host-b_1"}
    assert book.waits_for({"host-a_1"}) == set()
    assert recording.read(directory).ended == {"worker-0"}


def test_who_joined_later_has_no_part(book: Book, directory: Path) -> None:
    tell(book, "host-c_1", 0.1)
    assert [path.name for path in directory.iterdir()] == ["run.json"]


def test_what_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(errors.HostError, match="write the recording"):
        tell(Book(tmp_path / "nowhere", FLEET), "host-a_1", 0.1)
