"""The containers of a stack: what they printed and what they use."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.probes import cgroups
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+\S*) ?(.*)", re.DOTALL)


def logs(stack: Stack) -> tuple[facts.LogLine, ...]:
    """Every line that every service printed since its container was made."""
    roles = {service.name: service.role for service in stack.services()}
    return tuple(
        _line(service, role, printed)
        for service, role in roles.items()
        for printed in stack.logs(service).split("\n")  # and not at a carriage return: what follows it has no time
        if printed
    )


def load(stack: Stack) -> facts.Load:
    """What every running container uses now, and what the engine's host has.

    Raises:
        errors.StackError: Neither the host nor a container shows it.
    """
    with complaints.translated("look at the engine's host"):
        host = stack.client.info()
    cpus, memory = int(host["NCPU"]), int(host["MemTotal"])
    usage = [
        facts.Usage(
            service=name,
            cpu_seconds=counted.cpu_seconds,
            cpu_limit=cpu_limit(attrs) or cpus,
            memory=counted.memory,
            memory_limit=attrs["HostConfig"]["Memory"] or memory,
            seen=seen,
        )
        for name, attrs, counted, seen in _counted(stack)
    ]
    return facts.Load(tuple(usage), cpus, memory)


def oom_kills(stack: Stack) -> dict[str, int]:
    """How many processes of each running service were killed for memory.

    A worker killed for memory leaves the main process, and so the engine's own flag, untouched; its cgroup counts it.

    Raises:
        errors.StackError: Neither the host nor a container shows it.
    """
    return {name: counted.oom_kills for name, _, counted, _ in _counted(stack)}


def disks(stack: Stack) -> tuple[facts.Disk, ...]:
    """Every disk that a container writes to, as the container sees it: under its root and under each of its mounts."""
    mounts = {name: [m["Destination"] for m in attrs["Mounts"] if m["RW"]] for name, attrs in stack.inspect().items()}
    running = _running(stack)
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda service: _disks(stack, service.name, ["/", *mounts[service.name]]), running)
    return tuple(disk for several in found for disk in several)


def _line(service: str, role: str, printed: str) -> facts.LogLine:
    """A line as the engine shows it, its time first; what has none is text from its first word on."""
    stamped = _STAMPED.fullmatch(printed)
    time, text = stamped.groups() if stamped else ("", printed)
    return facts.LogLine(service, role, time, text)


def _counted(stack: Stack) -> list[tuple[str, Mapping[str, Any], cgroups.Counters, facts.Moment]]:
    """Every running service with its container, its counters, and when they were read."""
    running = {name: attrs for name, attrs in stack.inspect().items() if attrs["State"]["Status"] == "running"}
    with ThreadPoolExecutor(max_workers=8) as pool:
        counted = pool.map(lambda attrs: (cgroups.read(stack, attrs), facts.Moment.now()), running.values())
        return [(name, attrs, *one) for (name, attrs), one in zip(running.items(), counted, strict=True)]


def _running(stack: Stack) -> list[facts.Service]:
    return [service for service in stack.services() if service.state == "running"]


def cpu_limit(attrs: Mapping[str, Any]) -> float:
    """Processors a container was limited to, in either of the engine's ways; 0 without a limit."""
    host = attrs["HostConfig"]
    period = host.get("CpuPeriod") or 100_000  # microseconds, the kernel's own default
    return float(host.get("NanoCpus", 0) / 1e9 or max(host.get("CpuQuota", 0), 0) / period)


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
