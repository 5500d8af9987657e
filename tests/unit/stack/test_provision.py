import contextlib
import os
import queue
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

import engines
from agentchat_check import errors, wait
from agentchat_check.stack import apt, process, provision
from agentchat_check.stack import engine as library
from doors import Call, MakeSettings, Programs
from makers import Clock


class Hasty(Clock):
    """Time in which every sleep takes ten seconds."""

    def sleep(self, _: float, /) -> None:
        """Let them pass."""
        super().sleep(10)


@pytest.fixture
def clock() -> Clock:
    return Hasty()


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock) -> Path:
    """A host of ours with the docker command and no systemd, whose usual socket nobody listens on; its directory."""
    socket = tmp_path / "engine.sock"
    (tmp_path / "docker").touch(mode=0o755)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(library, "DEFAULT_ADDRESS", f"unix://{socket}")
    monkeypatch.setattr(apt, "may_install", lambda: "")
    monkeypatch.setattr(provision, "_SYSTEMD", tmp_path / "systemd")
    monkeypatch.setattr(provision, "_PID_FILES", (tmp_path / "docker.pid", tmp_path / "containerd.pid"))
    monkeypatch.setattr(provision, "_PLUGINS", tmp_path / "plugins")
    monkeypatch.setattr(wait, "until", partial(wait.until, clock=clock))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(host: Path, programs: Programs) -> Iterator[None]:
    """Starting an engine brings one up."""
    with contextlib.ExitStack() as running:

        def come_up(_: Call) -> None:
            running.enter_context(engines.serving(host / "engine.sock"))

        programs.answer("^(dockerd|systemctl start docker)", does=come_up)
        yield


@pytest.fixture
def compose(programs: Programs) -> None:
    """There is a compose that is new enough."""
    programs.answer("^docker compose version", "2.26.1\n")


@pytest.mark.usefixtures("start", "compose")
def test_where_everything_is_there_nothing_is_changed(programs: Programs, settings: MakeSettings, host: Path) -> None:
    with engines.serving(host / "engine.sock"):
        provision.ensure(settings()).close()
    assert programs.lines == ["docker compose version --short"]


