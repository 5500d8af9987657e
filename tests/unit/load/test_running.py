from pathlib import Path

import pytest

import loads
from agentchat_check.load import generator, running
from agentchat_check.load.profiles import Profile
from agentchat_check.load.series import DRIFT


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
