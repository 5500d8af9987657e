"""What ran is noted with copies of its files and the ids of its images, and can be brought up as it was."""

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import deployment as deployments
from agentchat_check import errors, facts
from agentchat_check.probes.row_hashes import Column
from agentchat_check.procedures.upgrade import history
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.writes import Group, Held
from agentchat_check.stack import isolation, labels
from agentchat_check.stack.compose import project_of
from doors import Programs
from engines import Engine, container
from stacks import Scripted, attached

IMAGES = [facts.Image("backend", "chat:1", "sha256:b"), facts.Image("mysql", "mysql:8.0", "sha256:m")]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An installation's compose directory."""
    made = tmp_path / "shop"
    made.mkdir()
    (made / "docker-compose.yml").write_text("services: {}\n")
    (made / "docker.env").write_text("SECRET=1\n")
    (made / "nginx.conf").write_text("old\n")
    return made


@pytest.fixture
def rendered(directory: Path, programs: Programs) -> dict[str, Any]:
    """What compose makes of it."""
    mount = {"type": "bind", "source": str(directory / "nginx.conf"), "target": "/etc/nginx.conf", "read_only": True}
    services = {"backend": {"image": "chat:1", "volumes": [mount]}, "mysql": {"image": "mysql:8.0"}}
    programs.answer(" config --format json$", json.dumps({"name": "demo", "services": services}))
    programs.answer(" config --hash ", "backend h1\nmysql h2\n")
    return services


@pytest.fixture
def stack(client: DockerClient, engine: Engine, directory: Path, rendered: dict[str, Any]) -> Any:
    """That installation, running."""
    engine.images = {"chat:1": "sha256:b", "mysql:8.0": "sha256:m"}
    engine.containers = [
        {**container(name, image=image, tags={labels.CONFIG_HASH: told}), "Image": identity}
        for name, image, identity, told in (
            ("backend", "chat:1", "sha256:b", "h1"),
            ("mysql", "mysql:8.0", "sha256:m", "h2"),
        )
    ]
    compose = project_of("demo", directory, [directory / "docker-compose.yml"], [directory / "docker.env"])
    with attached(client, compose=compose, live=True, roles={}) as found:
        configuration = deployments.configuration({"name": "demo", "services": rendered}, {})
        yield replace(found, configuration=configuration, roles=configuration.roles)


@pytest.fixture
def past(stack: Scripted, tmp_path: Path) -> History:
    """Its history."""
    return history.of(stack, tmp_path / "state")


def test_what_runs_is_noted_for_its_owner_alone_and_its_images_are_kept(
    past: History, stack: Scripted, engine: Engine, directory: Path
) -> None:
    noted = past.note_running(stack)
    assert (noted.number, noted.directory, noted.images) == (1, str(directory), IMAGES)
    assert past.read(1) == noted
    (compose,), (env,), (mount,) = noted.compose_files, noted.env_files, noted.mounts
    assert [Path(one.copy).read_text() for one in (compose, env, mount)] == ["services: {}\n", "SECRET=1\n", "old\n"]
    assert stat.S_IMODE(Path(env.copy).stat().st_mode) == 0o600
    assert stat.S_IMODE(past.home.stat().st_mode) == 0o700
    assert engine.images["agentchat-check/kept:demo.backend.1"] == "sha256:b"


def test_what_an_upgrade_brought_up_is_not_noted_again(past: History, stack: Scripted) -> None:
    noted = past.note_running(stack)
    past.settle(current=noted.number)
    assert past.note_running(stack) == noted


def test_what_was_made_from_other_files_since_is_noted_anew(past: History, stack: Scripted, programs: Programs) -> None:
    past.settle(current=past.note_running(stack).number)
    programs.answer(" config --hash ", "backend other\nmysql h2\n")
    assert past.note_running(stack).number == 2


def test_a_release_is_brought_up_from_its_own_files_while_they_are_what_they_were(
    past: History, stack: Scripted, directory: Path
) -> None:
    then = past.stack(stack, past.note_running(stack))
    assert then.compose.compose_file_name == [str(directory / "docker-compose.yml")]
    assert then.compose.env_file == [str(directory / "docker.env")]
    assert then.directory == directory


def test_where_they_changed_it_is_brought_up_from_the_copies(past: History, stack: Scripted, directory: Path) -> None:
    noted = past.note_running(stack)
    (directory / "docker-compose.yml").write_text("services: {backend: {}}\n")
    (directory / "docker.env").unlink()
    (directory / "nginx.conf").write_text("new\n")
    then = past.stack(stack, noted)
    file, pins = then.compose.compose_file_name or ()
    assert Path(file).read_text() == "services: {}\n"
    assert [Path(one).read_text() for one in then.compose.env_file or ()] == ["SECRET=1\n"]
    assert then.directory == directory
    assert Path(pins).name == isolation.PINS
    assert f"source: {noted.mounts[0].copy}" in Path(pins).read_text()


def test_a_tag_that_moved_is_not_followed(past: History, stack: Scripted, engine: Engine) -> None:
    noted = past.note_running(stack)
    engine.images["chat:1"] = "sha256:other"
    _, pins = past.stack(stack, noted).compose.compose_file_name or ()
    text = Path(pins).read_text()
    assert "image: sha256:b" in text
    assert "mysql" not in text


def test_the_last_two_are_kept(past: History, stack: Scripted, engine: Engine) -> None:
    for number in (1, 2, 3):
        past.note(stack, IMAGES, number)
    past.settle(current=3, former=2)
    past.tidy(stack.client, stack.project)
    assert (past.current(), past.former()) == (past.read(3), past.read(2))
    assert sorted(path.name for path in past.home.iterdir()) == ["2", "3", "course.json"]
    assert sorted(engine.removed) == ["agentchat-check/kept:demo.backend.1", "agentchat-check/kept:demo.mysql.1"]
    assert past.next_number() == 4


def test_without_a_history_there_is_none(past: History) -> None:
    assert (past.current(), past.former(), past.next_number()) == (None, None, 1)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"number": 1}'])
def test_a_record_that_is_none_is_one_clear_error(past: History, stack: Scripted, damage: bytes) -> None:
    past.settle(current=past.note_running(stack).number)
    (past.home / "1" / "release.json").write_bytes(damage)
    with pytest.raises(errors.HostError) as caught:
        past.current()
    assert caught.value.tried == "read which releases a project has run"
    assert caught.value.actual.startswith(f"{past.home}/1/release.json: ")


def test_what_users_had_is_kept_with_the_release_that_came(past: History, stack: Scripted) -> None:
    held = Held(
        {"user": [Column("user_id", "varchar", "utf8mb4")]}, [Group("user", "7", 1, "123")], {"a b: c": (3, 1.5)}
    )
    past.note(stack, IMAGES, 1)
    past.note_held(1, held)
    assert past.held(1) == held


def test_the_history_of_a_stack_of_ours_goes_with_its_scratch_directory(stack: Scripted, tmp_path: Path) -> None:
    assert (
        history.of(replace(stack, live=False), tmp_path / "state").home
        == tmp_path / "scratch/agentchat-check-demo/history"
    )
