"""Where an upgrade stands, on disk: one that was killed is finished or undone by the next, never both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agentchat_check import errors
from agentchat_check.procedures import durably


class Phase(StrEnum):
    """How far it has come."""

    SWITCHING = "switching"
    ROLLING_BACK = "rolling back"


@dataclass(frozen=True, slots=True)
class Entry:
    """An upgrade or a rollback that has begun to change what runs, and not ended.

    Attributes:
        phase: How far it has come.
        before: The number of the release that is to run if all else fails; see ``history``.
        after: The number of the release that it went to.
        why: What it is rolled back for; "" where somebody asked for it.
        began: When what runs was first changed, ISO 8601.
        users: Names of the accounts that we use ourselves.
        obstacle: Why the release of before did not work on the data as they are, or "".
        restores: Whether it is decided that the backup is put back.
        restored: Whether it was.
    """

    phase: Phase
    before: int
    after: int
    why: str = ""
    began: str = ""
    users: list[str] = field(default_factory=list)
    obstacle: str = ""
    restores: bool = False
    restored: bool = False


_ENTRY = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one project.

    Attributes:
        file: Where it lies.
    """

    file: Path

    def read(self) -> Entry | None:
        """What has not ended, if there is something.

        Raises:
            errors.HostError: It is no journal.
        """
        try:
            return _ENTRY.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise errors.HostError(
                "read where the last upgrade stands",
                expected="a journal as we write it",
                actual=f"{self.file}: {error}",
                next_step="see which release runs and whether it works, then remove that file",
            ) from None

    def write(self, entry: Entry) -> Entry:
        """Note a step before it is done; it is on disk when this returns."""
        durably.write(self.file, asdict(entry))
        return entry

    def end(self) -> None:
        """It has ended."""
        self.file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Nothing is left of it; who waits for its lock takes a new one."""
        for suffix in (self.file.suffix, ".part", ".lock"):
            self.file.with_suffix(suffix).unlink(missing_ok=True)


@contextmanager
def of(state: Path, project: str) -> Iterator[Journal]:
    """The journal of a project, held by one upgrade or rollback at a time.

    Args:
        state: The directory of our own state.
        project: The project.

    Whatever keeps one that stands halfway from going on, the error says that it does.

    Raises:
        errors.HalfwayError: It stands halfway, and could not go on.
        errors.HostError: It cannot be written there.
        errors.StackError: Another one is under way; the error names its process.
    """
    directory = state / "upgrades"
    lock = directory / f"{project}.lock"
    with durably.alone(lock, tried=f"upgrade or roll back {project}", notes="note where an upgrade stands"):
        notes = Journal(directory / f"{project}.json")
        try:
            yield notes
        except errors.HalfwayError:
            raise
        except errors.CheckError as error:
            if not notes.file.exists():
                raise
            raise errors.HalfwayError(
                error.tried,
                expected=error.expected,
                actual=error.actual,
                next_step=error.next_step,
                checked=error.checked,
                ways=error.ways,
            ) from None


def projects(state: Path) -> tuple[str, ...]:
    """Every project of which something was ever noted, and is still there."""
    return tuple(sorted({path.name.partition(".")[0] for path in (state / "upgrades").glob("*")}))


def standing(state: Path, project: str) -> Entry | None:
    """What has not ended, without holding it."""
    return Journal(state / "upgrades" / f"{project}.json").read()
