"""What a deployment's files name, and what their values come to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import facts
from agentchat_check.probes import variables
from agentchat_check.stack import isolation
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack
from doors import Programs
from stacks import attached

COMPOSE = """
services:
  backend:
    image: ${IMAGE:-app:1} # ${IN_A_COMMENT}
    environment:
      LEVEL: ${LEVEL:-info}
      KEY: ${KEY:?set it}
      BARE: $BARE
      PRICE: $$NOT_ONE ${OUTER:-${INNER}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A deployment's directory, as a stack of ours has it."""
    directory = tmp_path / "deployment"
    directory.mkdir()
    (directory / "docker-compose.yml").write_text(COMPOSE)
    (directory / isolation.FILE).write_text("services: {}\n")
    (directory / "docker.env.example").write_text(
        "# Settings. A=b is how they look\nKEY=\n#LEVEL='warning'\nUNUSED=1\n"
    )
    (directory / "docker.env").write_text("KEY=abc\n")
    return directory


@pytest.fixture
def deployed(files: Path, client: DockerClient) -> Iterator[Stack]:
    compose = project_of(
        "demo",
        files,
        [files / "docker-compose.yml", files / isolation.FILE],
        [files / "docker.env"],
        {"LEVEL": "debug"},
    )
    with attached(client, compose=compose) as stack:
        yield stack


def test_every_variable_of_the_examples_and_of_the_compose_files(deployed: Stack) -> None:
    found = {one.name: one for one in variables.declared(deployed)}
    assert list(found) == ["KEY", "LEVEL", "UNUSED", "IMAGE", "BARE", "OUTER", "INNER"]
    both = ("docker.env.example", "docker-compose.yml")
    assert found["KEY"] == facts.Variable("KEY", "abc", both, required=True, has_default=False)
    assert found["LEVEL"] == facts.Variable("LEVEL", "debug", both, required=False, has_default=True)
    assert found["UNUSED"] == facts.Variable("UNUSED", "1", both[:1], required=False, has_default=False)
    assert found["IMAGE"] == facts.Variable("IMAGE", "app:1", both[1:], required=False, has_default=True)
    assert not found["BARE"].has_default


def test_files_are_rendered_with_other_values_without_what_keeps_a_stack_apart(
    deployed: Stack, files: Path, programs: Programs
) -> None:
    rendered = {"services": {"backend": {"environment": {"LEVEL": "x"}, "ports": [{"target": 1}], "none": None}}}
    seen = {}
    programs.answer(
        "config --format json",
        json.dumps(rendered),
        does=lambda call: seen.update(file=(files / "docker.env").read_text(), set=call.environment),
    )
    found = variables.rendered(deployed, {"LEVEL": "x", "KEY": None})
    assert found.settings == {
        ("backend", "environment", "LEVEL"): "x",
        ("backend", "ports", "0", "target"): "1",
        ("backend", "none"): "",
    }
    assert seen == {"file": "LEVEL='x'\n", "set": {"LEVEL": "x"}}
    assert (files / "docker.env").read_text() == "KEY=abc\n"
    assert programs.lines[-1].startswith("env --unset KEY docker compose")
    assert isolation.FILE not in programs.lines[-1]


def test_what_compose_refuses_is_told_in_its_own_words(deployed: Stack, programs: Programs) -> None:
    programs.answer("config", stderr="required variable KEY is missing a value: set it", returncode=15)
    assert variables.rendered(deployed, {"KEY": ""}).refused == "required variable KEY is missing a value: set it"


def test_two_renderings_differ_where_a_value_does() -> None:
    one = facts.Rendering("", {("a", "x"): "1", ("a", "y"): "2"})
    other = facts.Rendering("", {("a", "x"): "1", ("a", "z"): "3"})
    assert other.differs_from(one) == (("a", "y"), ("a", "z"))
