"""Who has the processors first: we, or all others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NICE = 15
"""How nice we are where we give way: a host that is always busy leaves us a thirtieth, so that we come to an end."""

_SESSION = "/proc/{}/autogroup"
"""Where a kernel that weighs sessions against one another tells how nice a process's is; absent from others."""


@contextmanager
def giving_way() -> Iterator[None]:
    """Let every other program of this host have the processors first in this block.

    Most kernels give sessions their shares first, and look at a program's own niceness only among those of its session:
    so the whole session gives way, a terminal's other programs with it, and afterwards is as it was. Whoever is killed
    in the block leaves it so.
    """
    with _as_nice_as(lambda nice: max(nice, _NICE)):
        yield


@contextmanager
def pressing() -> Iterator[None]:
    """Give way to nobody in this block, whatever is the case around it: others wait for us."""
    with _as_nice_as(lambda nice: min(nice, 0)):
        yield


def likewise(pid: int) -> None:
    """Have a program that has begun a session of its own be as nice as ours is."""
    if nice := _niceness_of_session():
        _be(nice, pid)


@contextmanager
def _as_nice_as(change: Callable[[int], int]) -> Iterator[None]:
    own, session = os.getpriority(os.PRIO_PROCESS, 0), _niceness_of_session()
    _set(change(own), change(session))
    try:
        yield
    finally:
        _set(own, session)


def _niceness_of_session() -> int:
    """As ``/autogroup-55 nice 0`` says; 0 where the kernel knows no such thing."""
    with suppress(OSError):
        if found := re.search(r"nice (-?\d+)", Path(_SESSION.format("self")).read_text()):
            return int(found[1])
    return 0


def _set(own: int, session: int) -> None:
    with suppress(PermissionError):  # only root may be less nice again
        os.setpriority(os.PRIO_PROCESS, 0, own)
    _be(session)


def _be(nice: int, pid: int | str = "self") -> None:
    with suppress(OSError):  # no such thing here, or it was changed a moment ago: then it is as all others
        Path(_SESSION.format(pid)).write_text(f"{nice}\n")
