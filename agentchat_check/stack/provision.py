"""An engine that answers: reached where there is one, else installed and started where that is allowed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import filelock
import psutil
import requests

from agentchat_check import errors, wait
from agentchat_check.settings import Settings
from agentchat_check.stack import apt, engine, labels, process
from agentchat_check.versions import COMPOSE_MINIMUM, at_least

if TYPE_CHECKING:
    from docker import DockerClient as Client

ENGINE_LOG = Path("/var/log/agentchat-check-dockerd.log")

_COMPOSE_SUITE = "trixie"
_SYSTEMD = Path("/run/systemd/system")
"""It is there where systemd runs the host."""

_PLUGINS = Path("/usr/local/lib/docker/cli-plugins")
_OURS = "engine"
"""File in the state's directory that says which engine we started."""

_ENDS = 60.0
"""Seconds that an engine has to end its containers and itself."""

_DAEMONS = {"dockerd", "containerd"}
_PID_FILES = (Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid"))


def ensure(settings: Settings) -> Client:
    """Reach the engine; install and start what is missing first, where that is allowed.

    Raises:
        errors.HostError: Something is missing and may not or could not be installed; lists what was checked.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(settings.state / "host.lock"):
        missing = _missing(settings)
        if missing:
            apt.allow([change for change, _ in missing], settings, ways=_ways())
        for _, make in missing:
            make()
        if missing:
            _require_compose()
    return engine.connect()


def ensure_browser(settings: Settings) -> str:
    """Find Chromium, or install it where that is allowed; its program.

    Raises:
        errors.HostError: There is none, and none may be installed.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(settings.state / "host.lock"):
        if not engine.chromium(settings):
            ways = [
                "install Chromium, or name its program: AGENTCHAT_CHECK_CHROMIUM=/path/to/chromium",
                'leave the browser out: pytest -m "not browser"',
            ]
            apt.allow(["install the package chromium"], settings, ways=ways)
            apt.install("chromium")
    return engine.chromium(settings)


def _missing(settings: Settings) -> list[tuple[str, Callable[[], None]]]:
    """What this host lacks, in words, and how it is put right."""
    missing: list[tuple[str, Callable[[], None]]] = []
    try:
        engine.connect()
    except errors.HostError as error:
        _refuse_to_replace(error)
        if not shutil.which("dockerd"):
            missing.append(
                ("install the packages docker.io and iptables", lambda: apt.install("docker.io", "iptables"))
            )
        missing.append(("start the Docker engine", lambda: _start(settings)))
    if not shutil.which("docker"):
        missing.append(("install the docker command", _install_client))
    if not at_least(engine.compose_version(), COMPOSE_MINIMUM):
        missing.append((f"install docker compose {COMPOSE_MINIMUM} or later", lambda: _install_compose(settings)))
    return missing


def _refuse_to_replace(error: errors.HostError) -> None:
    """An engine that was named but does not answer is the operator's to mend, not ours to replace."""
    if engine.address() != engine.DEFAULT_ADDRESS or "permission denied" in error.actual:
        raise errors.HostError(
            error.tried,
            checked=[f"engine at {engine.address()}: {error.actual}"],
            ways=[
                "start that engine, or let this user use its socket (group docker)",
                "name another one: DOCKER_HOST, or `docker context use`",
            ],
        ) from None


def _install_client() -> None:
    """Install the docker command, unless it came with the engine; since Debian 13 it is a package of its own."""
    if not shutil.which("docker"):
        apt.install("docker-cli" if apt.candidate("docker-cli") else "docker.io")


def _start(settings: Settings) -> None:
    """Start the engine: by systemd where it runs this host, else in a session of its own, which is noted."""
    if _SYSTEMD.is_dir():
        process.run(["systemctl", "start", "docker"], timeout=60)
    else:
        for file in _PID_FILES:
            _remove_stale(file)
        process.detach(["dockerd"], log_file=ENGINE_LOG)
    wait.until(
        _engine_state,
        lambda state: state == "answers",
        what="the Docker engine answers",
        timeout=60,
        next_step=f"read {ENGINE_LOG}",
    )
    if not _SYSTEMD.is_dir():
        (settings.state / _OURS).write_text(_running_engine())


def may_restart(client: Client, settings: Settings, project: str) -> bool:
    """Whether the engine may be restarted: asked for, started by us, and it runs nothing but this project."""
    if not settings.restart_engine or not _running_engine():
        return False
    noted = settings.state / _OURS
    running = client.containers.list(ignore_removed=True)
    alone = all(container.labels.get(labels.PROJECT) == project for container in running)
    return alone and noted.is_file() and noted.read_text() == _running_engine()


def restart(client: Client, settings: Settings) -> None:
    """Restart an engine that is ours, as a host that is rebooted does; by their policies its containers come back.

    Raises:
        errors.TimeoutError: It does not end, or does not answer again.
    """
    stop()
    wait.until(_running_engine, lambda engine_: not engine_, what="the end of the Docker engine", timeout=_ENDS)
    _start(settings)
    wait.until(lambda: _answers(client), bool, what="the Docker engine answers those who knew it", timeout=_ENDS)


def stop() -> None:
    """Stop an engine that was started here without systemd; SIGTERM, so that it ends its containers in order."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(_PID_FILES[0].read_text()), signal.SIGTERM)


def _running_engine() -> str:
    """The engine's process on this host: its number and when it began, so that no other passes for it; "" for none."""
    with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
        daemon = psutil.Process(int(_PID_FILES[0].read_text()))
        return f"{daemon.pid} {daemon.create_time()}" if daemon.name() in _DAEMONS else ""
    return ""


def _answers(client: Client) -> bool:
    """Whether an engine answers a client that has connections of before."""
    with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
        return bool(client.ping())
    return False


def _engine_state() -> str:
    try:
        engine.connect()
    except errors.HostError as error:
        return error.actual
    return "answers"


def _remove_stale(pid_file: Path) -> None:
    """A pid file of a daemon that died makes the next start fail; its number may be another program's by now."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        pid = int(pid_file.read_text())
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).name() in _DAEMONS:
                return
        pid_file.unlink()


def _install_compose(settings: Settings) -> None:
    """From this host's packages where they are new enough, else the plugin alone from a newer Debian."""
    for package in ("docker-compose-plugin", "docker-compose-v2", "docker-compose"):
        if at_least(apt.candidate(package), COMPOSE_MINIMUM):
            apt.install(package)
            return
    with tempfile.TemporaryDirectory(prefix="agentchat-check-compose-") as directory:
        apt.unpack_from(_COMPOSE_SUITE, "docker-compose", Path(directory), settings)
        _PLUGINS.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(directory) / "usr/libexec/docker/cli-plugins/docker-compose", _PLUGINS)


def _require_compose() -> None:
    found = engine.compose_version()
    if not at_least(found, COMPOSE_MINIMUM):
        raise errors.HostError(
            "use docker compose",
            expected=f"docker compose {COMPOSE_MINIMUM} or later",
            actual=found or "none; version 1 (docker-compose) does not count",
            next_step="install the package docker-compose-plugin or docker-compose-v2",
        )


def _ways() -> list[str]:
    return [
        f"install Docker Engine with compose {COMPOSE_MINIMUM} or later, and start it",
        "name an engine that runs: DOCKER_HOST, or `docker context use`",
        "run as root on Debian or Ubuntu, without AGENTCHAT_CHECK_NO_INSTALL, and it is installed for you",
    ]
