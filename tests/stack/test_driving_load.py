"""Load is driven by locust itself, in processes of its own, against a small server that answers as a test says."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from agentchat_check.findings import Verdict
from agentchat_check.load import profiles, trust
from agentchat_check.load.series import LATENESS, NOT_STARTED
from agentchat_check.probes.api import PREFIX
from agentchat_check.settings.thresholds import Threshold
from agentchat_check.stack import process
from driven import PEOPLE, driven, event, good_replies, outcomes, times
from servers import Asked, Site, envelope

pytestmark = pytest.mark.long


@pytest.fixture
def site() -> Iterator[Site]:
    """An application that answers well."""
    with servers.running(made := Site()):
        made.replies = good_replies()
        yield made


def test_every_visitor_comes_and_every_request_is_counted(site: Site, tmp_path: Path) -> None:
    recording = driven(site, tmp_path, "browsing.py", rate=10.0, spacing="constant")
    assert outcomes(recording) == {
        ("GET /dialog/list", "ok"): 40,
        ("GET /agent", "ok"): 40,
        ("GET /history", "ok"): 40,
    }
    assert recording.run.end == "finished"
    assert recording.run.seconds in {4.0, 5.0, 6.0}
    assert len(site.asked) == 120
    assert site.requests[0].headers["Authorization"] == "Bearer t0ken"
    assert not (tmp_path / "run" / "people.json").exists()


def test_a_stall_is_seen_by_all_who_were_due_while_it_went_on(site: Site, tmp_path: Path) -> None:
    stalled = threading.Lock()

    def stalls(asked: Asked) -> None:
        """From the 40th request on nobody is answered for a second."""
        with stalled:
            if len(site.asked) == 40:
                time.sleep(1.0)
        envelope({"user_id": "7", "access_token": "t0ken"})(asked)

    site.replies[f"POST {PREFIX}/user/login"] = stalls
    seen = times(driven(site, tmp_path, "login_storm.py", rate=40.0, spacing="constant"), "POST /user/login")
    assert seen.total == 160
    # 40 of 160 were due in that second, one after the other: a quarter waited, the median of those half of it
    assert seen.percentile(75) < 0.3
    assert seen.percentile(87.5) == pytest.approx(0.5, abs=0.25)
    assert seen.percentile(99) == pytest.approx(1.0, abs=0.25)


def test_two_workers_share_the_arrivals_of_one_shape(site: Site, tmp_path: Path) -> None:
    recording = driven(site, tmp_path, "login_storm.py", rate=10.0, spacing="constant", processes=2)
    assert outcomes(recording) == {("POST /user/login", "ok"): 40}
    came = {process: notes[LATENESS] for process, notes in recording.notes.items()}
    assert {name: sum(one.total for one in timeline.values()) for name, timeline in came.items()} == {
        "worker-0": 20,
        "worker-1": 20,
    }


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (envelope(None, inner=500, message="no"), "inner 500"),
        (envelope(None, status=503), "HTTP 503"),
        (servers.text("<html>"), "no envelope"),
        (servers.resets, "connection closed without an answer"),
        (envelope({}), "ok"),
    ],
)
def test_errors_are_told_by_kind(site: Site, tmp_path: Path, reply: servers.Reply, outcome: str) -> None:
    site.replies[f"POST {PREFIX}/user/login"] = reply
    found = outcomes(driven(site, tmp_path, "login_storm.py", rate=5.0, spacing="constant", seconds=2.0))
    assert found[("POST /user/login", outcome)] == 10
    if outcome == "ok":  # an answer that lacks what it is for is an error, too
        assert found[("what follows", "without an access token")] == 10


def test_a_stream_is_timed_to_its_first_chunk_and_one_that_is_cut_short_is_an_error(site: Site, tmp_path: Path) -> None:
    found = outcomes(driven(site, tmp_path / "whole", "steady_chat.py", rate=5.0, spacing="constant", seconds=2.0))
    assert found[("POST /completion", "ok")] >= 10
    assert found[("POST /completion, last chunk", "part")] == found[("POST /completion", "ok")]
    site.replies[f"POST {PREFIX}/completion"] = servers.stream(event("You"), then=servers.hangs_up)
    found = outcomes(driven(site, tmp_path / "cut", "steady_chat.py", rate=5.0, spacing="constant", seconds=2.0))
    assert found[("POST /completion", "stream cut short")] == 10


def test_a_run_ends_when_the_model_was_asked_as_often_as_it_may(site: Site, tmp_path: Path) -> None:
    recording = driven(site, tmp_path, "steady_chat.py", rate=10.0, seconds=60.0, answers=12, processes=2)
    assert sum(1 for call in site.asked if call.endswith("/completion")) == 12
    assert recording.run.end == "aborted"
    assert recording.run.reason == "the model was asked for 12 answers, and may not be for more"


def test_closed_users_wait_for_the_answer(site: Site, tmp_path: Path) -> None:
    recording = driven(site, tmp_path, "login_storm.py", arrivals="closed", users=3, think=0.2)
    assert recording.run.arrivals == "closed"
    assert set(outcomes(recording)) == {("POST /user/login", "ok")}
    number = outcomes(recording)[("POST /user/login", "ok")]
    assert 15 < number < 100
    (notes,) = recording.notes.values()
    assert sum(one.total for one in notes[LATENESS].values()) == number


BUSY = """
import time
from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor

