"""What may not be upgraded is refused with the reason, before anything is touched."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment
from agentchat_check.findings import Promise
from agentchat_check.procedures.upgrade import preflight
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.stack.running import Stack

PROMISE = Promise("upgrade.works_after", "every call works", "read the log")


def test_an_installation_needs_an_account_and_a_stack_of_ours_makes_one(stack: Stack) -> None:
    preflight.require_account(stack, None)
    with pytest.raises(errors.CheckError) as caught:
        preflight.require_account(replace(stack, live=True), None)
    assert caught.value.actual == "none was named"


def test_what_does_not_work_now_is_not_upgraded(stack: Stack) -> None:
    good = PROMISE.judge(kept=True, expected="18", actual="18")
    preflight.require_working(stack, [good])
    for bad in (
        PROMISE.judge(kept=False, expected="18", actual="chat: 500"),
        PROMISE.unknown(expected="18", actual="chat: 500", next_step="look"),
    ):
        with pytest.raises(errors.StackError) as caught:
            preflight.require_working(stack, [good, bad])
        assert "chat: 500" in caught.value.actual


@pytest.mark.parametrize(("free", "fits"), [(25_000_000, True), (24_000_000, False)])
def test_there_has_to_be_room_for_the_backup(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    monkeypatch.setattr(preflight, "_size", lambda _: 100_000_000)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    into = tmp_path / "not/there/yet"
    if fits:
        preflight.require_room(stack, into)
        return
    with pytest.raises(errors.HostError) as caught:
        preflight.require_room(stack, into)
    assert caught.value.expected == f"room for 25 MB in {into}"
    assert caught.value.actual == "24 MB are free there"


def test_the_release_that_it_came_from_is_no_upgrade(stack: Stack, tmp_path: Path) -> None:
    past, target = History(tmp_path), Deployment("ref-1", Path("/srv"), ())
    one, two = ([facts.Image("backend", "chat", f"sha256:{number}")] for number in (1, 2))
    preflight.require_new(stack, target, past, one)
    for number, images in ((1, one), (2, two)):
        past.directory(number)
        past.write(Recorded(number, f"ref-{number}", "/srv", [], [], [], images))
    (tmp_path / "course.json").write_text('{"current": 2, "former": 1}')
    preflight.require_new(stack, target, past, two)
    with pytest.raises(errors.DeploymentError) as caught:
        preflight.require_new(stack, target, past, one)
    assert caught.value.actual == "these are the images of ref-1, which ref-2 took the place of"
    assert caught.value.next_step == "this is a way back: agentchat-check upgrade rollback --attach demo"
