"""The files of an archive, looked at without following a link or waiting for anybody."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agentchat_check import errors

CHANGED = ("the file as it was written", "its bytes were changed since")
"""What was expected of a file, and what was found."""

_NO_FILE = {errno.ELOOP: "a link", errno.ENOTDIR: "a link", errno.ENXIO: "a socket"}
"""What opening a file comes to that is none."""


def small(root: Path, name: str, *, limit: int) -> bytes:
    """A file of at most so many bytes, whole.

    Raises:
        errors.ArchiveError: It is large, or cannot be read.
    """
    with opened(root, name) as file:
        size = os.fstat(file.fileno()).st_size
        data = b"" if size > limit else file.read(limit + 1)
    if max(len(data), size) > limit:
        raise damaged(root, name, f"at most {limit} bytes", f"{size} bytes")
    return data


def opened(root: Path, name: str) -> BinaryIO:
    """Open a file without following a link on the way, or waiting for a pipe's other end.

    Raises:
        errors.ArchiveError: It cannot be opened, or is no plain file.
    """
    descriptor = _descriptor(root, name)
    try:
        check_plain(root, name, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except errors.ArchiveError:
        os.close(descriptor)
        raise


def check_plain(path: Path, name: str, found: os.stat_result) -> None:
    """See that this is a file, and that nothing else has part in it.

    Raises:
        errors.ArchiveError: It is not so.
    """
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise damaged(path, name, "a plain file with one name", kind(found))


def kind(found: os.stat_result) -> str:
    """What this is, in words."""
    kinds = {
        stat.S_IFREG: "a file" if found.st_nlink == 1 else "a file with several names (hard links)",
        stat.S_IFDIR: "a directory",
        stat.S_IFLNK: "a link",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(found.st_mode), "a device")


def everything(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """All that is below a directory, with its path in it; no link is followed.

    Raises:
        errors.ArchiveError: A directory cannot be read.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                found = [(folder + entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            raise damaged(root, folder, "a directory that can be read", error.strerror or str(error)) from None
        for name, entry in found:
            if stat.S_ISDIR(entry.st_mode):
                waiting.append(f"{name}/")
            yield name, entry


def damaged(path: Path, name: str, expected: str, actual: str) -> errors.ArchiveError:
    """What is wrong with one of an archive's files."""
    return errors.ArchiveError(
        f"read {name} of the archive {path}",
        expected=expected,
        actual=actual,
        next_step="use another copy of this archive, or an older archive",
    )


def _descriptor(root: Path, name: str) -> int:
    *folders, last = name.split("/")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                above, directory = directory, os.open(folder, flags | os.O_DIRECTORY, dir_fd=directory)
                os.close(above)
            return os.open(last, flags | os.O_NONBLOCK, dir_fd=directory)
        finally:
            os.close(directory)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise damaged(root, name, "a plain file with one name", _NO_FILE[error.errno]) from None
        raise damaged(root, name, "a file that can be read", error.strerror or str(error)) from None