@pytest.mark.usefixtures("start", "compose")
def test_an_engine_that_is_installed_is_started(
    programs: Programs, settings: MakeSettings, host: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (host / "dockerd").touch(mode=0o755)
    provision.ensure(settings()).close()
    assert "dockerd >>/var/log/agentchat-check-dockerd.log &" in programs.lines
    assert capsys.readouterr().err == "agentchat-check: going to start the Docker engine\n"


@pytest.mark.usefixtures("start", "compose")
def test_an_engine_that_is_missing_is_installed_and_started(programs: Programs, settings: MakeSettings) -> None:
    programs.answer("^apt-get")
    provision.ensure(settings()).close()
    installed = programs.lines.index("apt-get -qq install -y --no-install-recommends docker.io iptables")
    assert programs.lines[installed + 1].startswith("dockerd")


@pytest.mark.parametrize(("candidate", "package"), [("26.1.5", "docker-cli"), ("(none)", "docker.io")])
@pytest.mark.usefixtures("compose")
def test_a_docker_command_that_is_missing_is_installed_from_the_package_that_has_it(
    programs: Programs, settings: MakeSettings, host: Path, candidate: str, package: str
) -> None:
    (host / "docker").unlink()
    programs.answer("^apt-get")
    programs.answer("^apt-cache policy docker-cli", f"docker-cli:\n  Candidate: {candidate}\n")
    with engines.serving(host / "engine.sock"):
        provision.ensure(settings()).close()
    assert f"apt-get -qq install -y --no-install-recommends {package}" in programs.lines


@pytest.mark.usefixtures("start", "compose")
def test_a_docker_command_that_comes_with_the_engine_is_not_installed_again(
    programs: Programs, settings: MakeSettings, host: Path
) -> None:
    (host / "docker").unlink()
    programs.answer("^apt-get .*update")
    programs.answer("^apt-get .*docker.io", does=lambda _: (host / "docker").touch(mode=0o755))
    provision.ensure(settings()).close()
    assert sum("install" in line for line in programs.lines) == 1


@pytest.mark.usefixtures("start", "compose")
def test_where_systemd_runs_the_host_it_starts_the_engine(
    programs: Programs, settings: MakeSettings, host: Path
) -> None:
    (host / "dockerd").touch(mode=0o755)
    (host / "systemd").mkdir()
    provision.ensure(settings()).close()
    assert "systemctl start docker" in programs.lines


@pytest.mark.usefixtures("start", "compose")
def test_the_pid_file_of_an_engine_that_died_is_out_of_the_way(settings: MakeSettings, host: Path) -> None:
    dead = next(pid for pid in range(2**22 - 1, 1, -1) if not psutil.pid_exists(pid))
    (host / "dockerd").touch(mode=0o755)
    (host / "docker.pid").write_text(f"{dead}\n")
    provision.ensure(settings()).close()
    assert not (host / "docker.pid").exists()


@pytest.mark.usefixtures("start", "compose")
def test_a_pid_file_whose_number_is_another_programs_by_now_is_out_of_the_way_and_a_daemons_stays(
    settings: MakeSettings, host: Path
) -> None:
    containerd = host / "containerd"
    containerd.write_text("#!/bin/sh\necho $$\nread _\n")
    containerd.chmod(0o755)
    (host / "dockerd").touch(mode=0o755)
    (host / "docker.pid").write_text(str(os.getpid()))
    pids: queue.Queue[str] = queue.Queue()
    with process.running([str(containerd)], on_line=pids.put):
        (host / "containerd.pid").write_text(pids.get())
        provision.ensure(settings()).close()
    assert [file.name for file in host.glob("*.pid")] == ["containerd.pid"]


@pytest.mark.usefixtures("compose")
def test_an_engine_that_does_not_come_up_is_waited_for_a_minute(
    programs: Programs, settings: MakeSettings, host: Path, clock: Clock
) -> None:
    (host / "dockerd").touch(mode=0o755)
    programs.answer("^dockerd")
    with pytest.raises(errors.TimeoutError) as caught:
        provision.ensure(settings())
    assert sum(clock.slept) == 60
    assert caught.value.expected == "the Docker engine answers within 60 s"
    assert caught.value.actual == "nothing listens there: the socket does not exist"
    assert caught.value.next_step == "read /var/log/agentchat-check-dockerd.log"


@pytest.mark.usefixtures("compose")
def test_where_nothing_may_be_installed_what_is_missing_is_listed(programs: Programs, settings: MakeSettings) -> None:
    with pytest.raises(errors.HostError) as caught:
        provision.ensure(settings(no_install=True))
    assert str(caught.value) == (
        "prepare this host\n"
        "  Checked:\n"
        "    - needed: install the packages docker.io and iptables\n"
        "    - needed: start the Docker engine\n"
        "    - may we: no, refused by AGENTCHAT_CHECK_NO_INSTALL\n"
        "  To fix this, either:\n"
        "    - install Docker Engine with compose 2.24 or later, and start it\n"
        "    - name an engine that runs: DOCKER_HOST, or `docker context use`\n"
        "    - run as root on Debian or Ubuntu, without AGENTCHAT_CHECK_NO_INSTALL, and it is installed for you"
    )
    assert programs.lines == ["docker compose version --short"]


@pytest.mark.usefixtures("compose")
def test_an_engine_that_was_named_is_not_replaced_by_one_of_ours(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(errors.HostError) as caught:
        provision.ensure(settings())
    assert str(caught.value) == (
        "reach the Docker engine\n"
        "  Checked:\n"
        "    - engine at tcp://127.0.0.1:1: connection refused: no engine runs there\n"
        "  To fix this, either:\n"
        "    - start that engine, or let this user use its socket (group docker)\n"
        "    - name another one: DOCKER_HOST, or `docker context use`"
    )


@pytest.mark.parametrize("package", ["docker-compose-plugin", "docker-compose-v2", "docker-compose"])
def test_compose_comes_from_the_first_package_that_is_new_enough(
    programs: Programs, settings: MakeSettings, host: Path, package: str
) -> None:
    programs.answer("^docker compose version", "")
    programs.answer("^apt-cache policy", "Candidate: 1.29.2-3\n")
    programs.answer(f"^apt-cache policy {package}$", "Candidate: 2.40.0\n")
    programs.answer("^apt-get .*update")
    programs.answer(f"^apt-get .*install .* {package}$", does=lambda _: _upgraded(programs))
    with engines.serving(host / "engine.sock"):
        provision.ensure(settings()).close()
    assert programs.lines[-1] == "docker compose version --short"


def test_where_no_package_is_new_enough_compose_comes_from_a_newer_debian(
    programs: Programs, settings: MakeSettings, host: Path
) -> None:
    def unpacked(call: Call) -> None:
        plugin = Path(call.line.split()[-1]) / "usr/libexec/docker/cli-plugins/docker-compose"
        plugin.parent.mkdir(parents=True)
        plugin.write_text("compose")
        _upgraded(programs)

    def downloaded(call: Call) -> None:
        assert call.cwd
        (call.cwd / "docker-compose_2.26.1_amd64.deb").touch()

    programs.answer("^docker compose version", "1.29.2\n")
    programs.answer("^apt-cache policy", "Candidate: 1.29.2-3\n")
    programs.answer("^apt-get .* update$")
    programs.answer("^apt-get .* download docker-compose$", does=downloaded)
    programs.answer("^dpkg --extract", does=unpacked)
    with engines.serving(host / "engine.sock"):
        provision.ensure(settings(debian_mirror="http://mirror.test/debian")).close()
    assert (host / "plugins" / "docker-compose").read_text() == "compose"


@pytest.mark.parametrize(
    ("found", "actual"), [("1.29.2", "1.29.2"), ("", "none; version 1 (docker-compose) does not count")]
)
def test_a_compose_that_is_still_too_old_after_installing_is_told(
    programs: Programs, settings: MakeSettings, host: Path, found: str, actual: str
) -> None:
    programs.answer("^docker compose version", found)
    programs.answer("^apt-cache policy", "Candidate: 2.40.0\n")
    programs.answer("^apt-get")
    with engines.serving(host / "engine.sock"), pytest.raises(errors.HostError) as caught:
        provision.ensure(settings())
    assert str(caught.value) == (
        "use docker compose\n"
        "  expected:   docker compose 2.24 or later\n"
        f"  actual:     {actual}\n"
        "  next step:  install the package docker-compose-plugin or docker-compose-v2"
    )


def test_a_browser_that_is_there_is_used(programs: Programs, settings: MakeSettings, host: Path) -> None:
    (host / "chromium").touch(mode=0o755)
    assert provision.ensure_browser(settings()) == str(host / "chromium")
    assert programs.calls == []


def test_a_browser_that_is_missing_is_installed(programs: Programs, settings: MakeSettings, host: Path) -> None:
    programs.answer("^apt-get .*update")
    programs.answer("^apt-get .*install .* chromium$", does=lambda _: (host / "chromium").touch(mode=0o755))
    assert provision.ensure_browser(settings()) == str(host / "chromium")


def test_without_a_browser_and_leave_to_install_one_the_ways_out_are_told(settings: MakeSettings) -> None:
    with pytest.raises(errors.HostError) as caught:
        provision.ensure_browser(settings(no_install=True))
    assert caught.value.ways == (
        "install Chromium, or name its program: AGENTCHAT_CHECK_CHROMIUM=/path/to/chromium",
        'leave the browser out: pytest -m "not browser"',
    )


def test_the_engine_is_stopped_politely(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *signal: signals.append(signal))
    (host / "docker.pid").write_text("4711\n")
    provision.stop()
    assert signals == [(4711, signal.SIGTERM)]


@pytest.mark.parametrize("content", ["", "no number"])
def test_an_engine_whose_pid_nobody_knows_is_left_alone(
    host: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("something was stopped"))
    provision.stop()
    (host / "docker.pid").write_text(content)
    provision.stop()


def _upgraded(programs: Programs) -> None:
    programs.answer("^docker compose version", "2.40.0\n")


@pytest.mark.usefixtures("compose")
@pytest.mark.parametrize(
    ("asked", "noted", "others", "may"),
    [
        (True, True, (), True),
        (False, True, (), False),
        (True, False, (), False),
        (True, True, ("shop",), False),
    ],
    ids=["ours", "not asked for", "started by somebody else", "others run on it"],
)
def test_only_an_engine_that_is_ours_and_runs_nothing_else_may_be_restarted(
    settings: MakeSettings, host: Path, asked: bool, noted: bool, others: tuple[str, ...], may: bool
) -> None:
    daemon = psutil.Process()
    (host / "docker.pid").write_text(str(daemon.pid))
    ours = settings(restart_engine=asked)
    ours.state.mkdir(parents=True, exist_ok=True)
    if noted:
        (ours.state / "engine").write_text(f"{daemon.pid} {daemon.create_time()}")
    with engines.serving(host / "engine.sock") as served, pytest.MonkeyPatch.context() as patch:
        served.containers = [
            engines.container("backend"),
            *(engines.container("shop", project=name) for name in others),
        ]
        patch.setattr(provision, "_DAEMONS", {daemon.name()})
        assert provision.may_restart(library.connect(), ours, "demo") is may
