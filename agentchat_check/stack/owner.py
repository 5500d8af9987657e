"""Who owns a stack, so that what a dead run left behind is told from what a living one uses."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

NOBODY = ""
"""Owner of what is to be kept: nobody whose death would make it rubbish."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whose stacks these are.

    Attributes:
        id: The run's name, on everything it makes.
        owner: The process at whose end they are nobody's; see ``current``.
    """

    id: str
    owner: str


def current() -> str:
    """This process, as a label's value: machine, boot, pid namespace, pid, start."""
    return "/".join([*_here(), str(os.getpid()), _start(os.getpid())])


def is_dead(owner: str) -> bool:
    """Whether the process that wrote a label is certainly gone.

    False when it lives, and when we cannot know: it ran on another machine or in another pid namespace (a container
    that shares this engine).
    """
    try:
        machine, boot, namespace, number, start = owner.split("/")
        pid = int(number)
    except ValueError:
        return False
    here_machine, here_boot, here_namespace = _here()
    if machine != here_machine:
        return False
    if boot != here_boot:
        return True
    if namespace != here_namespace:
        return False
    return _start(pid) != start


def _here() -> tuple[str, str, str]:
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    return _first_line("/etc/machine-id"), _first_line("/proc/sys/kernel/random/boot_id"), namespace


def _start(pid: int) -> str:
    """When a process started, in the kernel's own ticks, which no change of the clock moves; "" when it is gone."""
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return ""
        # the name, second field, may hold spaces and brackets; what follows its last bracket does not
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except psutil.NoSuchProcess:
        return ""
    except OSError:  # no /proc on this system
        return f"{psutil.Process(pid).create_time():.0f}"


def _first_line(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text().strip()
    return ""
