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

import filelock
import psutil

from agentchat_check import errors, wait
from agentchat_check.settings import Settings
from agentchat_check.stack import apt, engine, process
from agentchat_check.versions import COMPOSE_MINIMUM, at_least

if TYPE_CHECKING:
    from docker import DockerClient as Client

ENGINE_LOG = Path("/var/log/agentchat-check-dockerd.log")

_COMPOSE_SUITE = "trixie"
_SYSTEMD = Path("/run/systemd/system")
"""It is there where systemd runs the host."""

_PLUGINS = Path("/usr/local/lib/docker/cli-plugins")
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
        missing.append(("start the Docker engine", _start))
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


def _start() -> None:
    """Start the engine: by systemd where it runs this host, else in a session of its own."""
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


def stop() -> None:
    """Stop an engine that was started here without systemd; SIGTERM, so that it ends its containers in order."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(_PID_FILES[0].read_text()), signal.SIGTERM)


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
