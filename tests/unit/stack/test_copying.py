import socket
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.stack import copying


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A deployment's directory, with an env file in it."""
    made = tmp_path / "agentchat"
    made.mkdir()
    (made / "docker.env").write_text("COLOUR=blue\n")
    return made


def copied(directory: Path, *leave_out: Path) -> Path:
    """A copy of a directory beside it."""
    copy = directory.parent / "copies" / "copy"
    copying.tree(directory, copy, leave_out=set(leave_out))
    return copy


def names(root: Path) -> set[str]:
    """Everything below a directory."""
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_the_copy_has_the_files_and_not_what_nothing_runs_from(directory: Path) -> None:
    (directory / "mysql" / "init").mkdir(parents=True)
    (directory / "start.sh").touch(mode=0o755)
    for name in (".git", "node_modules", "__pycache__", ".venv"):
        (directory / "mysql" / name).mkdir()
    copy = copied(directory)
    assert names(copy) == {"docker.env", "start.sh", "mysql", "mysql/init"}
    assert (copy / "start.sh").stat().st_mode & 0o111


def test_a_directory_that_is_left_out_is_not_there_by_whatever_name_it_is_known(directory: Path) -> None:
    (directory / "data").mkdir()
    (directory / "data" / "rows").touch()
    (directory / "alias").symlink_to("data")
    assert names(copied(directory, directory / "data")) == {"docker.env"}


def test_what_is_written_in_the_copy_does_not_reach_the_original(directory: Path) -> None:
    (directory / "docker.env.link").symlink_to("docker.env")
    copy = copied(directory)
    (copy / "docker.env").write_text("COLOUR=red\n")
    (copy / "docker.env.link").write_text("COLOUR=red\n")
    assert (directory / "docker.env").read_text() == "COLOUR=blue\n"


def test_links_that_lead_out_and_to_nothing_lead_where_they_led(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (directory / "out").symlink_to("../elsewhere")
    (directory / "nothing").symlink_to("gone")
    copy = copied(directory)
    assert (copy / "out").resolve() == tmp_path / "elsewhere"
    assert (copy / "nothing").resolve() == copy / "gone"


def test_a_link_inside_leads_to_the_copy_of_what_it_led_to(directory: Path) -> None:
    (directory / "vectors").mkdir()
    (directory / "vectors" / "index").write_text("theirs")
    (directory / "current").symlink_to("vectors")
    (directory / "absolute").symlink_to(directory / "vectors")
    copy = copied(directory)
    for link in ("current", "absolute"):
        (copy / link / "index").write_text("ours")
    assert (directory / "vectors" / "index").read_text() == "theirs"


def test_sockets_are_not_copied(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("mysqld.sock")
        assert names(copied(directory)) == {"docker.env"}


def test_what_is_more_than_a_deployment_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGEST", 100)
    (directory / "backups").mkdir()
    (directory / "backups" / "dump.sql").write_bytes(b"x" * 101)
    with pytest.raises(errors.DeploymentError) as caught:
        copied(directory)
    assert caught.value.actual == f"it is larger; {directory / 'backups'} holds much of it"


@pytest.mark.parametrize("kind", ["file", "directory", "nothing"])
def test_anything_is_copied_by_itself(directory: Path, kind: str) -> None:
    source = {"file": directory / "docker.env", "directory": directory, "nothing": directory / "gone"}[kind]
    copy = directory.parent / "copies" / "copy"
    copying.anything(source, copy)
    if kind == "file":
        assert copy.read_text() == "COLOUR=blue\n"
    else:
        assert names(copy) == ({"docker.env"} if kind == "directory" else set())
