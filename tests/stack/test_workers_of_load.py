"""Workers of the load generator: on other hosts, lost on the way, and with clocks that somebody sets."""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import loads
import servers
from agentchat_check.findings import Verdict
from agentchat_check.load import gate, trust, wording
from agentchat_check.load.generator import NAMED, Door
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import Tail
from agentchat_check.load.recording import Recording
from agentchat_check.load.series import DRIFT
from agentchat_check.probes.api import PREFIX
from agentchat_check.stack import process
from driven import driven, good_replies, outcomes, times
from servers import Asked, Site

pytestmark = pytest.mark.long

LOGIN = "POST /user/login"
REPOSITORY = Path(__file__).parents[2]
LIMITS = {"response_time": loads.threshold(window=None)}

CLOCK_IS_SET = """
import time
from locust import events
from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor

told, started = time.time, []
time.time = lambda: told() + (OFFSET if started and time.monotonic() > started[0] + 5 else 0.0)
events.test_start.add_listener(lambda **_: started.append(time.monotonic()))


class Clocked(Visitor):
    journeys = {journeys.log_in: 1}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    """An application that answers well."""
    with servers.running(made := Site()):
        made.replies = good_replies()
        yield made


def to_worker(which: str, what: signal.Signals, log: Path) -> Callable[[Recording], None]:
    """Sends a signal to a worker, once it has recorded three seconds."""
    sent: list[int] = []

    def watch(recording: Recording) -> None:
        if not sent and max(recording.notes.get(which, {}).get(DRIFT, {}), default=0) >= 2:
            (line,) = (line for line in log.read_text().splitlines() if line.startswith(f"{NAMED}{which} "))
            sent.append(int(line.rpartition(" ")[2]))
            os.kill(sent[0], what)

    return watch


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (signal.SIGKILL, "worker lost: worker-1 ended before its time, after"),
        (signal.SIGSTOP, "worker lost: worker-1 has been silent since"),
    ],
)
def test_a_worker_that_is_lost_ends_the_run_and_nothing_is_proven(
    site: Site, tmp_path: Path, what: signal.Signals, says: str
) -> None:
    began = time.monotonic()
    kill = to_worker("worker-1", what, tmp_path / "run" / "generator.log")
    recording = driven(
        site, tmp_path, "login_storm.py", rate=10.0, spacing="constant", seconds=600.0, processes=2, watch=kill
    )
    assert recording.run.end == "aborted"
    assert recording.run.reason.startswith(says)
    assert time.monotonic() - began < 120
    judgement = gate.judge(recording, LIMITS)
    assert (judgement.verdict, wording.VERDICTS[judgement.verdict]) == (Verdict.UNKNOWN, "UNPROVEN")
    assert "worker lost: worker-1 was cut short after" in trust.workers_stayed(recording).actual
    # what was recorded until then is kept, of the one that was lost, too, and why it ended
    assert recording.ended == {"worker-0"}
    assert all(len(recording.notes[worker][DRIFT]) >= 3 for worker in ("worker-0", "worker-1"))
    assert outcomes(recording)[(LOGIN, "ok")] >= 25
    assert [one.what for one in recording.events] == [f"aborted: {recording.run.reason}"]


def test_who_is_still_under_way_at_the_end_is_counted_by_every_worker(site: Site, tmp_path: Path) -> None:
    at_once = site.replies[f"POST {PREFIX}/user/login"]

    def later(asked: Asked) -> None:
        time.sleep(4.0)
        at_once(asked)

    site.replies[f"POST {PREFIX}/user/login"] = later
    recording = driven(site, tmp_path, "login_storm.py", rate=5.0, spacing="constant", seconds=2.0, processes=2)
    assert outcomes(recording) == {(LOGIN, "ok"): 10}
    assert times(recording, LOGIN).percentile(10) > 4.0
    assert recording.ended == {"worker-0", "worker-1"}


@contextmanager
def host(place: Path, door: Door, *, clock: float = 0.0) -> Iterator[Path]:
    """A worker that shares no file with its master, and takes itself for another host's; its clock may be wrong."""
    copied = place / "agentchat_check"
    shutil.copytree(REPOSITORY / "agentchat_check", copied, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "boot_id").write_text(place.name, encoding="ascii")
    clocks = copied / "load" / "clocks.py"
    here = clocks.read_text(encoding="utf-8").replace("/proc/sys/kernel/random/boot_id", str(place / "boot_id"))
    clocks.write_text(here.replace("time.time() + later", f"time.time() + later + {clock}"), encoding="utf-8")
    command = [sys.executable, "-m", "locust", "--locustfile=-", "--worker"]
    command += [f"--master-host={door.address}", f"--master-port={door.port}"]
    known = {"PYTHONPATH": str(place), "HOME": str(place), "TMPDIR": str(place)}
    with process.running(command, cwd=place, environment=known):
        yield place


