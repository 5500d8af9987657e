"""What containers use, as the kernel and df say it."""

from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.probes import cgroups, containers
from agentchat_check.stack.running import Stack
from engines import Engine, container
from stacks import attached

V2 = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\n",
    "memory.current": "3000000\n",
    "memory.stat": "anon 1000\ninactive_file 1000000\n",
    "memory.events": "low 0\noom 2\noom_kill 1\n",
}
V1 = {
    "cpuacct.usage": "1500000000\n",
    "memory.usage_in_bytes": "3000000\n",
    "memory.stat": "cache 5\ninactive_file 7\ntotal_inactive_file 1000000\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "cpu.stat": "nr_periods 0\n",
}
GREP = (
    "grep -s  /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory.stat"
    " /sys/fs/cgroup/memory.events /sys/fs/cgroup/cpuacct/cpuacct.usage /sys/fs/cgroup/memory/memory.usage_in_bytes"
    " /sys/fs/cgroup/memory/memory.stat /sys/fs/cgroup/memory/memory.oom_control"
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No container's process runs on this host."""
    monkeypatch.setattr(cgroups, "PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "cgroup")


def seen_inside(files: dict[str, str]) -> str:
    """What grep prints of a container's own cgroup."""
    return "".join(f"/sys/fs/cgroup/{name}:{line}\n" for name, text in files.items() for line in text.splitlines())


@pytest.mark.parametrize("files", [V2, V1], ids=["v2", "v1"])
def test_counters_are_read_from_either_version_of_cgroups(files: dict[str, str]) -> None:
    assert cgroups.counters(files) == cgroups.Counters(cpu_seconds=1.5, memory=2_000_000, oom_kills=1)


@pytest.mark.parametrize(
    ("files", "memory", "cpus"),
    [
        ({"memory.max": "268435456\n", "cpu.max": "50000 100000\n"}, 2**28, 0.5),
        ({"memory.max": "max\n", "cpu.max": "max 100000\n"}, None, None),
        (
            {"memory.limit_in_bytes": "268435456\n", "cpu.cfs_quota_us": "150000\n", "cpu.cfs_period_us": "100000\n"},
            2**28,
            1.5,
        ),
        ({"memory.limit_in_bytes": "9223372036854771712\n", "cpu.cfs_quota_us": "-1\n"}, None, None),
    ],
)
def test_limits_are_read_from_either_version_of_cgroups(
    files: dict[str, str], memory: int | None, cpus: float | None
) -> None:
    assert cgroups.limits_of(files) == facts.Limits(memory, cpus)


def test_limits_that_nobody_shows_are_not_guessed(client: DockerClient) -> None:
    with attached(client) as stack, pytest.raises(errors.StackError, match="read what redis may use"):
        cgroups.limits(stack, container("redis"))


@pytest.mark.parametrize("missing", sorted(V2))
def test_a_counter_that_is_not_there_is_not_guessed(missing: str) -> None:
    with pytest.raises(KeyError):
        cgroups.counters({name: text for name, text in V2.items() if name != missing})


def test_where_a_processs_cgroups_are_is_read_from_its_file() -> None:
    root = cgroups.ROOT
    assert cgroups.directories("0::/docker/abc\n") == [root / "docker/abc"]
    assert cgroups.directories("5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n") == [
        root / "cpu,cpuacct/docker/abc",
        root / "memory/docker/abc",
    ]


def test_on_this_host_the_files_are_read_without_asking_the_container(
    engine: Engine, stack: Stack, tmp_path: Path
) -> None:
    engine.containers = [container("backend")]
    process = tmp_path / "proc" / "1"
    directory = tmp_path / "cgroup" / "docker" / "id-of-backend"
    for made in (process, directory):
        made.mkdir(parents=True)
    (process / "cgroup").write_text("0::/docker/id-of-backend\n")
    for name, text in V2.items():
        (directory / name).write_text(text)
    assert containers.oom_kills(stack) == {"backend": 1}


def test_another_process_with_the_containers_pid_is_not_taken_for_it(
    engine: Engine, client: DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "ROOT", Path("/sys/fs/cgroup"))
    engine.containers = [container("backend")]
    (tmp_path / "proc" / "1").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "cgroup").write_text("0::/init.scope\n")
    with attached(client, prints={("backend", GREP): (0, seen_inside(V1))}) as stack:
        assert containers.oom_kills(stack) == {"backend": 1}


def test_a_container_that_shows_nothing_is_told_with_what_to_do(engine: Engine, stack: Stack) -> None:
    engine.containers = [container("backend")]
    with pytest.raises(errors.StackError) as caught:
        containers.oom_kills(stack)
    assert str(caught.value) == (
        "read what backend uses\n"
        "  expected:   the files of its cgroup, on this host or in the container\n"
        "  actual:     none that says 'memory.stat'\n"
        "  next step:  look at it yourself: docker stats"
    )


@pytest.mark.parametrize(
    ("limits", "cpus", "memory"),
    [
        ({}, 2, 2**30),
        ({"NanoCpus": 500_000_000, "Memory": 2**20}, 0.5, 2**20),
        ({"CpuQuota": 150_000, "CpuPeriod": 100_000}, 1.5, 2**30),
        ({"CpuQuota": 50_000}, 0.5, 2**30),
        ({"CpuQuota": -1}, 2, 2**30),
    ],
)
def test_what_a_container_may_use_is_its_limit_else_all_of_the_host(
    engine: Engine,
    client: DockerClient,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, int],
    cpus: float,
    memory: int,
) -> None:
    monkeypatch.setattr(cgroups, "ROOT", Path("/sys/fs/cgroup"))
    limited, stopped = container("backend"), container("redis", state={"Status": "exited"})
    limited["HostConfig"] |= limits
    engine.containers = [limited, stopped]
    with attached(client, prints={("backend", GREP): (0, seen_inside(V2))}) as stack:
        load = containers.load(stack)
    (usage,) = load.usage
    assert (load.cpus, load.memory, usage.service) == (2, 2**30, "backend")
    assert (usage.cpu_seconds, usage.memory, usage.cpu_limit, usage.memory_limit) == (1.5, 2_000_000, cpus, memory)


