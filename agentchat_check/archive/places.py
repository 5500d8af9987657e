"""Names on the disk: they survive a power cut, and what is being written nobody clears away."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from agentchat_check import errors

_TIME = "%Y%m%dT%H%M%SZ"
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<kind>partial|removed)-[0-9a-f]{8}(?P<lock>\.lock)?")


def archive_name(deployment: str, taken_at: datetime) -> str:
    """An archive's directory: ``agentchat-20261124T193600Z``."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in deployment).lstrip(".-")
    return f"{plain or 'backup'}-{taken_at.astimezone(UTC):{_TIME}}"


def time_of(name: str) -> datetime | None:
    """The time that an archive's name tells; None where it is no such name."""
    try:
        return datetime.strptime(name.rpartition("-")[2], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def temporary(final: Path, kind: str) -> Path:
    """A name beside another one that nobody has: ``.NAME.partial-1f0c9ab2``, or ``removed``."""
    return final.with_name(f".{final.name}.{kind}-{secrets.token_hex(4)}")


def is_temporary(path: Path) -> bool:
    """Whether this is a directory with such a name."""
    match = _TEMPORARY.fullmatch(path.name)
    return match is not None and not match["lock"] and path.is_dir() and not path.is_symlink()


def is_lock(path: Path) -> bool:
    """Whether this is the lock of such a directory."""
    match = _TEMPORARY.fullmatch(path.name)
    return match is not None and bool(match["lock"])


def lock_of(path: Path) -> Path:
    """The file that is locked for as long as somebody works on a temporary directory."""
    return path.with_name(path.name + ".lock")


@contextmanager
def held(final: Path, kind: str) -> Iterator[Path]:
    """A temporary name that is ours until the block ends; there is nothing behind it yet."""
    while True:
        path = temporary(final, kind)
        lock = lock_of(path)
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_at(lock, descriptor):
            break
        os.close(descriptor)  # somebody took it for a dead writer's before it was locked
    try:
        yield path
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody works on a temporary directory, or may do so for all we can see."""
    try:
        descriptor = os.open(lock_of(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def remove(path: Path) -> None:
    """Remove a directory: its name first, at once, and then what is in it.

    Raises:
        errors.HostError: It stays, in part or whole.
    """
    with reported(f"remove {path}"), held(path, "removed") as going, suppress(FileNotFoundError):
        path.rename(going)  # or somebody else was faster
        sync(path.parent)
        shutil.rmtree(going)


def clear(path: Path) -> bool:
    """Remove a temporary directory, or its lock, if whoever worked on it is gone.

    Raises:
        errors.HostError: It stays, in part or whole.
    """
    with reported(f"remove {path}"), _taken_over(path) as is_ours:
        if is_ours:
            with suppress(FileNotFoundError):
                shutil.rmtree(path)
        return is_ours


def make(directory: Path, below: Path) -> None:
    """Make a directory, and those between it and another one, for their owner only."""
    for folder in [*reversed(directory.relative_to(below).parents), directory.relative_to(below)]:
        (below / folder).mkdir(mode=0o700, exist_ok=True)


def sync(directory: Path) -> None:
    """Have the disk keep a directory's names."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Have the disk keep the names of a directory and of all below it."""
    for folder, _, _ in os.walk(directory, topdown=False):
        sync(Path(folder))


@contextmanager
def reported(tried: str) -> Iterator[None]:
    """Say what the host could not do as an error of ours.

    Raises:
        errors.HostError: It could not.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise errors.HostError(
            tried,
            expected="room on the disk" if full else "a directory that we may write",
            actual=f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error),
            next_step="make room, then run this again" if full else "see who owns it, and what the disk's state is",
        ) from error


@contextmanager
def _taken_over(path: Path) -> Iterator[bool]:
    """Whether whoever worked on a temporary directory is gone; if so it is ours until the block ends."""
    lock = lock_of(path)
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = _is_at(lock, descriptor)
    except BlockingIOError:
        is_ours = False
    try:
        yield is_ours
    finally:
        if is_ours:
            lock.unlink(missing_ok=True)
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file is still the one that has this name."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False
