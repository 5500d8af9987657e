import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Deployment, Role
from agentchat_check.stack import images, isolation, labels, making
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from doors import MakeSettings, Programs
from engines import Engine

SERVICES = {
    "backend": {"image": "chat:1", "networks": {"default": None}},
    "mysql": {
        "image": "mysql:8.0",
        "container_name": "agentchat-mysql",
        "ports": [{"target": 3306, "published": "3306"}],
    },
}
PASSWORDS = {"PLAIN": "a b#c", "QUOTED": 'it\'s \\ $5 "now"'}

Make = Callable[..., Stack]


@pytest.fixture
def make(client: DockerClient, engine: Engine, programs: Programs, settings: MakeSettings, tmp_path: Path) -> Make:
    """Makes a stack of a deployment whose images are here."""
    directory = tmp_path / "docker"
    directory.mkdir()
    for name in ("docker-compose.yml", "docker.env"):
        (directory / name).touch()
    settings().state.mkdir()
    engine.images = {"chat:1": "sha256:c", "mysql:8.0": "sha256:m", images.OFFICIAL["python"]: "sha256:p"}
    programs.answer(" config --format json$", json.dumps({"name": "agentchat", "services": SERVICES}))
    programs.answer(" --progress plain build ")
    deployment = Deployment("demo", directory, (directory / "docker-compose.yml",), directory / "docker.env", PASSWORDS)

    def made(*, prepare: Any = None, **given: Any) -> Stack:
        stack = making.make(client, deployment, settings(**given), Run("run-1", "me"), prepare=prepare)
        stack.timeline.close()
        return stack

    return made


def override(stack: Stack) -> str:
    return (Path(stack.compose.context) / isolation.FILE).read_text()


def test_a_stack_is_made_of_a_copy_with_the_override_on_top(make: Make, tmp_path: Path) -> None:
    stack = make()
    copy = tmp_path / "scratch" / stack.project / "docker"
    assert stack.project.startswith("agentchat-check-")
    assert stack.compose.compose_command_property == [
        *("docker", "compose", "--project-name", stack.project, "--project-directory", str(copy)),
        *("--file", str(copy / "docker-compose.yml"), "--file", str(copy / isolation.FILE)),
        *("--env-file", str(copy / "docker.env"), "--env-file", str(copy / "agentchat-check.env")),
    ]
    assert (stack.live, stack.kept, stack.compose.environment) == (False, False, PASSWORDS)
    assert override(stack).startswith("# Made by agentchat-check for one run")
    assert "container_name: !reset 'null'" in override(stack)
    assert f"{labels.OWNER}: me" in override(stack)
    assert labels.KEEP not in override(stack)
    assert (copy.parent / "owner").read_text() == "me"


def test_what_the_deployment_declares_is_kept_without_isolation(make: Make) -> None:
    configuration = make().configuration
    assert configuration
    assert configuration.services == SERVICES


def test_its_secrets_are_written_for_their_owner_alone_and_keep_every_character(make: Make) -> None:
    file = Path(make().compose.context) / "agentchat-check.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == 'PLAIN=\'a b#c\'\nQUOTED="it\'s \\\\ \\$5 \\"now\\""\n'


def test_a_deployment_without_a_model_gets_the_stub(make: Make, programs: Programs) -> None:
    stack = make()
    assert stack.roles[Role.MODEL] == "model"
    assert programs.lines[-1].endswith(" build model")
    assert "agentchat-check/stub-model:" in override(stack)


def test_a_deployment_with_a_model_keeps_it(make: Make, programs: Programs) -> None:
    programs.answer(" config ", json.dumps({"services": {**SERVICES, "model": {"image": "chat:1"}}}))
    assert "agentchat-check/stub-model:" not in override(make())
    assert not any(" build " in line for line in programs.lines)


def test_one_that_is_to_be_kept_belongs_to_nobody(make: Make, tmp_path: Path) -> None:
    stack = make(keep_stack=True)
    assert stack.kept
    assert (tmp_path / "scratch" / stack.project / "owner").read_text() == ""
    assert f"{labels.KEEP}: 'true'" in override(stack)


def test_one_with_a_prepared_database_runs_it(make: Make) -> None:
    stack = make(prepare=lambda *_: "agentchat-check/prepared:1")
    assert "image: agentchat-check/prepared:1" in override(stack)


def test_one_that_cannot_be_made_leaves_nothing_behind(make: Make, programs: Programs, tmp_path: Path) -> None:
    programs.answer(" build ", stderr="failed to solve", returncode=17)
    with pytest.raises(errors.StackError, match="failed to solve"):
        make()
    assert list((tmp_path / "scratch").glob("agentchat-check-*")) == []
