import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from agentchat_check import errors, facts
from agentchat_check.load.sampler import Sampler
from agentchat_check.load.samples import Sample
from agentchat_check.probes import cgroups, containers
from agentchat_check.probes.cgroups import Counters, Traffic
from agentchat_check.stack.running import Stack
from engines import Engine, container

GIB = 2**30


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> dict[str, Any]:
    """A backend whose counters the test sets."""
    engine.containers = [container("backend")]
    now: dict[str, Any] = {"counters": Counters(10.0, GIB // 4, 0), "traffic": Traffic(0, 0, 0, 0), "time": 100.0}
    monkeypatch.setattr(cgroups, "read", lambda *_: now["counters"])
    monkeypatch.setattr(cgroups, "traffic", lambda *_: now["traffic"])
    monkeypatch.setattr(
        containers, "disks", lambda _: (facts.Disk("backend", "/", 0.4), facts.Disk("backend", "/x", 0.5))
    )
    monkeypatch.setattr(time, "monotonic", lambda: now["time"])
    return now


def made(stack: Stack | None) -> tuple[Sampler, list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []

    def tell(subject: str, what: str, _: datetime | None) -> None:
        told.append((subject, what))

    return Sampler(stack, 100.0, lambda _: None, tell), told


def of(samples: list[Sample], subject: str) -> dict[str, float]:
    return {sample.metric: sample.value for sample in samples if sample.subject == subject}


def test_shares_and_rates_are_taken_between_two_looks(stack: Stack, counted: dict[str, Any]) -> None:
    sampler, told = made(stack)
    first = of(sampler.look({}), "container:backend")
    assert "cpu" not in first
    assert (first["disk"], first["restarts"], first["oom_kills"], first["memory_bytes"]) == (0.5, 0, 0, GIB // 4)
    counted.update(counters=Counters(10.8, GIB // 4, 1), traffic=Traffic(200, 400, 600, 800), time=102.0)
    second = of(sampler.look({}), "container:backend")
    assert second["oom_kills"] == 1
    assert [second[name] for name in ("disk_read", "disk_written", "network_in", "network_out")] == [100, 200, 300, 400]
    assert 0 < second["cpu"] <= 0.4
    assert "disk" not in second
    assert told == []


def test_disks_are_looked_at_seldom_and_twice_in_a_run_of_half_a_minute(stack: Stack, counted: dict[str, Any]) -> None:
    sampler, _ = made(stack)
    looks = [of(sampler.look({}), "container:backend") for _ in range(46)]
    assert [number for number, seen in enumerate(looks) if "disk" in seen] == [0, 7, 15, 30, 45]


@pytest.fixture
def two(engine: Engine, counted: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A backend and a database on a host of two processors and 1 GiB, whose counters the test sets."""
    engine.containers = [container("backend"), container("mysql")]
    counted.update(backend=Counters(10.0, GIB // 2, 0), mysql=Counters(20.0, GIB // 4, 0))

    def read(_: Stack, attrs: dict[str, Any]) -> Counters:
        found: Counters | None = counted[attrs["Id"].removeprefix("id-of-")]
        if not found:
            raise errors.StackError("look at a container", actual="gone away")
        return found

    monkeypatch.setattr(cgroups, "read", read)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=GIB, percent=90.0))
    return counted


def test_all_containers_together_are_a_share_of_the_host(stack: Stack, two: dict[str, Any]) -> None:
    sampler, _ = made(stack)
    assert of(sampler.look({}), "containers") == {"memory": 0.75}
    two.update(backend=Counters(11.8, GIB // 2, 0), mysql=Counters(21.8, GIB // 4, 0), time=102.0)
    samples = sampler.look({})
    assert [of(samples, f"container:{name}")["cpu"] for name in ("backend", "mysql")] == pytest.approx([0.45, 0.45])
    assert of(samples, "containers") == pytest.approx({"memory": 0.75, "cpu": 0.9})


def test_what_one_container_did_not_tell_is_not_known_of_all_together(stack: Stack, two: dict[str, Any]) -> None:
    sampler, _ = made(stack)
    sampler.look({})
    two.update(backend=Counters(11.8, GIB // 2, 0), mysql=None, time=102.0)
    samples = sampler.look({})
    assert of(samples, "container:backend")["cpu"] == pytest.approx(0.45)
    assert of(samples, "containers") == {}


def test_a_container_that_was_made_anew_is_counted_anew(stack: Stack, engine: Engine, counted: dict[str, Any]) -> None:
    sampler, _ = made(stack)
    sampler.look({})
    for _ in range(4):  # the engine is asked again now and then
        sampler.look({})
    engine.containers[0]["State"]["Pid"] = 4711
    counted.update(counters=Counters(0.1, GIB // 4, 0), time=105.0)
    assert "cpu" not in of(sampler.look({}), "container:backend")


def test_what_cannot_be_looked_at_is_told_once_and_leaves_a_gap(stack: Stack, counted: dict[str, Any]) -> None:
    del counted
    sampler, told = made(stack)

    def refuses() -> dict[str, float]:
        raise errors.StackError("look at the database's work", actual="gone away")

    for _ in range(3):
        samples = sampler.look({"database": refuses, "cache": lambda: {"cache_hits": 1.0}})
    assert of(samples, "cache") == {"cache_hits": 1.0}
    assert of(samples, "database") == {}
    assert told == [("database", "could not be looked at: look at the database's work actual: gone away")]


def test_without_a_stack_the_host_of_the_generator_is_looked_at() -> None:
    sampler, _ = made(None)
    samples = sampler.look({})
    assert {sample.subject for sample in samples} == {"host"}
    assert set(of(samples, "host")) == {"cpu", "memory"}


def test_traffic_is_read_from_either_version_of_cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, root = tmp_path / "proc" / "1", tmp_path / "cgroup"
    (process / "net").mkdir(parents=True)
    (process / "net" / "dev").write_text(
        "Inter-|   Receive                 |  Transmit\n face |bytes packets\n"
        "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n  eth0: 600 1 0 0 0 0 0 0 800 1 0 0 0 0 0 0\n"
    )
    monkeypatch.setattr(cgroups, "PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(cgroups, "ROOT", root)
    attrs = container("backend")
    for file, text, controllers in (
        ("io.stat", "254:0 rbytes=200 wbytes=400 rios=1\n", ""),
        ("blkio.throttle.io_service_bytes", "254:0 Read 200\n254:0 Write 400\n254:0 Total 600\nTotal 600\n", "blkio"),
    ):
        (process / "cgroup").write_text(f"0:{controllers}:/docker/{attrs['Id']}\n")
        directory = root / controllers / "docker" / attrs["Id"]
        directory.mkdir(parents=True)
        (directory / file).write_text(text)
        assert cgroups.traffic(attrs) == Traffic(200, 400, 600, 800)
        (directory / file).unlink()


def test_traffic_of_an_engine_elsewhere_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "PROCESSES", tmp_path)
    assert cgroups.traffic(container("backend")) is None
