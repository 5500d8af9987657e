import os
import sys
from pathlib import Path

import psutil
import pytest

from agentchat_check.stack import owner, process


def changed(part: int, value: str) -> str:
    """This process, but for one part."""
    parts = owner.current().split("/")
    parts[part] = value
    return "/".join(parts)


def ended() -> tuple[str, str]:
    """A process that ended: its owner's label, and its pid."""
    code = "from agentchat_check.stack import owner; print(owner.current())"
    where = {"PYTHONPATH": str(Path(owner.__file__).parents[2])}
    label = process.run([sys.executable, "-c", code], environment=where, timeout=30).stdout.strip()
    return label, label.split("/")[3]


def test_this_process_lives_and_is_always_called_the_same() -> None:
    assert owner.current() == owner.current()
    assert not owner.is_dead(owner.current())


def test_a_process_that_ended_is_dead() -> None:
    label, pid = ended()
    assert pid != str(os.getpid())
    assert owner.is_dead(label)


def test_another_process_with_the_pid_of_a_dead_one_is_not_taken_for_it() -> None:
    assert owner.is_dead(changed(4, "1"))


def test_before_a_reboot_nobody_lived_who_lives_now() -> None:
    assert owner.is_dead(changed(1, "another-boot"))


@pytest.mark.parametrize("part", [0, 2], ids=["another machine", "another pid namespace"])
def test_of_those_we_cannot_see_nobody_is_dead(part: int) -> None:
    assert not owner.is_dead(changed(part, "elsewhere"))


@pytest.mark.parametrize("label", ["", "somebody", "a/b/c/d", "a/b/c/d/e/f"])
def test_a_label_that_cannot_be_read_is_nobodys_death(label: str) -> None:
    assert not owner.is_dead(label)


def test_a_label_with_a_pid_that_is_no_number_is_nobodys_death() -> None:
    assert not owner.is_dead(changed(3, "nine"))


def test_a_process_that_ended_and_was_not_asked_how_is_dead() -> None:
    reader, writer = os.pipe()
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "read _"], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0)])
    start = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    label = "/".join([*owner.current().split("/")[:3], str(pid), start])
    assert not owner.is_dead(label)
    os.close(writer)
    os.close(reader)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert owner.is_dead(label)
    os.waitpid(pid, 0)


def test_a_system_without_proc_has_owners_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(Path, "stat", missing)
    machine, boot, namespace, pid, start = owner.current().split("/")
    assert (machine, boot, namespace, pid) == ("", "", "", str(os.getpid()))
    assert start == f"{psutil.Process().create_time():.0f}"
    assert not owner.is_dead(owner.current())
