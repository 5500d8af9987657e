"""The next release of a running stack: in its scratch copy where it is ours, where its files are where it is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Deployment, Role
from agentchat_check.stack import images, isolation, labels, making, succession, workspace
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from doors import MakeSettings, Programs
from engines import Engine, container

SERVICES: dict[str, Any] = {
    "backend": {"image": "chat:1", "build": {"context": "/nowhere"}},
    "mysql": {"image": "mysql:8.0"},
}
OURS = {labels.OWNER: "me", labels.RUN: "run-1", labels.SCRATCH: "/scratch"}

Next = Callable[..., Stack]


@pytest.fixture
def stack(client: DockerClient, engine: Engine, programs: Programs, settings: MakeSettings, tmp_path: Path) -> Stack:
    """A stack of ours, running."""
    (tmp_path / "v1").mkdir()
    for name in ("docker-compose.yml", "docker.env"):
        (tmp_path / "v1" / name).touch()
    settings().state.mkdir()
    engine.images = {"chat:1": "sha256:1", "mysql:8.0": "sha256:m", images.OFFICIAL["python"]: "sha256:p"}
    renders(programs, {"backend": {"image": "chat:1"}, "mysql": SERVICES["mysql"]})
    programs.answer(" --progress plain build ")
    deployment = Deployment("v1", tmp_path / "v1", (tmp_path / "v1/docker-compose.yml",), tmp_path / "v1/docker.env")
    made = making.make(client, deployment, settings(), Run("run-1", "me"))
    made.timeline.close()
    engine.containers = [
        {**container(name, project=made.project, image=image, tags=OURS), "Image": identity}
        for name, image, identity in (("backend", "chat:1", "sha256:1"), ("mysql", "mysql:8.0", "sha256:m"))
    ]
    return made


@pytest.fixture
def next_(stack: Stack, settings: MakeSettings, tmp_path: Path) -> Next:
    """Makes the next release of a stack."""
    directory = tmp_path / "v2"
    directory.mkdir()
    for name in ("docker-compose.yml", "docker.env"):
        (directory / name).touch()
    (tmp_path / "into").mkdir()

    def made(*, live: bool = False, **given: Any) -> Stack:
        deployment = Deployment("v2", directory, (directory / "docker-compose.yml",), directory / "docker.env", **given)
        running = replace(stack, live=live)
        return succession.successor(running, deployment, settings(), number=2, into=tmp_path / "into")

    return made


def renders(programs: Programs, services: dict[str, Any]) -> None:
    """From now on compose makes this of every file."""
    programs.answer(" config --format json$", json.dumps({"name": "shop", "services": services}))


def test_ours_is_isolated_in_a_further_directory_under_its_own_labels(next_: Next, stack: Stack) -> None:
    made = next_()
    copy = workspace.place(stack.project) / "release-2" / "v2"
    assert (made.project, made.name, made.timeline) == (stack.project, "v2", stack.timeline)
    assert made.directory == copy
    override = (copy / isolation.FILE).read_text()
    assert f"{labels.OWNER}: me" in override
    assert f"{labels.RUN}: run-1" in override
    assert made.roles[Role.MODEL] == isolation.MODEL_SERVICE


def test_an_installation_runs_its_files_where_they_are(next_: Next, tmp_path: Path, stack: Stack) -> None:
    made = next_(live=True)
    assert made.compose.compose_file_name == [str(tmp_path / "v2/docker-compose.yml")]
    assert made.compose.env_file == [str(tmp_path / "v2/docker.env")]
    assert (made.directory, made.compose.project, made.compose.environment) == (tmp_path / "v2", stack.project, {})
    assert list((tmp_path / "into").iterdir()) == []


def test_values_and_images_of_an_installation_lie_beside_its_files(next_: Next, tmp_path: Path, engine: Engine) -> None:
    engine.images["chat:2"] = "sha256:2"
    made = next_(live=True, variables={"COLOUR": "blue"}, replace_images={"backend": "chat:2"})
    assert [Path(one).name for one in made.compose.compose_file_name or ()] == ["docker-compose.yml", isolation.PINS]
    assert "image: chat:2" in (tmp_path / "into" / isolation.PINS).read_text()
    assert (tmp_path / "into" / making.ENV_FILE).read_text() == "COLOUR='blue'\n"


def test_what_an_installation_builds_is_built_under_its_own_names(next_: Next, programs: Programs) -> None:
    renders(programs, SERVICES)
    next_(live=True)
    assert programs.last(" build ").line.endswith(" --progress plain build backend")


def test_an_image_that_is_nowhere_is_one_clear_error(next_: Next, programs: Programs) -> None:
    renders(programs, {**SERVICES, "mysql": {"image": "mysql:99"}})
    programs.answer("docker pull mysql:99", stderr="manifest unknown", returncode=1)
    with pytest.raises(errors.HostError, match="pull the image mysql:99"):
        next_(live=True)


def test_a_prepared_database_goes_on_where_it_is_the_same_one(next_: Next, engine: Engine) -> None:
    engine.containers[1]["Config"]["Image"] = "agentchat-check/prepared:1"
    engine.images["agentchat-check/prepared:1"] = "sha256:prepared"
    engine.tagged["sha256:prepared"] = {"agentchat-check.base": "sha256:m"}
    assert "image: agentchat-check/prepared:1" in (next_().directory / isolation.FILE).read_text()
    engine.images["mysql:8.0"] = "sha256:newer"
    assert "prepared" not in (next_().directory / isolation.FILE).read_text()


def test_the_deployment_of_a_stack_is_without_what_we_put_on_top(stack: Stack) -> None:
    found = succession.deployment_of(stack, {})
    assert [file.name for file in found.compose_files] == ["docker-compose.yml"]
    assert found.env_file == stack.directory / "docker.env"
    with pytest.raises(errors.StackError, match="find the files of"):
        succession.deployment_of(replace(stack, compose=replace(stack.compose, compose_file_name=[])), {})


def test_containers_made_from_other_files_are_told(stack: Stack, engine: Engine, programs: Programs) -> None:
    programs.answer(" config --hash ", "backend one\nmysql two\nmodel three\n")
    for one, told in zip(engine.containers, ("one", "other"), strict=True):
        one["Config"]["Labels"][labels.CONFIG_HASH] = told
    assert succession.made_otherwise(stack) == ("model", "mysql")
