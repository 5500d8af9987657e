"""What every unit test stands on: nothing of the host, a clock that never sleeps, and examples that take their time."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from docker import DockerClient

import engines
import servers
import stacks
from agentchat_check.settings import PREFIX, Settings
from agentchat_check.stack import engine as engine_module
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack
from doors import MakeSettings, Programs
from makers import Clock

hypothesis.settings.register_profile("shared-host", deadline=None, max_examples=60)
hypothesis.settings.load_profile("shared-host")

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine, no proxy, no setting of the host's is found by accident; scratch files go where the test's do."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    for name in (*_PROXIES, *map(str.upper, _PROXIES)):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))


@pytest.fixture
def settings(tmp_path: Path) -> MakeSettings:
    """Makes settings: the defaults, with these."""

    def make(**given: Any) -> Settings:
        return Settings(**{"state": tmp_path / "state", "reports": tmp_path / "reports", "ca_bundle": None, **given})

    return make


@pytest.fixture
def clock() -> Clock:
    """Time that passes only when somebody sleeps."""
    return Clock()


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    """The door to other programs, with a script behind it."""
    scripted = Programs()
    monkeypatch.setattr(process, "run", scripted.run)
    monkeypatch.setattr(process, "detach", scripted.detach)
    return scripted


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[engines.Engine]:
    """An engine that the library finds."""
    with engines.serving() as server:
        monkeypatch.setenv("DOCKER_HOST", server.address)
        yield server


@pytest.fixture
def client(engine: engines.Engine) -> Iterator[DockerClient]:
    """A client of that engine."""
    connected = engine_module.connect()
    yield connected
    connected.close()


@pytest.fixture
def site() -> Iterator[servers.Site]:
    """An HTTP server."""
    with servers.running(server := servers.Site()):
        yield server


@pytest.fixture
def stack(client: DockerClient) -> Iterator[Stack]:
    """The project ``demo`` on that engine, with what containers the test lays out."""
    with stacks.attached(client) as found:
        yield found
