"""The engine, small deployments on it, and the promise that nothing of them stays."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import settings as settings_
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import images, storage
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from separate_runs import Runs
from small import HEALTHY, ROLES, left_behind, write
from volumes import empty

if TYPE_CHECKING:
    from docker import DockerClient as Client


@pytest.fixture(scope="session")
def client(check_session: Session) -> Client:
    """The engine."""
    return check_session.client


@pytest.fixture(scope="session")
def image(client: Client, check_session: Session) -> str:
    """An image that starts at once: this host's Redis."""
    return images.variables(client, check_session.settings, only=("redis",))["REDIS_IMAGE"]


@pytest.fixture
def scratch(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's scratch copies go; at its end nothing of its stacks is left, there or on the engine."""
    directory = tmp_path / "scratch"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    monkeypatch.setenv("TMPDIR", str(directory))  # of our own commands, too
    yield directory
    assert left_behind(client, directory) == []


@pytest.fixture
def deployment(tmp_path: Path, image: str) -> Path:
    """A deployment of one service that is up in two seconds."""
    return write(tmp_path / "tiny", {"redis": {"image": image, "healthcheck": HEALTHY}})


@pytest.fixture
def small_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings for small deployments."""
    return lambda **more: settings_.read(
        {"roles": ROLES, "reports": tmp_path / "reports", "health_interval": 0.1, **more}
    )


@pytest.fixture
def runs(tmp_path: Path, scratch: Path) -> Runs:
    """Runs of small suites in processes of their own."""
    return Runs(tmp_path / "project", scratch)


@pytest.fixture
def helper(stack: Stack) -> Iterator[Helper]:
    """Who reaches the volume of a module's own stack (``volumes.running``), which is empty."""
    with storage.helper(stack, "app") as helper:
        empty(helper)
        yield helper
