import fcntl
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agentchat_check.archive import places

AT = datetime(2026, 11, 24, 19, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deployment", "name"),
    [
        ("agentchat", "agentchat-20261124T193600Z"),
        ("../my chat/é", "-my-chat---20261124T193600Z".removeprefix("-")),
        (".hidden", "hidden-20261124T193600Z"),
        ("...", "backup-20261124T193600Z"),
    ],
)
def test_a_name_tells_deployment_and_time_and_leads_nowhere(deployment: str, name: str) -> None:
    assert places.archive_name(deployment, AT.astimezone(timezone(timedelta(hours=8)))) == name
    assert places.time_of(name) == AT


@pytest.mark.parametrize("name", ["agentchat", "agentchat-2026", "a-20261324T193600Z", ""])
def test_another_name_tells_no_time(name: str) -> None:
    assert places.time_of(name) is None


def test_whoever_takes_a_new_lock_for_a_dead_ones_makes_the_writer_choose_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    cleared: list[Path] = []

    def late(descriptor: int, operation: int) -> None:
        if not cleared:
            cleared.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            monkeypatch.setattr(fcntl, "flock", flock)
            places.clear(cleared[0].with_suffix(""))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with places.held(tmp_path / "a", "partial") as path:
        assert places.lock_of(path) != cleared[0]
        assert places.is_held(path)
        assert not places.clear(path)
    assert not places.is_held(path)


def test_a_lock_that_was_given_up_between_the_look_and_the_grip_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = places.temporary(tmp_path / "a", "partial")
    path.mkdir()
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        places.lock_of(path).unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert not places.clear(path)
    assert path.is_dir()


def test_a_lock_that_we_may_not_open_may_be_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refused)
    assert places.is_held(tmp_path / ".a.partial-0123abcd")
