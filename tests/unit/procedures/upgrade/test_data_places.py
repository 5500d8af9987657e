"""Where a running stack keeps data is what the engine says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import facts
from agentchat_check.procedures.upgrade import data_places
from engines import Engine, container
from stacks import Scripted, attached


def mount(path: str, kind: str = "volume", *, writable: bool = True, **more: str) -> dict[str, Any]:
    """A mount, as inspection describes it."""
    return {"Type": kind, "Destination": path, "Source": "/var/lib/docker/x", "RW": writable, **more}


@pytest.fixture
def stack(engine: Engine, client: DockerClient) -> Iterator[Scripted]:
    """A stack of two services."""
    engine.containers = [container("mysql"), container("etl")]
    with attached(client) as made:
        yield made


def test_writable_volumes_and_directories_are_places_and_files_are_none(
    engine: Engine, stack: Scripted, tmp_path: Path
) -> None:
    (tmp_path / "my.cnf").touch()
    engine.containers[0]["Mounts"] = [
        mount("/var/lib/mysql", Name="demo_mysql_data"),
        mount("/etc/mysql/my.cnf", "bind", Source=str(tmp_path / "my.cnf")),
        mount("/init", "bind", Source=str(tmp_path), writable=False),
    ]
    engine.containers[1]["Mounts"] = [
        mount("/jobs", "bind", Source=str(tmp_path / "jobs")),
        mount("/cache", Name="0" * 64),
    ]
    assert data_places.found(stack) == (
        facts.DataPlace("etl", "etl", "/cache", "nameless", ""),
        facts.DataPlace("etl", "etl", "/jobs", "bind", str(tmp_path / "jobs")),
        facts.DataPlace("database", "mysql", "/var/lib/mysql", "volume", "demo_mysql_data"),
    )
