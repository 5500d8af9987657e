"""One start of a service beside the one that runs: to see whether it comes up with other settings."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentchat_check import deployment as deployments
from agentchat_check import errors, facts, wait
from agentchat_check.deployment import Deployment
from agentchat_check.stack import complaints, isolation
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

PATIENCE = 60.0
"""Seconds that a start may take to come up or to end."""

_SURE = 8.0
"""Seconds after which a service without a health check that still runs counts as come up."""


def files(stack: Stack, *, production: bool = False) -> list[str]:
    """The deployment's own compose files in a stack's copy of it, without what keeps the stack apart.

    Raises:
        errors.InapplicableError: The deployment has no production overlay.
    """
    own = [Path(file) for file in stack.compose.compose_file_name or () if Path(file).name != isolation.FILE]
    if production:
        own = list(deployments.in_production(Deployment(stack.name, stack.directory, tuple(own))).compose_files)
    return [str(file) for file in own]


def in_production(stack: Stack) -> Stack:
    """The same stack, as its commands would run it in production.

    Raises:
        errors.InapplicableError: The deployment has no production overlay.
    """
    apart = [str(file) for file in stack.compose.compose_file_name or () if Path(file).name == isolation.FILE]
    names = [*files(stack, production=True), *apart]
    return replace(stack, compose=replace(stack.compose, compose_file_name=names))


@contextmanager
def beside(
    stack: Stack,
    service: str,
    *,
    environment: Mapping[str, str] | None = None,
    mounted: Mapping[Path, str] | None = None,
) -> Iterator[Container]:
    """Start a service once more, without those it depends on; it goes at the end.

    Where a service keeps data, this start has a place of its own, in memory: it never sees the stack's.

    Args:
        stack: A stack of ours.
        service: The service.
        environment: What its container is told besides, or otherwise.
        mounted: Where it finds files of ours, read-only, by file.
    """
    arguments = [f"--env={name}={value}" for name, value in (environment or {}).items()]
    arguments += [f"--volume={file}:{place}:ro" for file, place in (mounted or {}).items()]
    with tempfile.TemporaryDirectory(prefix="agentchat-check-start-") as directory:
        compose = _without_data(stack, service, Path(directory))
        with complaints.translated(f"start {service} once more"):
            printed = compose("run", "--detach", "--no-deps", "--no-TTY", *arguments, service).stdout.split()
            container = stack.client.containers.get(printed[-1])
    try:
        yield container
    finally:
        with complaints.translated(f"remove the other {service}"):
            container.remove(force=True, v=True)


def start(
    stack: Stack,
    service: str,
    *,
    environment: Mapping[str, str] | None = None,
    mounted: Mapping[Path, str] | None = None,
    ready: Sequence[str] = (),
    patience: float = PATIENCE,
) -> facts.Start:
    """How a service starts, once more beside the one that runs; see ``beside`` and ``watched``."""
    with beside(stack, service, environment=environment, mounted=mounted) as container:
        return watched(container, ready=ready, patience=patience)


def watched(container: Container, *, ready: Sequence[str] = (), patience: float = PATIENCE) -> facts.Start:
    """Wait until a container came up or ended, and say which.

    Args:
        container: A container that was just started.
        ready: A command that succeeds in it once it is up; without one its health check says so.
        patience: Seconds that it may take.
    """
    began = time.monotonic()

    def look() -> tuple[str, bool]:
        container.reload()
        state = container.attrs["State"]
        if not state["Running"] or container.attrs["RestartCount"]:
            return "ended", True
        if ready:
            up = container.exec_run(list(ready)).exit_code == 0
            return "ready" if up else "running", up
        health = (state.get("Health") or {}).get("Status", "none")
        sure = health == "none" and time.monotonic() - began > _SURE
        return health, health == "healthy" or sure

    with complaints.translated("watch a start"):
        try:
            how, _ = wait.until(
                look,
                lambda seen: seen[1],
                show=lambda seen: seen[0],
                what="a start that came up or ended",
                timeout=patience,
                delay=0.2,
            )
        except errors.TimeoutError:
            how = "timeout"
        said = container.logs(tail=60).decode(errors="replace")
    came_up = {"ended": False, "timeout": None}.get(how, True)
    return facts.Start(came_up, container.attrs["State"]["ExitCode"] if came_up is False else None, said)


def _without_data(stack: Stack, service: str, directory: Path) -> Compose:
    """The stack's commands, with a place in memory where a service keeps its data."""
    role = next((role for role, name in stack.roles.items() if name == service), None)
    places = isolation.STATE_PATHS.get(role, ()) if role else ()
    if not places:
        return stack.compose
    mounts = ", ".join(f"{{type: tmpfs, target: {place}}}" for place in places)
    override = directory / "data.yml"
    override.write_text(f"services:\n  {service}:\n    volumes: !override [{mounts}]\n")
    return replace(stack.compose, compose_file_name=[*(stack.compose.compose_file_name or ()), str(override)])
