import tempfile
import time
from pathlib import Path

import pytest

from agentchat_check.load import client
from benchmarks import served, target
from benchmarks.served import Served, Times


def at_rate(rate: float, number: int, *, start: float = 1000.0, delay: float = 0.0002) -> list[float]:
    return [start + count / rate + delay for count in range(number)]


def test_truth_counts_from_the_moment_when_a_request_was_due() -> None:
    came = at_rate(200.0, 2000)
    stalled = came[800] + 2.0
    answered = [stalled if came[800] <= one < stalled else one + 0.001 for one in came]
    truth = Served("", came, answered).truth(200.0)
    # 400 of 2000 waited, 5 ms less each: the longest but 99 and but 19 are these
    assert truth == Times(pytest.approx(0.001), pytest.approx(1.5), pytest.approx(1.9), 2000)


def test_who_was_late_waited_all_the_same() -> None:
    came = at_rate(100.0, 1000)
    came[500:600] = [came[600]] * 100  # the generator slept for a second
    truth = Served("", came, came).truth(100.0)
    assert truth.p95 == pytest.approx(0.5, abs=0.02)


def test_requests_are_counted_by_when_they_came() -> None:
    assert Served("", [1.0, 2.0, 3.0], [9.0, 9.0, 9.0]).between(2.0, 3.0) == 1


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    assert served.times(float(one) for one in range(1, 101)) == Times(50.0, 95.0, 99.0, 100)


def test_a_target_stalls_once_and_notes_what_comes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as directory, served.running(Path(directory), stall_after=3) as one:
        connection = client.Client(one.url, connect=5.0, silence=5.0)
        began = time.monotonic()
        statuses = [connection.request("GET", "/any", {}, timeout=5.0).status for _ in range(6)]
        connection.close()
    waited = [answered - came for came, answered in zip(one.came, one.answered, strict=True)]
    assert statuses == [200] * 6
    assert [number for number, seconds in enumerate(waited) if seconds > target.STALL / 2] == [3]
    assert waited[3] == pytest.approx(target.STALL, abs=0.5)
    assert began <= one.came[0]
