"""Two stacks of one deployment never meet, and never touch an installation of the same directory."""

from __future__ import annotations

import random
import secrets
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import settings as settings_
from agentchat_check.stack import content, lifecycle, owner, process
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from separate_runs import Runs, on_a_disk_of_its_own
from small import HEALTHY, PATIENCE, ROLES, everything_of, left_behind, snapshot, write

if TYPE_CHECKING:
    from docker import DockerClient as Client


@dataclass(frozen=True)
class Installation:
    """What an administrator runs from a directory, with everything that allows only one of it on a host.

    Attributes:
        project: Its project.
        directory: Its directory.
        port: The port it publishes.
        container: The name of its container.
    """

    project: str
    directory: Path
    port: int
    container: str


@pytest.fixture(scope="module")
def installation(client: Client, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that runs: fixed name, port and address, a network and a volume from outside the project."""
    name = f"theirs-{secrets.token_hex(4)}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    subnet = f"10.{random.randrange(200, 250)}.{random.randrange(256)}"  # noqa: S311 - an address, not a secret
    service = {
        "image": image,
        "container_name": f"{name}-redis",
        "command": ["redis-server", "--save", "1 1"],
        "ports": [f"127.0.0.1:{port}:6379"],
        "networks": {"inside": {"ipv4_address": f"{subnet}.77"}, "outside": None},
        "volumes": ["data:/data", "./files:/files"],
        "env_file": "settings.env",
        "healthcheck": HEALTHY,
    }
    directory = write(
        tmp_path_factory.mktemp("theirs"),
        {"redis": service},
        networks={
            "inside": {"ipam": {"config": [{"subnet": f"{subnet}.0/24"}]}},
            "outside": {"external": True, "name": f"{name}-outside"},
        },
        volumes={"data": {"external": True, "name": f"{name}-data"}},
    )
    (directory / "files").mkdir()
    (directory / "files" / "seed").write_text("theirs")
    (directory / "settings.env").write_text("GREETING=hello\n")
    network = client.networks.create(f"{name}-outside")
    volume = client.volumes.create(f"{name}-data")
    compose = ["docker", "compose", "--project-name", name, "--project-directory", str(directory)]
    with ExitStack() as undo:
        undo.callback(volume.remove)
        undo.callback(network.remove)
        undo.callback(process.run, [*compose, "down", "--volumes", "--timeout", "1"], timeout=PATIENCE)
        process.run([*compose, "up", "--detach", "--wait"], timeout=PATIENCE)
        client.containers.get(f"{name}-redis").exec_run(["redis-cli", "set", "whose", "theirs"])
        yield Installation(name, directory, port, f"{name}-redis")


def bring_up(client: Client, installation: Installation) -> Stack:
    """A stack of the installation's directory."""
    settings = settings_.read({"roles": ROLES, "health_interval": 0.1})
    deployment = deployments.read(installation.directory, settings)
    stack = lifecycle.create(client, deployment, settings, Run(secrets.token_hex(4), owner.current()))
    lifecycle.bring_up(stack, settings, evidence_into=installation.directory.parent / "evidence")
    return stack


@pytest.fixture(scope="module")
def stacks(
    client: Client, installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, Stack]]:
    """Two stacks of the installation's directory, brought up at the same time."""
    scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as undo:
        patch.setattr(tempfile, "tempdir", str(scratch))
        with ThreadPoolExecutor() as pool:
            one, other = pool.map(bring_up, [client] * 2, [installation] * 2)
        for stack in (one, other):
            undo.callback(stack.timeline.close)
            undo.callback(lifecycle.remove, client, stack.project)
        yield one, other
    assert left_behind(client, scratch) == []


def redis(stack: Stack, *command: str) -> str:
    """What a stack's Redis answers."""
    status, said = stack.execute("redis", ["redis-cli", *command])
    assert status == 0
    return said.strip()


