"""What is seen of a running stack is what is so."""

from __future__ import annotations

import re
import secrets
import socket
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import errors, wait
from agentchat_check import settings as settings_
from agentchat_check.deployment import Role
from agentchat_check.probes import cache, containers
from agentchat_check.stack import isolation, lifecycle, owner
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from small import HEALTHY, PATIENCE, ROLES, left_behind, write

if TYPE_CHECKING:
    from docker import DockerClient as Client

MEMORY = 64 * 2**20


@pytest.fixture(scope="module")
def small_stack(client: Client, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with limits, a second service without a health check, and one that ran once."""
    home, scratch = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("scratch")
    services = {
        "redis": {
            "image": image,
            "mem_limit": MEMORY,
            "memswap_limit": MEMORY,
            "cpus": 0.5,
            "volumes": ["./files:/files"],
            "networks": {"default": {"aliases": ["the-cache"]}},
            "healthcheck": HEALTHY,
            "stop_grace_period": "1s",
        },
        "quiet": {"image": image, "command": ["sh", "-c", "echo out; echo err >&2; exec sleep 1000"]},
        "once": {"image": image, "command": ["echo", "done"]},
    }
    directory = write(home / "tiny", services)
    (directory / "files").mkdir()
    settings = settings_.read({"roles": ROLES, "health_interval": 0.1})
    deployment, run = deployments.read(directory, settings), Run(secrets.token_hex(4), owner.current())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        with lifecycle.temporary(client, deployment, settings, run, evidence_into=home / "evidence") as stack:
            yield stack
    assert left_behind(client, scratch) == []


def test_every_service_is_seen_as_it_is(small_stack: Stack) -> None:
    seen = {service.name: str(service) for service in small_stack.services()}
    assert seen == {
        "redis": "redis running (healthy)",
        "quiet": "quiet running",
        "once": "once exited (exit code 0)",
    }
    assert all(service.settled for service in small_stack.services())


def test_hosts_are_the_names_that_mean_something_inside(small_stack: Stack) -> None:
    hosts = small_stack.hosts()
    assert {"redis", "quiet", "once", "the-cache", f"{small_stack.project}-redis-1"} <= hosts
    assert not any(re.fullmatch(r"[0-9a-f]{12}", name) for name in hosts)


def test_a_published_port_is_reached_at_its_address(small_stack: Stack) -> None:
    host, port = small_stack.address(Role.CACHE)
    assert host == "127.0.0.1"
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"


def test_a_port_that_is_not_published_is_reached_on_the_projects_network(small_stack: Stack) -> None:
    host, port = small_stack.address(Role.CACHE, 7777)
    assert (host, port) == (small_stack.service(Role.CACHE).addresses[0], 7777)


def test_a_role_that_nobody_plays_is_one_clear_error(small_stack: Stack) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        small_stack.address(Role.DATABASE)
    assert str(caught.value) == (
        "find the service that plays database\n"
        "  expected:   one service of tiny named or made like a database\n"
        "  actual:     its services are once, quiet, redis\n"
        '  next step:  say which in agentchat-check.toml: [roles] database = "SERVICE"'
    )


def test_a_command_gives_its_status_and_both_outputs(small_stack: Stack) -> None:
    status, said = small_stack.execute("redis", ["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (status, sorted(said.splitlines())) == (3, ["err", "out"])
    assert small_stack.execute("redis", ["id", "-un"], user="redis") == (0, "redis\n")


def test_logs_are_both_outputs_with_their_times(small_stack: Stack) -> None:
    lines = small_stack.logs("quiet").splitlines()
    assert sorted(line.split(" ", 1)[1] for line in lines) == ["err", "out"]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ", line) for line in lines)
    assert len(small_stack.logs("redis", tail=2).splitlines()) == 2
    probed = {(line.service, line.text) for line in containers.logs(small_stack)}
    assert {("quiet", "out"), ("quiet", "err"), ("once", "done")} <= probed


def test_load_is_what_a_container_used_and_may_use(small_stack: Stack) -> None:
    before = {usage.service: usage for usage in containers.load(small_stack).usage}
    small_stack.execute("quiet", ["timeout", "1", "sh", "-c", "while :; do :; done"])
    load = containers.load(small_stack)
    after = {usage.service: usage for usage in load.usage}
    assert after.keys() == {"redis", "quiet"}
    burnt = {name: after[name].cpu_seconds - before[name].cpu_seconds for name in after}
    assert 0.02 < burnt["quiet"] < 1.5 * before["quiet"].seen.until(after["quiet"].seen)
    assert burnt["redis"] < burnt["quiet"]
    assert (after["redis"].cpu_limit, after["redis"].memory_limit) == (0.5, MEMORY)
    assert (after["quiet"].cpu_limit, after["quiet"].memory_limit) == (load.cpus, load.memory)
    assert 2**18 < after["redis"].memory < MEMORY


def test_every_disk_that_is_written_to_is_seen(small_stack: Stack) -> None:
    disks = containers.disks(small_stack)
    assert {disk.path for disk in disks if disk.service == "redis"} == {"/", "/data", "/files"}
    assert all(0 < disk.used < 1 for disk in disks)


def test_a_process_killed_for_memory_is_counted_though_its_container_lives(small_stack: Stack) -> None:
    assert containers.oom_kills(small_stack) == {"redis": 0, "quiet": 0}
    small_stack.execute("redis", ["sh", "-c", "head -c 512M /dev/zero | tail"])
    assert containers.oom_kills(small_stack) == {"redis": 1, "quiet": 0}
    assert small_stack.service(Role.CACHE).state == "running"


def test_a_session_is_seen_with_the_time_it_has_to_live(small_stack: Stack) -> None:
    assert cache.ping(small_stack).accepted
    for command in (
        ["set", cache.SESSION_KEY.format(user_id="7"), "token", "EX", "90000"],
        ["set", cache.SESSION_KEY.format(user_id="8"), "token"],
    ):
        assert small_stack.execute("redis", ["redis-cli", *command]) == (0, "OK\n")
    mortal, immortal, absent = (cache.session(small_stack, user) for user in ("7", "8", "9"))
    assert mortal.name == "user_current_session:7"
    assert mortal.exists
    assert 89_000 < (mortal.ttl or 0) <= 90_000
    assert (immortal.exists, immortal.ttl) == (True, None)
    assert (absent.exists, absent.ttl) == (False, None)


def test_ports_that_isolation_adds_are_told_from_declared_ones(small_stack: Stack) -> None:
    assert small_stack.declared_ports() == {"redis": (), "quiet": (), "once": ()}
    assert small_stack.service(Role.CACHE).added_ports == (isolation.PORTS[Role.CACHE],)


def test_the_timeline_tells_what_happened_in_order(small_stack: Stack) -> None:
    heard = len(small_stack.timeline.events())
    small_stack.act("restart", "redis")
    small_stack.settle(timeout=PATIENCE)
    what = wait.until(
        lambda: [event.what for event in small_stack.timeline.events()[heard:] if event.service == "redis"],
        lambda told: "health_status: healthy" in told,
        what="the restart is told",
        timeout=PATIENCE,
    )
    told = [re.sub(r"exit code \d+", "exit code", one) for one in what]
    assert [one for one in told if one in {"die (exit code)", "start", "restart", "health_status: healthy"}] == [
        "die (exit code)",
        "start",
        "restart",
        "health_status: healthy",
    ]
    events = small_stack.timeline.events()
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert [event.what for event in events if event.service == "once"] == ["create", "start", "die (exit code 0)"]
