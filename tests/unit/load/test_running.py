from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import loads
from agentchat_check.load import generator, running
from agentchat_check.load.profiles import Profile
from agentchat_check.load.series import DRIFT
from agentchat_check.stack import process


@pytest.mark.parametrize(
    ("went", "reason", "interrupted", "end", "says"),
    [
        (60, "", False, "finished", ""),
        (61, "", False, "finished", ""),
        (12, "", False, "aborted", "the generator ended early"),
        (12, "errors are few: no longer", False, "aborted", "errors are few: no longer"),
        (60, "errors are few: no longer", False, "aborted", "errors are few: no longer"),
        (12, "", True, "interrupted", "somebody ended it"),
    ],
)
def test_how_a_run_ended_follows_from_what_it_wrote(
    went: int, reason: str, *, interrupted: bool, end: str, says: str
) -> None:
    ended = running._ended(loads.run(), went, 60.0, reason, interrupted=interrupted)  # noqa: SLF001 - the rule itself
    assert (ended.end, ended.reason, ended.seconds) == (end, says, float(went))


def test_all_processes_have_written_what_the_slowest_has() -> None:
    recording = loads.recording(processes=("worker-0", "worker-1"))
    del recording.notes["worker-1"][DRIFT][59]
    assert running._written(recording) == 59  # noqa: SLF001 - likewise
    assert running._written(recording, max) == 60  # noqa: SLF001 - likewise
    recording.notes["worker-1"].clear()
    assert running._written(recording) == 0  # noqa: SLF001 - likewise


class Program:
    """A process, as a generator sees it."""

    def __init__(self, pid: int, *, done: bool = False) -> None:
        self.pid = pid
        self.ended = done

    def done(self) -> bool:
        """Whether it has ended."""
        return self.ended


def test_a_process_that_ended_is_known_by_the_name_under_which_it_records() -> None:
    programs: list[Any] = [Program(10), Program(11, done=True), Program(12)]
    said = ["something", f"{generator.NAMED}worker-0 12", f"{generator.NAMED}worker-1 11"]
    under_way = generator.Generator(("worker-0", "worker-1"), programs, said)
    assert under_way.gone() == {"worker-1"}
    assert not under_way.done()
    programs[0].ended = True
    assert under_way.done()


def test_workers_of_other_hosts_are_waited_for_and_none_is_started_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    @contextmanager
    def running(command: list[str], **_: Any) -> Iterator[Program]:
        commands.append(command)
        yield Program(1, done=True)

    monkeypatch.setattr(process, "running", running)
    profile = Profile(question="Well?", file="browsing.py", seconds=30, processes=3)
    where = {"people": tmp_path / "people.json", "recording": tmp_path / "load", "live": True}
    with generator.started(profile, "http://10.0.0.9", door=generator.Door("10.0.0.5"), **where) as started:
        assert started.names == ("worker-0", "worker-1", "worker-2")
        assert started.patience == 900.0
    (command,) = commands
    assert "--master-bind-host 10.0.0.5 --master-bind-port 5557 --expect-workers 3" in " ".join(command)
    commands.clear()
    with generator.started(profile, "http://127.0.0.1", **where):
        assert len(commands) == 4


def test_locust_is_told_what_the_profile_says(tmp_path: Path) -> None:
    profile = Profile(question="Well?", file="browsing.py", seconds=30, rate=7.5, answers=9, spacing="constant")
    options = generator._options(  # noqa: SLF001 - what a person would have to type
        profile, "http://127.0.0.1:1", tmp_path / "people.json", tmp_path / "load", tmp_path, live=True
    )
    told = " ".join(options)
    for wanted in (
        "--host http://127.0.0.1:1",
        "--arrivals open",
        "--rate 7.5",
        "--spacing constant",
        "--seconds 30.0",
        "--answers 9",
        "--exit-code-on-error 0",
        "--i-know-this-is-live",
        f"--people {tmp_path / 'people.json'}",
    ):
        assert wanted in told
