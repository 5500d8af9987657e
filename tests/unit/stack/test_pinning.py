"""Services run the images that were recorded, by their names where those still mean the same, else by their ids."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.stack import isolation, pinning
from agentchat_check.stack.compose import project_of
from doors import Programs
from engines import Engine, container
from stacks import Scripted, attached

SERVICES: dict[str, Any] = {"backend": {"image": "chat:1"}, "mysql": {"image": "mysql:8.0"}}


@pytest.fixture
def stack(client: DockerClient, engine: Engine, programs: Programs, tmp_path: Path) -> Iterator[Scripted]:
    """A stack with an image by its name for each service."""
    engine.images = {"chat:1": "sha256:1", "mysql:8.0": "sha256:m"}
    renders(programs, SERVICES)
    engine.containers = [
        {**container(name, image=image), "Image": engine.images[image]}
        for name, image in (("backend", "chat:1"), ("mysql", "mysql:8.0"))
    ]
    compose = project_of("demo", tmp_path, [tmp_path / "docker-compose.yml"], [])
    with attached(client, compose=compose, roles={}) as found:
        yield found


def renders(programs: Programs, services: dict[str, Any]) -> None:
    """From now on compose makes this of every file."""
    programs.answer(" config --format json$", json.dumps({"name": "shop", "services": services}))


def test_images_are_told_with_the_names_that_the_files_have_for_them(stack: Scripted) -> None:
    assert pinning.running(stack) == (
        facts.Image("backend", "chat:1", "sha256:1"),
        facts.Image("mysql", "mysql:8.0", "sha256:m"),
    )
    assert pinning.images_of(stack) == pinning.running(stack)


def test_names_that_mean_the_same_are_not_pinned(stack: Scripted, engine: Engine, tmp_path: Path) -> None:
    wanted = pinning.running(stack)
    assert pinning.pinned(stack, wanted, into=tmp_path).compose == stack.compose
    engine.images["chat:1"] = "sha256:2"
    pinned = pinning.pinned(stack, wanted, into=tmp_path)
    assert (pinned.compose.compose_file_name or [])[-1] == str(tmp_path / isolation.PINS)
    assert "image: sha256:1" in (tmp_path / isolation.PINS).read_text()
    engine.images["chat:1"] = "sha256:1"
    assert pinning.pinned(pinned, wanted, into=tmp_path).compose == stack.compose


def test_what_is_built_here_gets_its_name_back(stack: Scripted, engine: Engine, programs: Programs) -> None:
    built = {"image": "chat:1", "build": {"context": "/nowhere"}}
    renders(programs, {**SERVICES, "backend": built})
    engine.images = {"chat:1": "sha256:2", "kept:1": "sha256:1", "mysql:8.0": "sha256:other"}
    pinning.named_as_before(stack, pinning.running(stack))
    assert engine.images["chat:1"] == "sha256:1"
    assert engine.images["mysql:8.0"] == "sha256:other"  # whoever pulled it meant it


def test_an_override_that_cannot_be_written_is_one_clear_error(stack: Scripted, engine: Engine, tmp_path: Path) -> None:
    wanted = pinning.running(stack)
    engine.images["chat:1"] = "sha256:2"
    with pytest.raises(errors.HostError) as caught:
        pinning.pinned(stack, wanted, into=tmp_path / "nowhere")
    assert caught.value.next_step == "give our state another place: AGENTCHAT_CHECK_STATE=DIR"
