import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.stack import debian, images
from agentchat_check.stack import engine as library
from doors import MakeSettings, Programs
from engines import Engine


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_the_engine_is_the_one_that_docker_would_use(engine: Engine, client: DockerClient) -> None:
    assert client.info() == engine.info


def test_an_engine_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(errors.HostError) as caught:
        library.connect()
    assert str(caught.value) == (
        "reach the Docker engine\n"
        "  expected:   an engine that answers at unix:///nonexistent\n"
        "  actual:     nothing listens there: the socket does not exist\n"
        "  next step:  run `agentchat-check doctor`"
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "connection refused: no engine runs there"),
        ("http://127.0.0.1:1", "connection refused: no engine runs there"),
    ],
)
def test_an_engine_that_refuses_is_told_from_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, address: str, why: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(errors.HostError) as caught:
        library.connect()
    assert caught.value.actual == why


def test_a_socket_that_is_not_ours_to_use_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(errors.HostError) as caught:
        library.connect()
    assert caught.value.actual == "permission denied: this user may not use unix:///nonexistent"


def test_of_another_trouble_the_engines_own_words_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "carrier-pigeon://loft")
    with pytest.raises(errors.HostError) as caught:
        library.connect()
    assert caught.value.actual == "Invalid bind address format: port is required: carrier-pigeon://loft"


def test_without_a_name_the_engine_is_looked_for_at_its_usual_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert library.address() == "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("unix:///var/run/docker.sock", True),
        ("npipe:////./pipe/docker_engine", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://localhost:2375", True),
        ("tcp://[::1]:2375", True),
        ("tcp://10.0.0.5:2375", False),
        ("ssh://root@host", False),
    ],
)
def test_an_engine_on_this_host_is_known_by_its_address(address: str, *, local: bool) -> None:
    assert library.is_local(address) == local


@pytest.mark.parametrize(("api", "knows"), [("1.41", False), ("1.43", False), ("1.44", True), ("1.51", True)])
def test_an_interval_for_the_start_is_known_since_docker_25(
    engine: Engine, client: DockerClient, *, api: str, knows: bool
) -> None:
    engine.api = api
    assert library.knows_start_interval(client) == knows


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.26.1-4\n", "2.26.1"),
        ("v2.40.3\n", "2.40.3"),
        ("docker compose is not a docker command\n", ""),
        ("", ""),
    ],
)
def test_the_version_of_compose_is_the_plugins(programs: Programs, said: str, version: str) -> None:
    programs.answer("^docker compose version --short$", said)
    assert library.compose_version() == version


def test_without_docker_there_is_no_compose(programs: Programs) -> None:
    programs.answer("^docker compose", missing=True)
    assert library.compose_version() == ""


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
def test_the_browser_is_found_on_the_path(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    program = tmp_path / name
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert library.chromium(settings()) == str(program)


def test_a_browser_that_was_named_is_the_only_one_looked_for(settings: MakeSettings, tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    assert library.chromium(settings(chromium=program)) == ""
    program.touch()
    assert library.chromium(settings(chromium=program)) == str(program)


def test_a_look_at_the_host_tells_everything_a_start_needs(
    engine: Engine, programs: Programs, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, taken: int, free: int
) -> None:
    monkeypatch.setattr(library, "MANUAL_PORTS", (taken, free))
    programs.answer("^docker compose version", "2.26.1\n")
    programs.answer("^docker manifest inspect redis:7.0-alpine@")
    engine.info = {"ServerVersion": "28.2.2", "DockerRootDir": "/", "SystemTime": "2001-02-03T04:05:06.123456789Z"}
    engine.images = {images.OFFICIAL["mysql"]: "sha256:1"}
    host = library.look(settings(images="official"))
    assert host.engine
    assert (host.engine.version, host.engine.local, host.engine.root) == ("28.2.2", True, "/")
    assert host.engine.clock_skew < -20 * 365 * 86400
    assert (host.compose, host.registry, host.engine_error) == ("2.26.1", True, "")
    assert (host.images_here, len(host.images_missing)) == ((images.OFFICIAL["mysql"],), 4)
    assert host.disk_free
    assert host.memory_available > 0
    me = psutil.Process()
    assert host.port_holders == {taken: f"{me.name()} (pid {me.pid})"}


def test_a_look_at_a_host_without_an_engine_says_so_and_raises_nothing(
    programs: Programs, settings: MakeSettings
) -> None:
    programs.answer("^docker compose", missing=True)
    host = library.look(settings(images="debian"))
    assert (host.engine, host.compose, host.disk_free, host.registry) == (None, "", None, False)
    assert host.engine_address == "unix:///nonexistent"
    assert host.engine_error == "nothing listens there: the socket does not exist"
    assert host.images_missing == tuple(debian.names().values())


def test_disk_space_that_cannot_be_seen_is_unknown(engine: Engine, programs: Programs, settings: MakeSettings) -> None:
    programs.answer("^docker", returncode=1)
    engine.info |= {"DockerRootDir": "/nonexistent", "SystemTime": "2026-11-22T10:15:00Z"}
    assert library.look(settings()).disk_free is None


def test_a_port_whose_holder_is_not_ours_to_see_is_held_all_the_same(
    programs: Programs, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    def refuse(_: str) -> None:
        raise psutil.AccessDenied

    programs.answer("^docker", missing=True)
    monkeypatch.setattr(psutil, "net_connections", refuse)
    monkeypatch.setattr(library, "MANUAL_PORTS", (taken,))
    assert library.look(settings()).port_holders == {taken: "another program"}