def test_nothing_is_shared_with_an_installation_or_another_stack(
    client: Client, installation: Installation, stacks: tuple[Stack, Stack]
) -> None:
    projects = [installation.project, *(stack.project for stack in stacks)]
    owned = [set(everything_of(client, project)) for project in projects]
    assert sum(map(len, owned)) == len(set().union(*owned))
    for stack in stacks:
        attrs = stack.inspect()["redis"]
        assert attrs["Name"] == f"/{stack.project}-redis-1"
        assert all(name.startswith(stack.project) for name in attrs["NetworkSettings"]["Networks"])
        mounted = {mount["Destination"]: mount for mount in attrs["Mounts"]}
        assert mounted["/data"]["Name"].startswith(stack.project)
        assert not Path(mounted["/files"]["Source"]).is_relative_to(installation.directory)


def test_every_port_is_on_this_host_alone_and_chosen_by_the_engine(
    installation: Installation, stacks: tuple[Stack, Stack]
) -> None:
    published = [port for stack in stacks for service in stack.services() for port in service.ports if port.published]
    assert [(port.host, port.target) for port in published] == [("127.0.0.1", 6379)] * 2
    assert len({installation.port, *(port.published for port in published)}) == 3


def test_a_service_is_found_by_its_name_in_its_own_stack_alone(stacks: tuple[Stack, Stack]) -> None:
    for stack in stacks:
        _, said = stack.execute("redis", ["getent", "ahosts", "redis"])
        found = {line.split()[0] for line in said.splitlines()}
        assert found
        assert found <= set(stack.services()[0].addresses)


def test_data_of_one_is_seen_nowhere_else(
    client: Client, installation: Installation, stacks: tuple[Stack, Stack]
) -> None:
    one, other = stacks
    assert redis(one, "get", "whose") == redis(other, "get", "whose") == ""
    redis(one, "set", "whose", "one")
    one.execute("redis", ["touch", "/files/one"])
    assert redis(other, "get", "whose") == ""
    assert other.execute("redis", ["ls", "/files"]) == (0, "seed\n")
    assert client.containers.get(installation.container).exec_run(["redis-cli", "get", "whose"]).output == b"theirs\n"
    assert [path.name for path in (installation.directory / "files").iterdir()] == ["seed"]


def test_what_the_deployment_says_of_itself_still_counts(stacks: tuple[Stack, Stack]) -> None:
    for stack in stacks:
        (environment,) = [attrs["Config"]["Env"] for attrs in stack.inspect().values()]
        assert "GREETING=hello" in environment
        assert stack.execute("redis", ["cat", "/files/seed"]) == (0, "theirs")
        assert redis(stack, "config", "get", "save").split() == ["save", "1", "1"]


def test_an_installation_of_the_same_directory_is_untouched(
    client: Client, installation: Installation, runs: Runs
) -> None:
    before = everything_of(client, installation.project), snapshot(installation.directory)
    tree = content.tree(installation.directory)
    outcome = runs.run("--deployment", str(installation.directory))
    assert outcome.status == 0, outcome.text
    assert (everything_of(client, installation.project), snapshot(installation.directory)) == before
    assert content.tree(installation.directory) == tree
    assert client.containers.get(installation.container).exec_run(["redis-cli", "get", "whose"]).output == b"theirs\n"


def test_a_directory_that_cannot_be_written_is_enough_and_what_its_links_lead_to_stays(
    runs: Runs, tmp_path: Path, image: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "seed").write_text("theirs")
    (outside / "real.env").write_text("GREETING=hello\n")
    service = {
        "image": image,
        "command": ["sh", "-c", "test $$GREETING = hello && touch /shared/new /files/new && exec redis-server"],
        "volumes": ["./shared:/shared", "./files:/files"],
        "env_file": "settings.env",
        "healthcheck": HEALTHY,
    }
    directory = write(tmp_path / "tiny", {"redis": service})
    (directory / "files").mkdir()
    for link, target in {
        "shared": "../outside",
        "settings.env": "../outside/real.env",
        "files/inside": "../docker-compose.yml",
        "files/nowhere": "/no/such/place",
    }.items():
        (directory / link).symlink_to(target)
    before = snapshot(directory), snapshot(outside)
    runs.prefix = on_a_disk_of_its_own(directory, "--bind -o ro", str(directory))
    outcome = runs.run("--deployment", str(directory))
    assert outcome.status == 0, outcome.text
    assert (snapshot(directory), snapshot(outside)) == before
