"""A stack's variables get other values in its env file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check.stack import variables
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack
from stacks import attached

SPECIAL = " #$%&@:/?='\"\\`é$HOME "


@pytest.fixture
def deployed(tmp_path: Path, client: DockerClient) -> Iterator[Stack]:
    """A stack with two env files, the last of which holds what is in the environment, too."""
    (tmp_path / "docker.env").write_text("A=1\nexport B='2'\n# A is a letter\nC=3")
    (tmp_path / "ours.env").write_text("B=other\n")
    files = [tmp_path / "docker.env", tmp_path / "ours.env"]
    with attached(client, compose=project_of("demo", tmp_path, [], files, {"B": "other", "D": "4"})) as stack:
        yield stack


def test_the_environment_wins_over_later_files_and_those_over_earlier_ones(deployed: Stack) -> None:
    assert variables.given(deployed) == {"A": "1", "B": "other", "C": "3", "D": "4"}


def test_a_value_that_is_put_is_the_only_one(deployed: Stack, tmp_path: Path) -> None:
    now = variables.put(deployed, {"B": SPECIAL, "C": None})
    assert variables.given(now) == {"A": "1", "B": SPECIAL, "D": "4"}
    assert "B" not in now.compose.environment
    assert (tmp_path / "docker.env").read_text().count("B=") == 1
    assert (tmp_path / "ours.env").read_text() == ""


def test_what_is_changed_for_a_while_is_put_back(deployed: Stack, tmp_path: Path) -> None:
    before = (tmp_path / "docker.env").read_text()
    with variables.changed(deployed, {"A": "9", "D": None}) as other:
        assert variables.given(other) == {"A": "9", "B": "other", "C": "3"}
        assert other.compose.environment["A"] == "9"
    assert (tmp_path / "docker.env").read_text() == before
    assert variables.given(deployed)["D"] == "4"


def test_what_is_changed_without_an_env_file_leaves_none_behind(deployed: Stack, tmp_path: Path) -> None:
    bare = replace(deployed, compose=project_of("demo", tmp_path / "bare", [], [], {}))
    bare.directory.mkdir()
    with variables.changed(bare, {"A": "1"}) as other:
        assert variables.given(other) == {"A": "1"}
        assert [file.name for file in bare.directory.iterdir()] == ["docker.env"]
    assert list(bare.directory.iterdir()) == []
    with variables.changed(bare, {"B": "2"}) as other:
        assert variables.given(other) == {"B": "2"}


def test_a_file_is_put_back_to_the_byte(deployed: Stack, tmp_path: Path) -> None:
    written = b"\xef\xbb\xbfA=1\r\nC=\xc3\xa9\r\n"
    (tmp_path / "docker.env").write_bytes(written)
    with variables.changed(deployed, {"A": "9"}):
        pass
    assert (tmp_path / "docker.env").read_bytes() == written


def test_an_env_file_that_lies_elsewhere_is_copied_and_never_written(deployed: Stack, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "docker.env"
    elsewhere.parent.mkdir()
    elsewhere.write_text("A=1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    moved = replace(deployed.compose, env_file=[str(elsewhere)], project_directory=inside, environment={})
    now = variables.put(replace(deployed, compose=moved), {"A": "2"})
    assert variables.given(now) == {"A": "2"}
    assert elsewhere.read_text() == "A=1\n"
    assert now.compose.env_file == [str(inside / "agentchat-check.docker.env")]
