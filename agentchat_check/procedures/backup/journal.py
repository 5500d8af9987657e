"""Where a restore stands and what a backup stopped, on disk: one that was killed is known, and mended by the next."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock
from pydantic import TypeAdapter

from agentchat_check import errors

_SERVICES = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Entry:
    """A restore that has begun and not ended.

    Attributes:
        archive: The archive, as it was named.
        digest: Of its manifest: whether it is the same archive.
        services: Those that were stopped for it, and are to run again.
        safety_copy: The archive of what was there before; "" where nothing was.
        cache_directory: Where the cache keeps what it holds; "" where there is none to restore.
    """

    archive: str
    digest: str
    services: list[str]
    safety_copy: str = ""
    cache_directory: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one stack.

    Attributes:
        file: Where it lies.
    """

    file: Path

    def read(self) -> Entry | None:
        """The restore that has not ended, if there is one."""
        try:
            return Entry(**json.loads(self.file.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise _unreadable("read where the last restore stands", self.file, error) from None

    def write(self, entry: Entry) -> None:
        """Note a step before it is done; it is on disk when this returns."""
        _write(self.file, asdict(entry))

    def end(self) -> None:
        """The restore has ended."""
        self.file.unlink(missing_ok=True)

    def stopped(self) -> list[str]:
        """The services that a cold backup has stopped and not started again."""
        try:
            return _SERVICES.validate_json(self._stopped.read_bytes(), strict=True)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise _unreadable("read what the last backup has stopped", self._stopped, error) from None

    def note_stopped(self, services: Sequence[str]) -> None:
        """Note services before they are stopped; it is on disk when this returns."""
        _write(self._stopped, list(services))

    def note_started(self) -> None:
        """They run again."""
        self._stopped.unlink(missing_ok=True)

    @property
    def _stopped(self) -> Path:
        return self.file.with_suffix(".stopped")

    def require_ended(self, tried: str) -> None:
        """See that no restore stands halfway: what would be read then is neither what was there nor what is to be.

        Args:
            tried: What needs that.

        Raises:
            errors.StackError: One does.
        """
        if entry := self.read():
            raise errors.StackError(
                tried,
                expected="no restore begun and not ended",
                actual=f"that of {entry.archive} was begun and not ended",
                next_step=f"finish that one first: agentchat-check backup restore {entry.archive} --attach "
                f"{self.file.stem}; if that archive is gone, see whether the stack is whole, then remove {self.file}",
            )


@contextmanager
def of(state: Path, project: str) -> Iterator[Journal]:
    """The journal of a stack, held by one backup or restore at a time.

    Args:
        state: The directory of our own state.
        project: The stack's project.

    Raises:
        errors.HostError: It cannot be written there.
        errors.StackError: Another backup or restore of it is under way.
    """
    directory = state / "restores"
    lock = filelock.FileLock(directory / f"{project}.lock")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise errors.StackError(
            f"back up or restore {project}",
            expected="one at a time",
            actual="another one is under way",
            next_step="wait for its end",
        ) from None
    except OSError as error:
        raise errors.HostError(
            "note where a restore stands",
            expected=f"a directory that can be written: {directory}",
            actual=error.strerror or str(error),
            next_step="give our state another place: AGENTCHAT_CHECK_STATE=DIR",
        ) from None
    try:
        yield Journal(directory / f"{project}.json")
    finally:
        lock.release()


def _write(file: Path, value: object) -> None:
    """Write a file whole or not at all; it is on disk when this returns."""
    part = file.with_suffix(".part")
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


def _unreadable(tried: str, file: Path, error: Exception) -> errors.HostError:
    return errors.HostError(
        tried,
        expected="a journal as we write it",
        actual=f"{file}: {error}",
        next_step="see whether the stack is whole and its services run, then remove that file",
    )
