"""A process counts each request in the second in which it ended, and writes that second when it is over."""

import pytest

from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import END, Interval
from agentchat_check.load.recorder import Recorder
from agentchat_check.load.series import BUSY, DRIFT, LATENESS, NOT_STARTED, OK, PART, Series


class Clocks:
    """Three clocks that stand until a test moves them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall = 1.7e9
        self.used = 5.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.wall + self.now

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def process_time(self) -> float:
        """Seconds of the processor."""
        return self.used


class Bench:
    """A recorder, its clocks, and what it wrote."""

    def __init__(self) -> None:
        self.clocks = Clocks()
        self.lines: tuple[list[str], list[str]] = ([], [])
        latency, service = self.lines
        self.recorder = Recorder(latency.append, service.append, started=1000.0, clocks=self.clocks)

    def at(self, second: float) -> float:
        """Let it be this second of the run."""
        self.clocks.now = 1000.0 + second
        return self.clocks.now

    def wrote(self, log: int = 0) -> dict[tuple[float, Series], Histogram]:
        """What a log holds, by second and series."""
        intervals = [Interval.of_line(line.rstrip("\n")) for line in self.lines[log] if line.startswith("Tag=")]
        return {(one.began, one.series): one.histogram for one in intervals}


CHAT = Series("chat", "POST /completion", OK)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ask(bench: Bench, *, due: float, began: float, ended: float, outcome: str = OK) -> None:
    bench.at(ended)
    bench.recorder.request("chat", "POST /completion", outcome, due=1000 + due, began=1000 + began, ended=1000 + ended)


def test_latency_counts_from_the_intended_start_and_service_time_from_the_actual_one(bench: Bench) -> None:
    ask(bench, due=0.1, began=0.3, ended=0.6)
    bench.recorder.close()
    assert bench.wrote(0)[0.0, CHAT] == Histogram.of([0.5])
    assert bench.wrote(1) == {(0.0, CHAT): Histogram.of([0.3])}


def test_a_request_belongs_to_the_second_in_which_it_ended(bench: Bench) -> None:
    ask(bench, due=0.1, began=0.1, ended=0.9)
    ask(bench, due=0.2, began=0.2, ended=2.5)
    bench.recorder.close()
    assert {second for second, series in bench.wrote() if series == CHAT} == {0.0, 2.0}


def test_a_second_is_written_once_it_is_over(bench: Bench) -> None:
    ask(bench, due=0.1, began=0.1, ended=0.2)
    bench.at(0.99)
    bench.recorder.tick()
    assert bench.wrote() == {}
    bench.at(1.01)
    bench.recorder.tick()
    assert (0.0, CHAT) in bench.wrote()
    bench.recorder.tick()
    assert len([line for line in bench.lines[0] if "|POST" in line]) == 1


def test_what_is_due_may_go_first_between_two_series(bench: Bench) -> None:
    pauses: list[int] = []
    ask(bench, due=0.1, began=0.1, ended=0.2)
    bench.at(1.5)
    bench.recorder.tick(lambda: pauses.append(len(bench.lines[0])))
    assert len(pauses) == 4  # the request in both logs, use of the processor, drift


def test_nothing_is_lost_nor_written_twice_where_a_pause_is_the_end_or_somebody_writes_meanwhile(bench: Bench) -> None:
    class Killed(BaseException):
        """The end of a greenlet."""

    def die() -> None:
        raise Killed

    ask(bench, due=0.1, began=0.1, ended=0.2)
    ask(bench, due=0.1, began=0.1, ended=0.2, outcome="HTTP 502")
    bench.at(1.5)
    with pytest.raises(Killed):
        bench.recorder.tick(die)
    bench.recorder.tick(bench.recorder.tick)
    bench.recorder.close()
    for lines in bench.lines:
        requests = [line.partition(",")[0] for line in lines if "|POST" in line]
        assert sorted(requests) == ["Tag=chat|POST /completion|HTTP 502", "Tag=chat|POST /completion|ok"]


def test_every_second_tells_the_process_s_own_use_and_the_drift_of_its_clock(bench: Bench) -> None:
    bench.at(1.0)
    bench.clocks.used += 0.4
    bench.clocks.wall += 3.0
    bench.recorder.tick()
    assert bench.wrote()[0.0, BUSY] == Histogram.of([0.4])
    assert bench.wrote()[0.0, DRIFT] == Histogram.of([3.0])


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_is_set_moves_no_second_and_no_response_time(bench: Bench, jump: float) -> None:
    ask(bench, due=0.1, began=0.2, ended=0.9)
    bench.clocks.wall += jump
    ask(bench, due=1.1, began=1.2, ended=1.9)
    bench.recorder.close()
    assert [second for second, series in bench.wrote() if series == CHAT] == [0.0, 1.0]
    assert {second: bench.wrote()[second, CHAT] for second in (0.0, 1.0)} == dict.fromkeys(
        (0.0, 1.0), Histogram.of([0.8])
    )
    assert bench.wrote()[1.0, DRIFT] == Histogram.of([3600.0])


def test_the_last_line_says_that_it_was_the_last(bench: Bench) -> None:
    bench.at(1.5)
    bench.recorder.tick()
    assert not any(END in lines for lines in bench.lines)
    bench.recorder.close()
    assert [lines[-1] for lines in bench.lines] == [END, END]


def test_an_arrival_is_counted_with_its_delay(bench: Bench) -> None:
    bench.recorder.arrival(due=1000.1, began=1000.103)
    bench.recorder.close()
    assert bench.wrote()[0.0, LATENESS] == Histogram.of([0.003])


def test_an_arrival_that_could_not_start_is_counted(bench: Bench) -> None:
    bench.at(0.5)
    bench.recorder.not_started("chat", "POST /completion")
    bench.recorder.close()
    assert bench.wrote()[0.0, CHAT._replace(outcome=NOT_STARTED)] == Histogram.of([0.0])


def test_a_part_of_a_request_is_no_request(bench: Bench) -> None:
    bench.recorder.part("chat", "first chunk", due=1000.0, began=1000.1, reached=1000.4)
    bench.recorder.close()
    series = Series("chat", "first chunk", PART)
    assert bench.wrote()[0.0, series] == Histogram.of([0.4])
    assert not series.is_request
    assert not series.is_error


def test_errors_are_counted_by_kind(bench: Bench) -> None:
    for outcome in ("inner 500", "inner 500", "stream cut short"):
        ask(bench, due=0.1, began=0.1, ended=0.2, outcome=outcome)
    bench.recorder.close()
    kinds = {series.outcome: histogram.total for (_, series), histogram in bench.wrote().items() if series.is_error}
    assert kinds == {"inner 500": 2, "stream cut short": 1}


def test_nothing_of_a_second_stays_in_memory_once_it_is_written(bench: Bench) -> None:
    for second in range(1, 50):
        ask(bench, due=second - 0.1, began=second - 0.1, ended=second + 0.5)
        bench.recorder.tick()
    assert not bench.recorder._over  # noqa: SLF001 - what it holds back is the point
    assert all(len(counts) <= 3 for counts in bench.recorder._counts)  # noqa: SLF001 - likewise


def test_a_request_that_ended_before_its_second_was_written_is_not_lost(bench: Bench) -> None:
    bench.at(1.2)
    bench.recorder.tick()
    bench.recorder.request("chat", "POST /completion", OK, due=1000.1, began=1000.1, ended=1000.9)
    bench.recorder.close()
    assert bench.wrote()[1.0, CHAT] == Histogram.of([0.8])