def log_in(visitor):
    journeys.log_in(visitor)
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass

class Busy(Visitor):
    journeys = {log_in: 1}
"""
"""A load file that keeps its process from all else after each answer."""


def test_users_whose_generator_is_late_to_let_them_go_on_prove_nothing(site: Site, tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    recording = driven(site, tmp_path, "busy.py", files=tmp_path, arrivals="closed", users=20, think=4.0, seconds=10.0)
    assert trust.generator_kept_up(recording, trust.latest([])).verdict is Verdict.UNKNOWN


def test_on_an_installation_in_use_the_first_breach_ends_the_run(site: Site, tmp_path: Path) -> None:
    site.replies[f"POST {PREFIX}/user/login"] = envelope(None, inner=500)
    limit = Threshold(
        promise="errors are few",
        next_step="look at them",
        metric="error_rate",
        statistic="share",
        limit=0.05,
        window=5.0,
    )
    recording = driven(
        site, tmp_path, "login_storm.py", thresholds={"errors": limit}, live=True, rate=20.0, seconds=60.0
    )
    assert recording.run.end == "aborted"
    assert recording.run.reason.startswith("errors are few: no longer: POST /user/login")
    assert recording.run.seconds is not None
    assert recording.run.seconds < 30
    assert [one.what for one in recording.events] == [f"aborted: {recording.run.reason}"]


def locust(*arguments: str) -> process.Completed:
    """Plain locust, as anybody runs it."""
    file = str(profiles.FILES / "login_storm.py")
    command = [sys.executable, "-m", "locust", "--locustfile", file, "--headless", "--only-summary", *arguments]
    return process.run(command, timeout=120, check=False)


def test_who_comes_while_too_many_are_under_way_is_an_error(site: Site, tmp_path: Path) -> None:
    site.replies[f"POST {PREFIX}/user/login"] = servers.late
    PEOPLE.write(tmp_path / "people.json")
    given = ["--people", str(tmp_path / "people.json"), "--rate", "10", "--spacing", "constant", "--seconds", "2"]
    completed = locust("--host", site.url, *given, "--in-flight", "5")
    assert completed.returncode == 1
    said = completed.stdout + completed.stderr
    assert "15" in next(line for line in said.splitlines() if NOT_STARTED in line)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--host", "https://chat.example.org"], "expected:   a deployment on 127.0.0.1"),
        ([], "actual:     no host was named"),
        (["--host", "http://127.0.0.1:1", "--shape", "none.csv"], "No such file"),
        (["--host", "http://127.0.0.1:1", "--people", "none.json"], "read the people in none.json"),
    ],
)
def test_what_makes_no_sense_is_one_clear_error(given: list[str], says: str) -> None:
    completed = locust(*given)
    assert completed.returncode == 2
    assert says in completed.stderr
    assert "Traceback" not in completed.stderr
