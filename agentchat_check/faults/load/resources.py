"""What load may not do to the host: processors used up, memory that leaks, services that end under way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import PATIENCE, must, reconfigured
from agentchat_check.faults.smoke.services import limited
from agentchat_check.stack.running import Stack

UNDER_WAY = 20
"""Seconds from the planting until it happens: by then the run that it is planted for has begun."""

_LIMIT = 128 * 2**20
_FOREVER = "while :; do :; done"


@contextmanager
def busy_processors(stack: Stack) -> Iterator[None]:
    """Page and model use half of the host's processors each; neither has a limit. Whatever else runs goes first."""
    services = [stack.service_name(role) for role in (Role.FRONTEND, Role.MODEL)]
    for service in services:
        container = stack.container(service)
        container.update(cpu_shares=2)
        for _ in range(max(1, (psutil.cpu_count() or 1) // 2)):
            container.exec_run(["sh", "-c", _FOREVER], detach=True)
    try:
        yield
    finally:
        stack.act("up", "--detach", "--no-deps", "--force-recreate", *services)
        stack.settle(timeout=PATIENCE)


@contextmanager
def leaking_memory(stack: Stack) -> Iterator[None]:
    """The model holds more and more of the memory that it may, up to 95 %, and never gives any back."""
    with limited(stack, mem_limit=2 * _LIMIT, memswap_limit=2 * _LIMIT) as container:
        leak = (
            "import pathlib, time\nheld, cgroup = [], pathlib.Path('/sys/fs/cgroup')\n"
            "files = [cgroup / 'memory.current', cgroup / 'memory/memory.usage_in_bytes']\n"
            "used = next(file for file in files if file.exists())\n"
            f"while True:\n    if int(used.read_text()) < {int(1.9 * _LIMIT)}:\n        held.append(b'x' * 2**21)\n"
            "    time.sleep(0.05)\n"
        )
        container.exec_run(["python", "-c", leak], detach=True)
        yield


@contextmanager
def slowly_leaking_memory(stack: Stack) -> Iterator[None]:
    """The model keeps a 512th of the memory that it may use each second, and is far from its limit at the run's end."""
    with limited(stack, mem_limit=2 * _LIMIT, memswap_limit=2 * _LIMIT) as container:
        leak = f"import time\nheld = []\nwhile True:\n    held.append(b'x' * {2 * _LIMIT // 512})\n    time.sleep(1)\n"
        container.exec_run(["python", "-c", leak], detach=True)
        yield


@contextmanager
def slowly_filling_disk(stack: Stack) -> Iterator[None]:
    """A small disk of the model's is three tenths full, and a 512th of it is written each second."""
    service, disk = stack.service_name(Role.MODEL), "/mnt/small"
    size = 64 * 2**20
    small = {"type": "tmpfs", "target": disk, "tmpfs": {"size": size}}
    with reconfigured(stack, service, {"volumes": [small]}):
        must(stack, service, "sh", "-c", f"head -c {size * 3 // 10} /dev/zero > {disk}/data", user="root")
        write = f"while sleep 1; do head -c {size // 512} /dev/zero >> {disk}/data; done"
        stack.container(service).exec_run(["sh", "-c", write], detach=True, user="root")
        yield


@contextmanager
def restarts_under_way(stack: Stack) -> Iterator[None]:
    """The model ends in the middle, and the engine starts it again."""
    with limited(stack) as container:
        container.exec_run(["sh", "-c", f"sleep {UNDER_WAY}; kill 1"], detach=True)
        yield


@contextmanager
def out_of_memory_under_way(stack: Stack) -> Iterator[None]:
    """A process beside the model's main one is killed for memory in the middle; the container runs on."""
    with limited(stack, mem_limit=_LIMIT, memswap_limit=_LIMIT) as container:
        late = f"import time; time.sleep({UNDER_WAY}); bytearray({4 * _LIMIT})"
        container.exec_run(["python", "-c", late], detach=True)
        yield
