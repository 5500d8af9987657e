"""What a container used so far, as the kernel counts it in the container's own cgroup (v1 or v2).

The files are read on this host where the engine runs on it, which costs nothing; else inside the container. The
engine's own statistics are not asked: up to its version 24 they take a second to come.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.stack import labels
from agentchat_check.stack.running import Stack

ROOT = Path("/sys/fs/cgroup")
PROCESSES = Path("/proc")

_V2 = ("cpu.stat", "memory.current", "memory.stat", "memory.events")
_V1 = ("cpuacct/cpuacct.usage", "memory/memory.usage_in_bytes", "memory/memory.stat", "memory/memory.oom_control")
_V2_TRAFFIC, _V1_TRAFFIC = "io.stat", "blkio/blkio.throttle.io_service_bytes"
_LIMITS = (
    *("cpu.max", "memory.max"),
    *("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us", "memory/memory.limit_in_bytes"),
)
_WAYS = {"read": r"(?:rbytes=|Read )(\d+)", "write": r"(?:wbytes=|Write )(\d+)"}
"""How either version writes bytes that were read and written."""

_UNLIMITED = 2**60
"""Bytes of memory from which a limit of version 1 is none: it writes the largest number that it can."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel counted for one container.

    Attributes:
        cpu_seconds: Processor seconds used.
        memory: Bytes in use, without the page cache that is given back under pressure.
        oom_kills: Processes killed for memory.
    """

    cpu_seconds: float
    memory: int
    oom_kills: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one container read, wrote, received and sent so far.

    Attributes:
        read: Bytes from disks.
        written: Bytes to disks.
        received: Bytes from its networks.
        sent: Bytes to them.
    """

    read: int
    written: int
    received: int
    sent: int


def read(stack: Stack, attrs: Mapping[str, Any]) -> Counters:
    """Read one running container's counters.

    Args:
        stack: Its stack.
        attrs: The container, as the engine's inspection describes it.

    Raises:
        errors.StackError: Neither this host nor the container shows them.
    """
    service = attrs["Config"]["Labels"][labels.SERVICE]
    files = _files(stack, attrs, (*_V2, *_V1))
    try:
        return counters(files)
    except (KeyError, ValueError) as error:
        raise errors.StackError(
            f"read what {service} uses",
            expected="the files of its cgroup, on this host or in the container",
            actual=f"none that says {error}",
            next_step="look at it yourself: docker stats",
        ) from None


def traffic(attrs: Mapping[str, Any]) -> Traffic | None:
    """Read what went in and out of one running container; None where the engine does not run on this host.

    Args:
        attrs: The container, as the engine's inspection describes it.
    """
    pid = attrs["State"]["Pid"]
    files = _on_this_host(pid, attrs["Id"], (_V2_TRAFFIC, _V1_TRAFFIC))
    try:
        network = (PROCESSES / str(pid) / "net" / "dev").read_text()
    except OSError:
        return None
    text = "".join(files.values())
    disk = {way: sum(map(int, re.findall(pattern, text, re.IGNORECASE))) for way, pattern in _WAYS.items()}
    counted = (line.split(":") for line in network.splitlines() if ":" in line)
    cards = [numbers.split() for name, numbers in counted if name.strip() != "lo"]
    return Traffic(
        disk["read"], disk["write"], sum(int(card[0]) for card in cards), sum(int(card[8]) for card in cards)
    )


def limits(stack: Stack, attrs: Mapping[str, Any]) -> facts.Limits:
    """Read what one running container may use.

    Args:
        stack: Its stack.
        attrs: The container, as the engine's inspection describes it.

    Raises:
        errors.StackError: Neither this host nor the container shows it.
    """
    service = attrs["Config"]["Labels"][labels.SERVICE]
    files = _files(stack, attrs, _LIMITS)
    if any(Path(name).name in files for name in _LIMITS):
        return limits_of(files)
    raise errors.StackError(
        f"read what {service} may use",
        expected="the files of its cgroup, on this host or in the container",
        actual="none",
        next_step="look at it yourself: docker stats",
    )


def limits_of(files: Mapping[str, str]) -> facts.Limits:
    """Limits from the text of a cgroup's files, by their names."""
    memory = files.get("memory.max") or files.get("memory.limit_in_bytes") or "max"
    quota, period = [*files.get("cpu.max", "").split(), "max", "100000"][:2]
    if "cpu.cfs_quota_us" in files:
        quota, period = files["cpu.cfs_quota_us"], files.get("cpu.cfs_period_us", period)
    held = int(memory) if memory.strip() != "max" else _UNLIMITED
    return facts.Limits(
        memory=held if held < _UNLIMITED else None,
        cpus=int(quota) / int(period) if quota.strip() not in {"max", "-1"} else None,
    )


def counters(files: Mapping[str, str]) -> Counters:
    """Counters from the text of a cgroup's files, by their names.

    Raises:
        KeyError: A counter is not in them.
        ValueError: One is no number.
    """
    memory = _keyed(files["memory.stat"])
    if "memory.current" in files:  # v1 has a cpu.stat, too, of another kind
        cpu, used = _keyed(files["cpu.stat"])["usage_usec"] / 1e6, int(files["memory.current"])
        cache, kills = memory["inactive_file"], _keyed(files["memory.events"])["oom_kill"]
    else:
        cpu, used = int(files["cpuacct.usage"]) / 1e9, int(files["memory.usage_in_bytes"])
        cache, kills = memory["total_inactive_file"], _keyed(files["memory.oom_control"])["oom_kill"]
    return Counters(cpu, used - cache, kills)


def directories(cgroups: str) -> list[Path]:
    """Where a process's cgroups are, from its ``/proc/<pid>/cgroup``: a line ``number:controllers:path`` each."""
    lines = (line.split(":", 2) for line in cgroups.splitlines())
    return [ROOT / controllers / path.lstrip("/") for _, controllers, path in lines]


def _files(stack: Stack, attrs: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Files of a container's cgroups by name, as this host shows them, else as the container does."""
    service = attrs["Config"]["Labels"][labels.SERVICE]
    return _on_this_host(attrs["State"]["Pid"], attrs["Id"], names) or _inside(stack, service, names)


def _on_this_host(pid: int, container: str, names: Sequence[str]) -> dict[str, str]:
    """The files by name; none where that process of this host is not the container's."""
    with contextlib.suppress(OSError):
        cgroups = (PROCESSES / str(pid) / "cgroup").read_text()
        if container in cgroups:
            plain = dict.fromkeys(Path(name).name for name in names)
            return _texts(directory / name for directory in directories(cgroups) for name in plain)
    return {}


def _texts(paths: Iterable[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path.name] = path.read_text()
    return found


def _inside(stack: Stack, service: str, names: Sequence[str]) -> dict[str, str]:
    """The files by name, as the container sees its own: grep names the file before each line."""
    _, text = stack.execute(service, ["grep", "-s", "", *(str(ROOT / name) for name in names)])
    found: dict[str, str] = {}
    for line in text.splitlines():
        path, _, content = line.partition(":")
        found[Path(path).name] = found.get(Path(path).name, "") + content + "\n"
    return found


def _keyed(text: str) -> dict[str, int]:
    """Lines of a name and a number."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}  # noqa: PLR2004 - a pair
