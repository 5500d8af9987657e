"""The containers of a stack: what they printed and what they use."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_OOM_COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Where a container sees its own cgroup's count, in cgroup v2 and v1."""


def logs(stack: Stack) -> tuple[facts.LogLine, ...]:
    """Every line that every service printed since its container was made."""
    lines = []
    for service in stack.services():
        for line in stack.logs(service.name).splitlines():
            time, _, text = line.partition(" ")
            lines.append(facts.LogLine(service.name, service.role, time, text))
    return tuple(lines)


def load(stack: Stack) -> facts.Load:
    """What every running container uses now, and what the engine's host has.

    Raises:
        errors.StackError: The engine does not say.
    """
    with complaints.translated("read what the containers use"):
        host = stack.client.info()
    cpus, limits = int(host["NCPU"]), stack.inspect()
    with ThreadPoolExecutor(max_workers=8) as pool:
        usage = pool.map(
            lambda service: _usage(stack, service, _cpu_limit(limits[service.name]) or cpus), _running(stack)
        )
    return facts.Load(tuple(usage), cpus, int(host["MemTotal"]))


def oom_kills(stack: Stack) -> dict[str, int]:
    """How many processes of each service were killed for memory, as far as its container lets us see.

    A worker killed for memory leaves the main process, and so the engine's own flag, untouched; its cgroup counts it.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        running = _running(stack)
        counted = dict(
            zip((service.name for service in running), pool.map(partial(_oom_kills, stack), running), strict=True)
        )
    return {name: count for name, count in counted.items() if count is not None}


def disks(stack: Stack) -> tuple[facts.Disk, ...]:
    """Every disk that a container writes to, as the container sees it: under its root and under each of its mounts."""
    mounts = {name: [m["Destination"] for m in attrs["Mounts"] if m["RW"]] for name, attrs in stack.inspect().items()}
    running = _running(stack)
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda service: _disks(stack, service.name, ["/", *mounts[service.name]]), running)
    return tuple(disk for several in found for disk in several)


def _running(stack: Stack) -> list[facts.Service]:
    return [service for service in stack.services() if service.state == "running"]


def _cpu_limit(attrs: Mapping[str, Any]) -> float:
    """Processors a container was limited to, in either of the engine's ways; 0 without a limit."""
    host = attrs["HostConfig"]
    period = host.get("CpuPeriod") or 100_000  # microseconds, the kernel's own default
    return float(host.get("NanoCpus", 0) / 1e9 or max(host.get("CpuQuota", 0), 0) / period)


def _usage(stack: Stack, service: facts.Service, cpu_limit: float) -> facts.Usage:
    with complaints.translated(f"read what {service.name} uses"):
        # one-shot: the engine answers at once instead of waiting for a second sample; we take two ourselves
        stats: dict[str, Any] = stack.client.api.stats(service.container, stream=False, one_shot=True)
    memory = stats["memory_stats"]
    # The page cache is given back under pressure; docker stats leaves it out likewise.
    reclaimable = memory.get("stats", {}).get("total_inactive_file", memory.get("stats", {}).get("inactive_file", 0))
    return facts.Usage(
        service=service.name,
        cpu_seconds=stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        cpu_limit=cpu_limit,
        memory=memory.get("usage", 0) - reclaimable,
        memory_limit=memory.get("limit", 0),
        seen=facts.Moment.now(),
    )


def _oom_kills(stack: Stack, service: facts.Service) -> int | None:
    with contextlib.suppress(errors.CheckError):
        _, text = stack.execute(service.name, ["cat", *_OOM_COUNTERS])  # one of the two is there
        if found := re.search(r"^oom_kill (\d+)", text, re.MULTILINE):
            return int(found[1])
    return None


def _disks(stack: Stack, service: str, paths: list[str]) -> list[facts.Disk]:
    """What ``df`` says; a container without it says nothing."""
    with contextlib.suppress(errors.CheckError):
        status, text = stack.execute(service, ["df", "-P", *paths])
        lines = [line.split() for line in text.splitlines()[1:]] if status == 0 else []
        sizes = [(int(used), int(free)) for _, _, used, free, *_ in lines]
        return [
            facts.Disk(service, path, used / (used + free))
            for path, (used, free) in zip(paths, sizes, strict=False)
            if used + free
        ]
    return []
