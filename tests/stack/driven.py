"""Load that locust drives, in processes of its own, against a small server that answers as a test says."""

import json
from pathlib import Path
from typing import Any

import servers
from agentchat_check.load import profiles, running
from agentchat_check.load.aim import Target
from agentchat_check.load.generator import Door
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.people import People, Person
from agentchat_check.load.profiles import Profile
from agentchat_check.load.recording import Recording
from agentchat_check.load.running import Watch
from agentchat_check.probes.api import CALLS, PREFIX
from agentchat_check.settings.thresholds import Threshold
from servers import Reply, Site, envelope

SECRETS = {"password": "s3cret", "token": "t0ken"}
PEOPLE = People(
    everybody=(Person(name="anna", user_id="7", agent_id="a", dialogs=("d",), **SECRETS),),
    calls=CALLS,
    echo=False,
    prefix="load-abc123-",
)


def event(chunk: str) -> str:
    """A chunk of an answer."""
    return "data: " + json.dumps({"type": "response_chunk", "data": {"chunk": chunk, "accumulated": chunk}})


def good_replies() -> dict[str, Reply]:
    """What an application says that is well."""
    return {
        f"POST {PREFIX}/user/login": envelope({"user_id": "7", "access_token": "t0ken"}),
        f"GET {PREFIX}/dialog/list": envelope([{"dialog_id": "d"}]),
        f"GET {PREFIX}/agent": envelope([]),
        f"GET {PREFIX}/history?dialog_id=d": envelope([]),
        f"POST {PREFIX}/dialog": envelope({"dialog_id": "d"}),
        f"POST {PREFIX}/completion": servers.stream(event("You")),
    }


def driven(
    site: Site,
    directory: Path,
    file: str,
    *,
    thresholds: dict[str, Threshold] | None = None,
    live: bool = False,
    door: Door | None = None,
    files: Path = profiles.FILES,
    watch: Watch = lambda _: None,
    **given: Any,
) -> Recording:
    """Drive a load file for four seconds, or as a test says; what was recorded."""
    profile = Profile(question="Well?", file=file, **{"seconds": 4.0, **given})
    return running.run(
        Target(site.url, "a small server", None, live),
        profile,
        PEOPLE,
        name="a-run",
        profile_name="test",
        directory=directory / "run",
        thresholds=thresholds or {},
        door=door,
        files=files,
        watch=watch,
    )


def outcomes(recording: Recording) -> dict[tuple[str, str], int]:
    """How many requests there were, by name and outcome."""
    return {
        (series.request, series.outcome): sum(one.total for one in timeline.values())
        for series, timeline in recording.latency.items()
    }


def times(recording: Recording, request: str) -> Histogram:
    """How long requests of a name took."""
    return Histogram.merged(
        one for series, timeline in recording.latency.items() if series.request == request for one in timeline.values()
    )
