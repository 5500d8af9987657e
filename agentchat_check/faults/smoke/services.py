"""Services that hang, crash, starve or complain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    PATIENCE,
    edited,
    must,
    reconfigured,
)
from agentchat_check.probes import containers
from agentchat_check.stack import labels
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container


@contextmanager
def service_paused(stack: Stack) -> Iterator[None]:
    """The cache hangs: its processes are stopped, its port still answers."""
    stack.act("pause", stack.service_name(Role.CACHE))
    try:
        yield
    finally:
        stack.act("unpause", stack.service_name(Role.CACHE))
        stack.settle(timeout=PATIENCE)


@contextmanager
def service_crashed(stack: Stack) -> Iterator[None]:
    """The cache ended, and the engine started it again. Its count of restarts goes with the container."""
    service = stack.service_name(Role.CACHE)
    stack.execute(service, ["redis-cli", "shutdown", "nosave"])  # its own status is lost with the container's end
    wait.until(lambda: stack.service(Role.CACHE).restarts, bool, what="the cache was restarted", timeout=PATIENCE)
    stack.settle(timeout=PATIENCE)
    yield
    stack.act("up", "--detach", "--no-deps", "--force-recreate", service)
    stack.settle(timeout=PATIENCE)


@contextmanager
def worker_out_of_memory(stack: Stack) -> Iterator[None]:
    """A process beside the model's main one was killed for memory; the container runs on as if nothing had happened."""
    limit = 128 * 2**20
    with limited(stack, mem_limit=limit, memswap_limit=limit) as container:
        container.exec_run(["python", "-c", f"bytearray({4 * limit})"])
        yield


def undeclared_port(stack: Stack) -> AbstractContextManager[None]:
    """The compose file was changed to publish another port of the frontend, and nobody recreated the container."""
    return edited(
        Path(stack.compose.context) / "docker-compose.yml", {"FRONTEND_PORT:-8090}:8090": "FRONTEND_PORT:-8090}:8091"}
    )


@contextmanager
def error_in_the_log(stack: Stack) -> Iterator[None]:
    """The backend printed an error; its log goes with its container."""
    service = stack.service_name(Role.BACKEND)
    must(stack, service, "sh", "-c", "echo 'ERROR disk quota exceeded' > /proc/1/fd/1")
    yield
    stack.act("up", "--detach", "--no-deps", "--force-recreate", service)
    stack.settle(timeout=PATIENCE)


@contextmanager
def busy_processor(stack: Stack) -> Iterator[None]:
    """The model uses all of the little that it may."""
    with limited(stack, cpu_period=100_000, cpu_quota=3_000) as container:
        container.exec_run(["sh", "-c", "while :; do :; done"], detach=True)
        yield


@contextmanager
def memory_limit_reached(stack: Stack) -> Iterator[None]:
    """The model uses nine tenths of the memory that it may."""
    limit = 256 * 2**20
    with limited(stack, mem_limit=limit, memswap_limit=limit) as container:
        used = next(usage.memory for usage in containers.load(stack).usage if usage.service == _name(container))
        hold = f"import time; held = b'x' * {int(limit * 0.9) - used}; time.sleep(600)"
        container.exec_run(["python", "-c", hold], detach=True)
        wait.until(
            lambda: containers.load(stack),
            lambda load: any(usage.memory > 0.88 * limit for usage in load.usage if usage.service == _name(container)),
            what="the memory is held",
            timeout=30,
        )
        yield


@contextmanager
def limited(stack: Stack, **limits: Any) -> Iterator[Container]:
    """The model's container, with limits it did not have; a new one without them afterwards."""
    service = stack.service(Role.MODEL)
    container = stack.client.containers.get(service.container)
    if limits:
        container.update(**limits)
    try:
        yield container
    finally:
        stack.act("up", "--detach", "--no-deps", "--force-recreate", service.name)
        stack.settle(timeout=PATIENCE)


def _name(container: Container) -> str:
    return str(container.labels[labels.SERVICE])


@contextmanager
def full_disk(stack: Stack) -> Iterator[None]:
    """A small disk of the model's is filled to the last tenth."""
    service, disk = stack.service_name(Role.MODEL), "/mnt/small"
    small = {"type": "tmpfs", "target": disk, "tmpfs": {"size": 2**20}}
    with reconfigured(stack, service, {"volumes": [small]}):
        must(stack, service, "sh", "-c", f"head -c 1000000 /dev/zero > {disk}/data", user="root")
        yield