def test_an_engine_that_does_not_say_what_its_host_has_is_told(engine: Engine, stack: Stack) -> None:
    engine.trouble = "server misbehaving"
    with pytest.raises(errors.StackError, match="look at the engine's host"):
        containers.load(stack)


DF = """Filesystem 1024-blocks Used Available Capacity Mounted on
overlay 100 60 20 75% /
tmpfs 0 0 0 - /run
/dev/vda1 100 10 90 10% /var/lib/my data
"""


def disks(engine: Engine, client: DockerClient, prints: tuple[int, str] | Exception) -> tuple[facts.Disk, ...]:
    """The disks of a container with a mount that it writes to and one that it only reads."""
    one: dict[str, Any] = container("mysql")
    one["Mounts"] = [
        {"Destination": "/run", "RW": True},
        {"Destination": "/data", "RW": True},
        {"Destination": "/etc/x", "RW": False},
    ]
    engine.containers = [one, container("redis", state={"Status": "exited"})]
    with attached(client, prints={("mysql", "df -P / /run /data"): prints}) as stack:
        return containers.disks(stack)


def test_every_disk_that_a_container_writes_to_is_seen_as_the_container_sees_it(
    engine: Engine, client: DockerClient
) -> None:
    assert disks(engine, client, (0, DF)) == (facts.Disk("mysql", "/", 0.75), facts.Disk("mysql", "/data", 0.1))


@pytest.mark.parametrize(
    "prints",
    [(127, "df: not found"), (1, DF), (0, ""), errors.StackError("run df in mysql")],
    ids=["no df", "df failed", "silent", "gone"],
)
def test_a_container_that_cannot_say_says_nothing(
    engine: Engine, client: DockerClient, prints: tuple[int, str] | Exception
) -> None:
    assert disks(engine, client, prints) == ()
