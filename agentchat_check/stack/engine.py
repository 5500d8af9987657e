"""The Docker engine and its host, looked at before anything is brought up."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import traceback
import urllib.parse
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import docker.errors
import psutil
import requests
from testcontainers.core.docker_client import DockerClient, get_docker_host

from agentchat_check import errors, facts
from agentchat_check.settings import Settings
from agentchat_check.stack import complaints, content, images, process
from agentchat_check.versions import at_least

if TYPE_CHECKING:
    from docker import DockerClient as Client

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"

_START_INTERVAL_SINCE = "1.44"
"""Version of the engine's API (Docker 25)."""

MANUAL_PORTS = (8090, 7860)
"""Where the operations manual has the page and the API."""


def connect() -> Client:
    """Connect to the engine that the docker command would use: DOCKER_HOST, else the current context, else the socket.

    Raises:
        errors.HostError: None answers there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of a socket that the SDK leaves open when nobody answers
        try:
            client = DockerClient(timeout=120).client
            client.ping()
        except (docker.errors.DockerException, requests.RequestException) as error:
            reason = _reason(error)
            _let_go(error)
        else:
            return client
    raise errors.HostError(
        "reach the Docker engine",
        expected=f"an engine that answers at {address()}",
        actual=reason,
        next_step="run `agentchat-check doctor`",
    )


def knows_start_interval(client: Client) -> bool:
    """Whether this engine takes another interval for health checks until a service is healthy for the first time."""
    with complaints.translated("ask the engine for its version"):
        return at_least(client.version()["ApiVersion"], _START_INTERVAL_SINCE)


def address() -> str:
    """Where the engine is looked for."""
    return get_docker_host() or DEFAULT_ADDRESS


def is_local(where: str) -> bool:
    """Whether an engine at this address runs on this host."""
    parsed = urllib.parse.urlparse(where)
    return parsed.scheme in {"unix", "npipe"} or parsed.hostname in {"127.0.0.1", "localhost", "::1"}


def look(settings: Settings) -> facts.Host:
    """Look at everything a bring-up needs; starts nothing, changes nothing, raises nothing."""
    client, reason = None, ""
    try:
        client = connect()
    except errors.HostError as error:
        reason = error.actual
    engine = _describe(client) if client else None
    wanted = images.names(client, settings)
    here = tuple(name for name in wanted if client and content.is_here(client, name))
    missing = tuple(name for name in wanted if name not in here)
    return facts.Host(
        engine=engine,
        engine_error=reason,
        engine_address=address(),
        compose=compose_version(),
        memory_available=psutil.virtual_memory().available,
        disk_free=_free(engine.root) if engine and engine.local else None,
        port_holders=_holders(MANUAL_PORTS),
        images_here=here,
        images_missing=missing,
        registry=client is not None and images.registry_answers(),
        chromium=chromium(settings),
    )


def compose_version() -> str:
    """Version of the docker command's compose plugin, or "" without one. Version 1 is not one."""
    with contextlib.suppress(errors.CheckError):
        said = process.run(["docker", "compose", "version", "--short"], timeout=30, check=False).stdout
        if found := re.search(r"\d+\.\d+\.\d+", said):
            return found[0]
    return ""


def chromium(settings: Settings) -> str:
    """The Chromium program to look at the page with, or ""."""
    if settings.chromium:
        return str(settings.chromium) if settings.chromium.is_file() else ""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), "")


def _describe(client: Client) -> facts.Engine:
    info = client.info()
    theirs = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", info["SystemTime"]))
    return facts.Engine(
        version=info["ServerVersion"],
        local=is_local(address()),
        root=info["DockerRootDir"],
        clock_skew=(theirs - datetime.now(UTC)).total_seconds(),
    )


def _free(path: str) -> int | None:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(path).free
    return None


def _holders(ports: tuple[int, ...]) -> dict[int, str]:
    """Who listens on these ports of this host; asked of the socket where the process table is not ours to read."""
    holders = {}
    for port in ports:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                holders[port] = "another program"
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            port = connection.laddr.port if connection.laddr else 0
            if connection.status == psutil.CONN_LISTEN and port in holders and connection.pid:
                with contextlib.suppress(psutil.Error):
                    holders[port] = f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return holders


def _let_go(error: BaseException | None) -> None:
    """Let go of what the frames of an error and of its causes hold, now and not whenever the error is forgotten."""
    while error:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _reason(error: Exception) -> str:
    """The innermost cause: the one that says what is wrong."""
    text = str(error)
    if "Permission denied" in text:
        return f"permission denied: this user may not use {address()}"
    if "No such file" in text or "FileNotFoundError" in text:
        return "nothing listens there: the socket does not exist"
    if "Connection refused" in text:
        return "connection refused: no engine runs there"
    return text.splitlines()[0] if text else type(error).__name__
