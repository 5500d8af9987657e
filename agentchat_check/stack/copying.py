"""Files copied from a deployment, as far as they are one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from agentchat_check import errors

LARGEST = 256 * 2**20
"""Bytes a copy may take; more is data, not a deployment."""

_NOT_COPIED = {".git", "node_modules", "__pycache__", ".venv"}


def anything(source: Path, copy: Path) -> None:
    """Copy a file or a directory; of what is neither an empty directory stands there.

    Raises:
        errors.DeploymentError: It is too large.
        OSError: It cannot be read, or the copy not written.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, copy)
    elif source.is_dir():
        tree(source, copy, leave_out=set())
    else:
        copy.mkdir()


def tree(source: Path, target: Path, *, leave_out: set[Path]) -> None:
    """Copy a directory, as far as it is a deployment: neither its tools' leavings, nor sockets and devices.

    Args:
        source: The directory.
        target: Where the copy goes; it is made.
        leave_out: Directories in it that are not copied, as they resolve.

    Raises:
        errors.DeploymentError: It is too large.
        OSError: It cannot be read, or the copy not written.
    """
    room = LARGEST
    for parent, directories, names in os.walk(source):
        here = Path(parent)
        directories[:] = [
            name for name in directories if name not in _NOT_COPIED and (here / name).resolve() not in leave_out
        ]
        into = target / here.relative_to(source)
        into.mkdir(parents=True, exist_ok=True)
        for name in [*names, *(name for name in directories if (here / name).is_symlink())]:
            room -= _copy_one(here / name, into / name, here=source.resolve(), there=target)
            if room < 0:
                raise errors.DeploymentError(
                    f"copy {source} to a scratch directory",
                    expected=f"a deployment of at most {LARGEST // 2**20} MiB",
                    actual=f"it is larger; {here} holds much of it",
                    next_step="keep data in volumes or outside the directory, or look at the running installation: "
                    "--attach PROJECT",
                )


def _copy_one(source: Path, target: Path, *, here: Path, there: Path) -> int:
    """Copy a file or a link, and say how many bytes it took; sockets and devices are not a deployment's.

    A link that stays inside the tree that is copied, from ``here`` to ``there``, leads to the copy of what it led to.
    """
    if source.is_symlink() and not source.is_file():
        led = source.resolve()
        inside = led.is_relative_to(here)
        target.symlink_to(os.path.relpath(there / led.relative_to(here), target.parent) if inside else led)
        return 0
    if not source.is_file():
        return 0
    shutil.copy2(source, target)
    return source.stat().st_size
