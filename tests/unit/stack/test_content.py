import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.stack import content
from engines import Engine


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory to build from."""
    made = tmp_path / "context"
    (made / "scripts").mkdir(parents=True)
    (made / "Dockerfile").write_text("FROM scratch\n")
    (made / "scripts" / "start.sh").write_text("exec true\n")
    return made


def test_a_key_changes_with_every_part_and_with_where_one_part_ends() -> None:
    keys = {content.key("ab", "c"), content.key("a", "bc"), content.key("abc"), content.key("ab", "c", "")}
    assert len(keys) == 4
    assert content.key("ä") == content.key("ä".encode())
    assert all(re.fullmatch("[0-9a-f]{12}", key) for key in keys)


def test_a_tree_that_did_not_change_keeps_its_key(directory: Path) -> None:
    before = content.tree(directory)
    os.utime(directory / "Dockerfile", (1, 1))
    assert content.tree(directory) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda d: (d / "Dockerfile").write_text("FROM busybox\n"),
        lambda d: (d / "Dockerfile").rename(d / "Containerfile"),
        lambda d: (d / "scripts" / "start.sh").chmod(0o755),
        lambda d: (d / "new").touch(),
        lambda d: (d / "scripts" / "start.sh").unlink(),
        lambda d: (d / "link").symlink_to("Dockerfile"),
        lambda d: os.mkfifo(d / "pipe"),
    ],
    ids=["content", "name", "run bit", "more", "less", "link", "pipe"],
)
def test_a_tree_that_changed_has_another_key(directory: Path, change: Callable[[Path], object]) -> None:
    before = content.tree(directory)
    change(directory)
    assert content.tree(directory) != before


def test_a_link_counts_by_where_it_leads_and_not_by_what_is_there(directory: Path) -> None:
    (directory / "link").symlink_to("/nonexistent")
    before = content.tree(directory)
    (directory / "link").unlink()
    (directory / "link").symlink_to("/nonexistent/elsewhere")
    assert content.tree(directory) != before


@pytest.mark.parametrize("name", [".git", "node_modules", "__pycache__", ".venv"])
def test_what_nothing_is_built_from_does_not_count(directory: Path, name: str) -> None:
    before = content.tree(directory)
    (directory / "scripts" / name).mkdir()
    (directory / "scripts" / name / "file").write_text("x")
    assert content.tree(directory) == before


def test_an_image_is_here_when_the_engine_has_it(engine: Engine, client: DockerClient) -> None:
    engine.images["agentchat-check/python:1"] = "sha256:1"
    assert content.is_here(client, "agentchat-check/python:1")
    assert not content.is_here(client, "agentchat-check/python:2")


def test_an_engine_in_trouble_is_not_taken_for_one_without_the_image(engine: Engine, client: DockerClient) -> None:
    engine.trouble = "database is locked"
    with pytest.raises(errors.StackError, match=r"look for the image mysql:8\.0(.|\n)*database is locked"):
        content.is_here(client, "mysql:8.0")
