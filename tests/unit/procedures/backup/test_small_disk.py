"""A database on a small disk: only where its directory is a volume, and only once room was seen to be there."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agentchat_check import errors
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import small_disk
from agentchat_check.procedures.backup.small_disk import SmallDisk
from agentchat_check.stack import process
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.process import Completed
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper


class Program:
    """A command that ends as soon as the disk is full."""

    def __init__(self, returncode: int) -> None:
        self._returncode = returncode
        self.stands_still = False

    @contextmanager
    def halted(self) -> Iterator[None]:
        """As a program's."""
        self.stands_still = True
        yield
        self.stands_still = False

    def done(self) -> bool:
        """As a program's."""
        return True

    def completed(self) -> Completed:
        """As a program's."""
        return Completed(("restore",), self._returncode, "", "expected: room on the disk")


class Filler:
    """A helper that notes with what it was asked to run a script, and whether the command stood still."""

    def __init__(self, program: Program) -> None:
        self.told: list[tuple[str, ...]] = []
        self.stood_still: list[bool] = []
        self._program = program

    def run(self, _: str, *arguments: str) -> str:
        """As a helper's."""
        self.stood_still.append(self._program.stands_still)
        self.told.append(arguments)
        return ""


@pytest.mark.parametrize(("returncode", "said"), [(2, "expected: room on the disk"), (0, "")])
def test_the_disk_is_filled_at_the_step_after_room_was_seen_and_what_the_command_says_is_told(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, returncode: int, said: str
) -> None:
    def struck_at(step: str, *_: object, strike: killing.Strike, **__: object) -> bool:
        assert step == "stopping the application"
        strike(cast("process.Running", program))
        return True

    monkeypatch.setattr(killing, "struck_at", struck_at)
    program = Program(returncode)
    filler = Filler(program)
    disk = SmallDisk(stack, "/var/lib/mysql", cast("Helper", filler))
    assert disk.fills_up(["restore", "a"], state=tmp_path, leaving=4096) == said
    assert (filler.told, filler.stood_still) == ([("/var/lib/mysql", "4096")], [True])


def test_a_restore_that_ends_before_says_nothing_of_a_full_disk(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(killing, "struck_at", lambda *_, **__: False)
    disk = SmallDisk(stack, "/var/lib/mysql", cast("Helper", Filler(Program(0))))
    with pytest.raises(errors.StackError, match="ended before"):
        disk.fills_up(["restore", "a"], state=tmp_path, leaving=4096)


def test_a_database_in_a_bind_mount_has_no_disk_of_its_own(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = {"type": "bind", "source": "/srv/data", "target": "/var/lib/mysql"}
    monkeypatch.setattr(Compose, "rendered", lambda _: {"services": {"mysql": {"volumes": [bound]}}})
    with pytest.raises(errors.InapplicableError) as caught, small_disk.under(stack, size=1, timeout=1.0):
        pass
    assert caught.value.actual == "the database's directory /var/lib/mysql is no volume with a name"


def test_the_disk_is_the_volume_that_compose_would_make_and_stays_while_it_is_looked_at(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = {"type": "volume", "source": "mysql_data", "target": "/var/lib/mysql"}
    declared = {"mysql_data": {"name": "demo_mysql_data", "labels": {"agentchat-check.owner": "me"}}}
    monkeypatch.setattr(
        Compose, "rendered", lambda _: {"services": {"mysql": {"volumes": [mount]}}, "volumes": declared}
    )
    made: dict[str, object] = {}
    volumes = SimpleNamespace(create=lambda name, **given: made.update(name=name, **given))
    monkeypatch.setattr(type(stack.client), "volumes", volumes)
    monkeypatch.setattr(Stack, "up", lambda *_, **__: made.update(up=True))
    filler = Filler(Program(0))
    monkeypatch.setattr("agentchat_check.stack.storage.helper", lambda *_: nullcontext(filler))
    with small_disk.under(stack, size=1 << 30, timeout=1.0) as disk:
        assert (disk.path, filler.told) == ("/var/lib/mysql", [()])
    assert made == {
        "name": "demo_mysql_data",
        "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": f"size={1 << 30},mode=755"},
        "labels": {
            "agentchat-check.owner": "me",
            "com.docker.compose.project": "demo",
            "com.docker.compose.volume": "mysql_data",
        },
        "up": True,
    }
