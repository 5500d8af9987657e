"""What an administrator does with the scripts, on the copy of a deployment."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

import stacks
from agentchat_check import errors
from agentchat_check.deployment import Configuration, Role
from agentchat_check.procedures import adversity, start_stop, starting
from agentchat_check.stack.compose import Compose, project_of
from agentchat_check.stack.running import Stack
from doors import Call, Programs

ROLES = {**stacks.ROLES, Role.FRONTEND: "frontend"}
SERVICES: dict[str, Any] = {
    "mysql": {},
    "redis": {},
    "backend": {"depends_on": {"mysql": {}, "redis": {}}, "ports": [{"target": 7860, "published": "7860"}]},
    "frontend": {"depends_on": {"backend": {}}, "ports": [{"target": 8090, "published": "8090"}]},
    "model": {},
}
SCRIPT = "#!/usr/bin/env bash\ndocker compose up\n"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with docker and nothing else."""
    program = tmp_path / "host" / "docker"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.fixture
def copy(client: DockerClient, tmp_path: Path, docker: None) -> Iterator[Stack]:
    """A stack of which nothing runs, in its copy; nothing in it yet but an example of its settings."""
    directory = tmp_path / "root" / "compose"
    directory.mkdir(parents=True)
    (directory / "docker.env.example").write_text("PASSWORD=\n#PORT=80\n")
    files = [directory / "docker-compose.yml", directory / "agentchat-check.override.yml"]
    made = project_of("demo", directory, files, [], {"PASSWORD": "s3cret"})
    read = Configuration("demo", SERVICES, {"net": {}}, {}, ROLES)
    with stacks.attached(client, compose=made, configuration=read, roles=ROLES) as stack:
        yield stack


def script(stack: Stack, name: str = "start.sh", text: str = SCRIPT, *, mode: int = 0o755) -> Path:
    file = stack.directory / name
    file.write_text(text)
    file.chmod(mode)
    return file


def mounting(programs: Programs, *sources: Path) -> None:
    """Have compose read services that mount these."""
    volumes = [{"type": "bind", "source": str(source), "target": "/there"} for source in sources]
    programs.answer("config --format json", json.dumps({"services": {"backend": {"volumes": volumes}}}))


def test_settings_are_the_example_filled_in_and_the_administrators_own_stay(copy: Stack) -> None:
    assert start_stop.fill_in(copy).read_text() == "PASSWORD='s3cret'\n#PORT=80\n"
    start_stop.fill_in(copy).write_text("MINE=1\n")
    assert start_stop.fill_in(copy).read_text() == "MINE=1\n"


def test_settings_are_taken_away_and_the_example_stays(copy: Stack) -> None:
    start_stop.fill_in(copy)
    assert start_stop.without_settings(copy).name == "docker.env.example"
    assert not (copy.directory / "docker.env").exists()


def test_a_deployment_without_an_example_needs_no_settings(copy: Stack) -> None:
    (copy.directory / "docker.env.example").unlink()
    with pytest.raises(errors.InapplicableError) as caught:
        start_stop.without_settings(copy)
    assert caught.value.actual == "this deployment has no docker.env.example"


def test_a_start_finds_the_copy_for_its_project_and_no_docker_but_ours(copy: Stack, programs: Programs) -> None:
    missing = copy.directory / "data"
    mounting(programs, missing)
    programs.answer(r"start\.sh$", "up\n", stderr="a warning\n", returncode=3)
    file = script(copy)
    run = start_stop.start(copy, timeout=9, changes={"redis": {"restart": "no"}})
    call = programs.last("start.sh")
    assert (call.line, call.cwd, call.timeout) == (str(file), copy.directory, 9)
    assert call.environment["COMPOSE_PROJECT_NAME"] == "demo"
    assert call.environment["COMPOSE_FILE"] == (
        "docker-compose.yml:agentchat-check.override.yml:agentchat-check.changes.json"
    )
    assert "PASSWORD" not in call.environment
    changes = json.loads((copy.directory / "agentchat-check.changes.json").read_text())
    assert changes == {"services": {"redis": {"restart": "no"}}}
    assert (run.status, run.printed, run.complained, run.how) == (3, "up\n", "a warning\n", "from its own directory")
    assert start_stop.unmade(copy) == ("data",)


