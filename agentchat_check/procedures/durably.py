"""Notes on disk that outlive a kill and a loss of power, and a lock that one process of ours holds at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from agentchat_check import errors

_ALMOST_GONE = 1.0
"""Seconds for which a lock is waited for: a program that a killed holder was about to start still has it until then."""


def write(file: Path, value: object) -> None:
    """Write a value as JSON, for its owner alone, whole or not at all; it is on disk when this returns.

    Raises:
        errors.HostError: It cannot be written; what was there before is there still.
    """
    part = file.with_suffix(".part")
    with reported(f"write {file.name}", file.parent):
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("w") as text:
            json.dump(value, text)
            text.flush()
            os.fsync(text.fileno())
        part.replace(file)
        directory = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # or its name might be lost with the power
        finally:
            os.close(directory)


@contextmanager
def reported(tried: str, directory: Path) -> Iterator[None]:
    """What the file system refuses in our state's directory is one clear error.

    Raises:
        errors.HostError: It refuses something.
    """
    try:
        yield
    except OSError as error:
        raise errors.HostError(
            tried,
            expected=f"a directory that can be written: {directory}",
            actual=error.strerror or str(error),
            next_step="give our state another place: AGENTCHAT_CHECK_STATE=DIR",
        ) from None


@contextmanager
def alone(file: Path, *, tried: str, notes: str) -> Iterator[None]:
    """Hold a lock for as long as something of ours is under way.

    Args:
        file: The lock; its directory is made.
        tried: What is done under it, for the error of who comes second.
        notes: What is noted in its directory, for the error where nothing can be.

    Raises:
        errors.HostError: It cannot be written.
        errors.StackError: Somebody else holds it.
    """
    lock, holder = filelock.FileLock(file), file.with_suffix(".pid")
    with reported(notes, file.parent):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=_ALMOST_GONE)
        except filelock.Timeout:
            pid = ""
            with suppress(OSError):
                pid = holder.read_text()
            raise errors.StackError(
                tried,
                expected="one at a time",
                actual=f"another one is under way: process {pid}" if pid else "another one is under way",
                next_step="wait for its end",
            ) from None
        holder.write_text(str(os.getpid()))
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
