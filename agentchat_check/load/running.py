"""A run of load from its beginning to its end: generator, sampler and judge side by side, and a recording."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from agentchat_check import errors, wait
from agentchat_check.load import gate, generator, trust
from agentchat_check.load.aim import Target
from agentchat_check.load.generator import Door, Generator, Start
from agentchat_check.load.people import People
from agentchat_check.load.profiles import FILES, Profile
from agentchat_check.load.recording import Draft, Follower, Recording
from agentchat_check.load.run_file import HostClass, LoadRun
from agentchat_check.load.sampler import Sampler
from agentchat_check.load.series import DRIFT
from agentchat_check.settings.thresholds import Threshold
from agentchat_check.stack import complaints, engine

DIRECTORY = "load"
"""Where in a run's directory its recording is."""

_LOOK_EVERY = 1.0
"""Seconds between looks at the recording while it grows."""

_AFTERWARDS = 60.0
"""Seconds that a run may take beyond its shape: to let visitors under way come to their end, and to write the rest."""

Watch: TypeAlias = "Callable[[Recording], object]"
"""Takes the recording as far as it is, once a second."""


def run(
    target: Target,
    profile: Profile,
    people: People,
    *,
    name: str,
    profile_name: str,
    directory: Path,
    thresholds: Mapping[str, Threshold],
    door: Door | None = None,
    files: Path = FILES,
    watch: Watch = lambda _: None,
) -> Recording:
    """Drive load, and record it.

    On an installation that people use any breach of a threshold ends the run, else those that say so.

    Args:
        target: What is driven.
        profile: How much load, and of which kind.
        people: With whom.
        name: The run's.
        profile_name: The profile's.
        directory: The run's directory; the recording is made in it.
        thresholds: By name.
        door: Where the generator's processes join from other hosts; None starts them here.
        files: The directory of load files.
        watch: Takes the recording as it grows.

    Returns:
        The recording, whole; also where the run was aborted.

    Raises:
        errors.CheckError: It could not be driven.
    """
    generator.require_locust()
    directory.mkdir(parents=True, exist_ok=True)
    place, file = (directory / DIRECTORY).absolute(), (directory / "people.json").absolute()
    people.write(file)
    known = _known(target)  # before the generator is started: its second 0 waits for nobody
    try:
        with (
            (directory / "generator.log").open("w", encoding="utf-8", buffering=1) as log,
            generator.started(
                profile,
                target.url,
                people=file,
                recording=place,
                live=target.live,
                door=door,
                files=files,
                on_line=lambda line: log.write(line + "\n"),
            ) as programs,
        ):
            start = programs.start()
            known["joined_at"] = f"{door.address}:{door.port}" if door else ""
            asked = known | {"run": name, "profile": profile_name, "processes": programs.names}
            draft = Draft(place, LoadRun(**asked, **_asked(profile, start, files)))
            _followed(draft, target, profile.course(files).seconds, thresholds, programs, watch)
            return Follower(place).look()
    finally:
        file.unlink(missing_ok=True)  # it holds passwords


def _followed(
    draft: Draft,
    target: Target,
    seconds: float,
    thresholds: Mapping[str, Threshold],
    programs: Generator,
    watch: Watch,
) -> None:
    """See the run to its end, and note how it ended."""
    follower, reason, began = Follower(draft.directory), "", draft.run.started_monotonic

    def look() -> bool:
        nonlocal reason
        recording = follower.look()
        watch(recording)
        reason = reason or programs.spent()
        if time.monotonic() < began + seconds and not reason:
            reason = trust.lost(recording, programs.gone(), time.monotonic() - began) or gate.breach_at(
                recording, thresholds, _written(recording), any_breach=target.live
            )
            if reason:
                draft.event("run", f"aborted: {reason}")
                programs.ask_to_end()
        return programs.done()

    samples, interrupted = draft.samples(), True
    try:
        sampler = Sampler(target.stack, began, samples.write, lambda *event: draft.event(*event[:2], at=event[2]))
        with sampler.running():
            wait.until(
                look,
                bool,
                what="the end of the load",
                timeout=max(0.0, began - time.monotonic()) + seconds + _AFTERWARDS,
                show=lambda done: "it has ended" if done else "it goes on",
                delay=_LOOK_EVERY,
            )
        interrupted = False
    except errors.TimeoutError as error:
        reason, interrupted = f"{error.tried}\n{programs.last_words()}", False
    finally:
        programs.end()
        samples.close()
        draft.update(_ended(draft.run, _written(follower.look(), max), seconds, reason, interrupted=interrupted))


def _ended(run: LoadRun, went: int, seconds: float, reason: str, *, interrupted: bool) -> LoadRun:
    """How a run ended, from the last second that was written; one that ended before its time was not finished."""
    end = "interrupted" if interrupted else "aborted" if reason or went < int(seconds) else "finished"
    reason = reason or {"interrupted": "somebody ended it", "aborted": "the generator ended early"}.get(end, "")
    return run.model_copy(update={"end": end, "reason": reason, "seconds": float(went)})


def _written(recording: Recording, which: Callable[[list[int]], int] = min) -> int:
    """The last second that all processes have written; or with ``max`` any of them; 0 while there is none."""
    notes = (recording.notes.get(process, {}).get(DRIFT, {}) for process in recording.run.processes)
    return which([max(seconds, default=-1) + 1 for seconds in notes])


def _known(target: Target) -> dict[str, Any]:
    """What is driven, and from where."""
    packages = ("agentchat-check", "locust")
    versions = {package: importlib.metadata.version(package) for package in packages}
    versions["python"] = platform.python_version()
    known: dict[str, Any] = {"target": target.url, "deployment": target.name, "host": HostClass.here()}
    if target.stack is None:
        return {**known, "versions": versions, "unsampled": "the installation is reached from outside only"}
    with complaints.translated("ask the engine for its version"):
        versions |= {"engine": target.stack.client.version()["Version"], "compose": engine.compose_version()}
    images = {service.name: service.image_id for service in target.stack.services()}
    return {**known, "versions": versions, "images": images}


def _asked(profile: Profile, start: Start, files: Path) -> dict[str, Any]:
    """What was asked of the generator, and when it starts."""
    is_open = profile.arrivals == "open"
    return {
        "files": (profile.file,),
        "seed": profile.seed,
        "arrivals": profile.arrivals,
        "spacing": profile.spacing.value if is_open else "",
        "shape": profile.course(files).points if is_open else (),
        "users": profile.users,
        "judged_from": profile.judged_from,
        "started": datetime.fromtimestamp(start.epoch, UTC),
        "started_monotonic": start.monotonic,
    }
