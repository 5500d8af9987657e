"""Where a restore stands and what a backup stopped, on disk: one that was killed is known, and mended by the next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from agentchat_check import errors
from agentchat_check.procedures import durably

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
        durably.write(self.file, asdict(entry))

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
        durably.write(self._stopped, list(services))

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
    lock = directory / f"{project}.lock"
    with durably.alone(lock, tried=f"back up or restore {project}", notes="note where a restore stands"):
        yield Journal(directory / f"{project}.json")


def _unreadable(tried: str, file: Path, error: Exception) -> errors.HostError:
    return errors.HostError(
        tried,
        expected="a journal as we write it",
        actual=f"{file}: {error}",
        next_step="see whether the stack is whole and its services run, then remove that file",
    )