def test_what_was_held_back_and_what_was_not_there_is_part_of_the_run(copy: Stack, programs: Programs) -> None:
    def act(call: Call) -> None:
        notes = Path(call.environment["PATH"]).parent
        (notes / "held-back").write_text("docker system prune -f\ndocker rm x\n")
        (notes / "not-made").write_text(f"{copy.directory}/data\n")

    mounting(programs)
    programs.answer(r"start\.sh$", does=act)
    script(copy)
    run = start_stop.start(copy, timeout=9)
    assert (run.prunes, run.hindered, run.not_made) == (("docker system prune -f",), ("docker rm x",), ("data",))


def test_a_script_that_nobody_may_run_is_given_to_bash_and_one_that_does_not_end_has_no_status(
    copy: Stack, programs: Programs
) -> None:
    mounting(programs)
    programs.answer(r"stop\.sh$", "waiting", late=True)
    file = script(copy, "stop.sh", mode=0o644)
    run = start_stop.stop(copy, given="y\n", timeout=9, elsewhere=True)
    call = programs.last("stop.sh")
    assert (call.line, call.given, call.cwd) == (f"bash {file}", "y\n", copy.directory.parent / "elsewhere")
    assert str(run).startswith("stop.sh, from another directory: had not ended after ")


def test_a_script_with_a_way_around_us_is_not_run(copy: Stack, programs: Programs) -> None:
    script(copy, text="#!/bin/sh\nsudo docker compose up\n")
    with pytest.raises(errors.StackError) as caught:
        start_stop.start(copy, timeout=9)
    assert caught.value.actual == "it says: sudo docker compose up"
    assert programs.calls == []


def test_two_starts_are_under_way_at_once(copy: Stack, programs: Programs) -> None:
    mounting(programs)
    programs.answer(r"start\.sh$")
    script(copy)
    assert [run.status for run in start_stop.start_twice_at_once(copy, timeout=9)] == [0, 0]


def test_unpacked_it_is_in_a_path_with_spaces_without_what_a_start_makes(copy: Stack, programs: Programs) -> None:
    full, empty, file = (copy.directory / name for name in ("full", "empty", "nginx.conf"))
    full.mkdir()
    (full / "data").touch()
    empty.mkdir()
    file.touch()
    mounting(programs, full, empty, file, Path("/etc"))
    directory = start_stop.unpacked(copy)
    assert directory == copy.directory.parent / "Agent Chat" / "compose"
    assert sorted(path.name for path in directory.iterdir()) == ["docker.env.example", "full", "nginx.conf"]
    assert copy.directory.resolve() == directory
    assert start_stop.unmade(copy) == ("empty",)


def test_without_its_settings_compose_does_not_say_what_is_mounted(copy: Stack, programs: Programs) -> None:
    gone = replace(copy, compose=replace(copy.compose, env_file=[str(copy.directory / "docker.env")]))
    assert start_stop.unmade(gone) == ()
    assert programs.calls == []


def test_the_service_that_comes_up_last_is_the_one_to_fail(copy: Stack) -> None:
    assert adversity.hopeless(copy)["frontend"]["restart"] == "no"
    without = Configuration("demo", {"mysql": {}, "api": {"depends_on": {"mysql": {}}}}, {}, {}, {})
    assert adversity.last(replace(copy, configuration=without, roles={})) == "api"


def test_a_port_is_held_while_it_is_wanted(copy: Stack) -> None:
    with adversity.occupied_port(copy) as (holder, changes):
        wanted = {"target": 7860, "published": str(holder.port), "host_ip": "127.0.0.1"}
        assert changes == {"backend": {"ports": [wanted]}}
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", holder.port))


def test_a_deployment_that_publishes_nothing_has_no_port_to_take(copy: Stack) -> None:
    closed = replace(copy, configuration=Configuration("demo", {"redis": {}}, {}, {}, {}))
    with pytest.raises(errors.InapplicableError), adversity.occupied_port(closed):
        pass


def test_cut_off_every_network_of_the_deployment_leads_nowhere(copy: Stack) -> None:
    alone = starting.cut_off(copy)
    assert isinstance(alone.compose, Compose)
    *before, last = alone.compose.compose_file_name or ()
    assert before == copy.compose.compose_file_name
    assert json.loads(Path(last).read_text()) == {"networks": {"net": {"internal": True}}}
