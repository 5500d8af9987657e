"""Images come from a registry where there is one, and a registry that does not answer is given up."""

from __future__ import annotations

import io
import secrets
import shutil
import socket
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import pytest
import requests
import yaml

from agentchat_check import errors, wait
from agentchat_check.settings import Settings
from agentchat_check.stack import apt, content, images, process
from relay import silence
from separate_runs import Runs
from small import HEALTHY, PATIENCE, write

if TYPE_CHECKING:
    from docker import DockerClient as Client

PACKAGES = {"docker-registry": "docker-registry", "busybox": "busybox-static"}
"""Programs, and the Debian packages that have them."""


@pytest.fixture(scope="module")
def programs() -> dict[str, str]:
    """Where the programs are that this file needs; installed where they are missing."""
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if missing:
        why_not = apt.may_install()
        assert not why_not, (
            f"these tests need the packages {' and '.join(missing)}, and may not install them: {why_not}"
        )
        apt.install(*missing)
    return {program: shutil.which(program) or "" for program in PACKAGES}


@pytest.fixture(scope="module")
def registry(programs: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on this host, its address."""
    home = tmp_path_factory.mktemp("registry")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    storage = {"filesystem": {"rootdirectory": str(home / "data")}}
    settings = {"version": 0.1, "storage": storage, "http": {"addr": address}}
    (home / "config.yml").write_text(yaml.safe_dump(settings))
    with process.running([programs["docker-registry"], "serve", str(home / "config.yml")]) as program:
        wait.until(
            lambda: answers(f"http://{address}/v2/"),
            lambda answered: answered,
            hopeless=lambda _: program.completed().said if program.done() else "",
            what="the registry answers",
            timeout=PATIENCE,
        )
        yield address


@pytest.fixture(scope="module")
def stored(client: Client, registry: str, programs: dict[str, str]) -> Iterator[str]:
    """A small image that the registry has, and this engine had once."""
    name = f"{registry}/small-{secrets.token_hex(4)}:1"
    root = io.BytesIO()
    with tarfile.open(fileobj=root, mode="w") as archive:
        archive.add(programs["busybox"], "bin/busybox")
    root.seek(0)
    repository, _, tag = name.rpartition(":")
    start = 'CMD ["/bin/busybox", "sleep", "1000"]'
    client.api.import_image_from_data(root.read(), repository=repository, tag=tag, changes=[start])
    process.run(["docker", "push", "--quiet", name], timeout=PATIENCE)
    client.images.remove(name)
    yield name
    with suppress(docker.errors.ImageNotFound):
        client.images.remove(name)


@pytest.fixture
def absent(client: Client, stored: str) -> str:
    """The image that only the registry has."""
    with suppress(docker.errors.ImageNotFound):
        client.images.remove(stored)
    return stored


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


@contextmanager
def takes_less_than(seconds: float) -> Iterator[None]:
    """Fail when a block takes longer."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def test_an_image_that_only_the_registry_has_is_pulled_and_that_is_shown(
    client: Client, absent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    images.pull(client, [absent], timeout=PATIENCE)
    assert content.is_here(client, absent)
    begun, done = capsys.readouterr().err.splitlines()
    assert begun == f"agentchat-check: pulling {absent} …"
    assert done.startswith(f"agentchat-check: pulling {absent}: ")


def test_an_image_that_is_here_is_not_asked_for(client: Client, image: str, capsys: pytest.CaptureFixture[str]) -> None:
    images.pull(client, [image], timeout=0.001)
    assert capsys.readouterr().err == ""


def test_an_image_named_on_the_command_line_is_pulled_and_run(
    client: Client, absent: str, runs: Runs, deployment: Path
) -> None:
    write(deployment, {"redis": {"image": "never-pulled:1"}})
    outcome = runs.run("--deployment", str(deployment), "--image", f"cache={absent}")
    assert outcome.status == 0, outcome.text
    assert f"pulling {absent} …" in outcome.text
    service = outcome.report["deployment"]["services"]["redis"]
    assert service["image"] == absent
    assert service["image_id"] == client.images.get(absent).id


def test_an_image_that_a_deployment_names_is_pulled(absent: str, runs: Runs, deployment: Path) -> None:
    write(deployment, {"redis": {"image": absent}})
    outcome = runs.run("--deployment", str(deployment))
    assert outcome.status == 0, outcome.text
    assert f"pulling {absent} …" in outcome.text


@pytest.mark.parametrize("what", ["tag", "image"])
def test_what_the_registry_does_not_have_is_one_clear_error(
    what: str, client: Client, stored: str, registry: str
) -> None:
    unknown = f"{stored.rpartition(':')[0]}:2" if what == "tag" else f"{registry}/nothing:1"
    with pytest.raises(errors.HostError) as caught:
        images.pull(client, [unknown], timeout=PATIENCE)
    error = caught.value
    assert error.tried == f"pull the image {unknown}"
    assert "manifest unknown" in error.actual or "not found" in error.actual
    assert any("--image ROLE=NAME" in way for way in error.ways)


def test_a_registry_that_never_answers_is_given_up_in_time(client: Client) -> None:
    with silence() as port, takes_less_than(20.0), pytest.raises(errors.HostError) as caught:
        images.pull(client, [f"127.0.0.1:{port}/nothing:1"], timeout=2.0)
    assert "no end after 2 s" in caught.value.actual
    assert any("let this host reach the registry" in way for way in caught.value.ways)


def test_a_run_gives_up_a_registry_that_never_answers(runs: Runs, tmp_path: Path) -> None:
    with silence() as port:
        service = {"image": f"127.0.0.1:{port}/nothing:1", "healthcheck": HEALTHY}
        directory = write(tmp_path / "tiny", {"redis": service})
        outcome = runs.run("--deployment", str(directory), AGENTCHAT_CHECK_PULL_TIMEOUT="2")
    assert (outcome.status, outcome.report["verdict"]) == (1, "UNKNOWN")
    assert "no end after 2 s" in outcome.text
    assert "Traceback" not in outcome.text


@pytest.mark.parametrize("ending", ["silent", "refusing"])
def test_whether_a_registry_answers_is_known_in_time(ending: str, monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    monkeypatch.setattr(images, "REGISTRY_PATIENCE", 2.0)
    with silence() as port, takes_less_than(20.0):
        monkeypatch.setitem(images.OFFICIAL, "redis", f"127.0.0.1:{port if ending == 'silent' else 1}/redis:7")
        assert not images.registry_answers()


def test_official_images_are_pulled_where_the_registry_has_them(
    client: Client, absent: str, monkeypatch: pytest.MonkeyPatch, small_settings: Callable[..., Settings]
) -> None:
    monkeypatch.setitem(images.OFFICIAL, "redis", absent)
    variables = images.variables(client, small_settings(images="official"), only=("redis",))
    assert variables == {"REDIS_IMAGE": absent}
    assert content.is_here(client, absent)