@pytest.fixture
def door() -> Door:
    """Where workers may join."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Door("127.0.0.1", free.getsockname()[1])


def test_workers_elsewhere_are_recorded_as_if_they_ran_here(site: Site, tmp_path: Path, door: Door) -> None:
    with host(tmp_path / "one", door) as one, host(tmp_path / "another", door) as another:
        recording = driven(site, tmp_path, "browsing.py", rate=10.0, spacing="constant", processes=2, door=door)
    calls = ("GET /dialog/list", "GET /agent", "GET /history")
    assert outcomes(recording) == {(call, "ok"): 40 for call in calls}
    assert len(site.asked) == 120
    assert {request.headers["Authorization"] for request in site.requests} == {"Bearer t0ken"}
    assert recording.run.joined_at == f"{door.address}:{door.port}"
    assert recording.ended == {"worker-0", "worker-1"}
    assert [one for one in trust.judged(recording, trust.latest([]))[1:] if one.verdict is not Verdict.HOLDS] == []
    # the two logs are here, none is there, and together they are what is judged, count by count
    parts = [Tail(tmp_path / "run" / "load" / f"worker-{number}.hlog").read() for number in range(2)]
    counted = [sum(one.histogram.total for one in part if one.series.request) for part in parts]
    assert counted == [60, 60]
    for call in calls:
        both = Histogram.merged(one.histogram for part in parts for one in part if one.series.request == call)
        assert times(recording, call) == both
    assert [file for place in (one, another) for file in place.rglob("*.hlog")] == []


def test_hosts_whose_clocks_are_apart_end_the_run(site: Site, tmp_path: Path, door: Door) -> None:
    with host(tmp_path / "one", door), host(tmp_path / "another", door, clock=12.0):
        recording = driven(site, tmp_path, "browsing.py", seconds=600.0, processes=2, door=door)
    assert recording.run.end == "aborted"
    assert recording.run.reason.endswith(" s ahead: let chrony set the clocks of all hosts")
    assert gate.judge(recording, LIMITS).verdict is Verdict.UNKNOWN


def test_a_worker_that_joins_later_ends_the_run(site: Site, tmp_path: Path, door: Door) -> None:
    with ExitStack() as hosts:
        hosts.enter_context(host(tmp_path / "one", door))

        def join(recording: Recording) -> None:
            if recording.notes.get("worker-0") and not (tmp_path / "another").exists():
                hosts.enter_context(host(tmp_path / "another", door))

        recording = driven(site, tmp_path, "browsing.py", seconds=600.0, door=door, watch=join)
    assert recording.run.end == "aborted"
    assert recording.run.reason.endswith(" joined after the start, and has no part in it")
    assert recording.ended == {"worker-0"}
    assert gate.judge(recording, LIMITS).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("offset", [3600.0, -3600.0])
def test_a_clock_that_is_set_meanwhile_proves_nothing_and_moves_no_response_time(
    site: Site, tmp_path: Path, offset: float
) -> None:
    (tmp_path / "clocked.py").write_text(CLOCK_IS_SET.replace("OFFSET", str(offset)), encoding="utf-8")
    recording = driven(site, tmp_path, "clocked.py", files=tmp_path, rate=20.0, spacing="constant", seconds=8.0)
    judgement = gate.judge(recording, LIMITS)
    assert judgement.verdict is Verdict.UNKNOWN
    assert trust.clock_steady(recording).verdict is Verdict.UNKNOWN
    assert trust.clock_steady(recording).actual.startswith("generator: by 3")
    assert (recording.run.end, outcomes(recording)) == ("finished", {(LOGIN, "ok"): 160})
    assert recording.run.seconds in {8.0, 9.0, 10.0}
    assert times(recording, LOGIN).longest < 5.0
