"""The releases that a project has run: their files, and exactly which images; noted before they are left."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.procedures import durably
from agentchat_check.procedures.upgrade.recorded import Recorded, copies, mounted
from agentchat_check.procedures.upgrade.writes import Held
from agentchat_check.stack import keeping, making, pinning, succession, workspace
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker import DockerClient as Client

_RELEASE, _HELD_FILE, _COURSE_FILE = "release.json", "held.json", "course.json"

_NOTE = "note which release runs"

_Note = TypeVar("_Note")


@dataclass(frozen=True, slots=True)
class _Course:
    current: int = 0
    former: int = 0


_RECORDED, _HELD, _COURSE = TypeAdapter(Recorded), TypeAdapter(Held), TypeAdapter(_Course)


@dataclass(frozen=True, slots=True)
class History:
    """The history of one project.

    Attributes:
        home: The directory that holds it; secrets are in there.
    """

    home: Path

    def current(self) -> Recorded | None:
        """The release that an upgrade or a rollback brought up last, if one did."""
        return self.read(number) if (number := self._course().current) else None

    def former(self) -> Recorded | None:
        """The release that it took the place of, to which one can go back."""
        return self.read(number) if (number := self._course().former) else None

    def read(self, number: int) -> Recorded:
        """A release that was noted.

        Raises:
            errors.HostError: It cannot be read.
        """
        return _read(self.home / str(number) / _RELEASE, _RECORDED)

    def directory(self, number: int) -> Path:
        """A release's directory, made where there is none."""
        directory = self.home / str(number)
        with durably.reported(_NOTE, self.home):
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
        return directory

    def next_number(self) -> int:
        """The number of a release that was never noted."""
        return max(self._numbers(), default=0) + 1

    def note_running(self, stack: Stack) -> Recorded:
        """Note what a stack runs, unless that is what an upgrade brought up last; its images are kept.

        Raises:
            errors.HostError: It cannot be written.
            errors.StackError: An image is not on the engine any more.
        """
        images, current = list(pinning.running(stack)), self.current()
        if (
            current
            and {(one.service, one.id) for one in current.images} == {(one.service, one.id) for one in images}
            and not succession.made_otherwise(self.stack(stack, current))
        ):
            return current
        return self.note(stack, images, self.next_number())

    def note(self, stack: Stack, images: Sequence[facts.Image], number: int) -> Recorded:
        """Note a release: copies of its files, and which images it runs, which are kept.

        Args:
            stack: The stack as that release makes it.
            images: What its services run.
            number: Its number.

        Raises:
            errors.HostError: It cannot be written.
            errors.StackError: An image is not on the engine any more.
        """
        keeping.keep(stack.client, stack.project, number, images)
        place = self.directory(number)
        compose = stack.compose
        with durably.reported(_NOTE, self.home):
            recorded = Recorded(
                number=number,
                name=stack.name,
                directory=str(stack.directory),
                compose_files=copies(compose.compose_file_name or (), place / "compose"),
                env_files=copies(compose.env_file or (), place / "env"),
                mounts=copies(mounted(stack), place / "mounts"),
                images=list(images),
                roles={str(role): service for role, service in stack.roles.items()},
            )
            self.write(recorded)
        return recorded

    def write(self, recorded: Recorded) -> None:
        """Write a release's record; it is on disk when this returns."""
        durably.write(self.home / str(recorded.number) / _RELEASE, asdict(recorded))

    def note_held(self, number: int, held: Held) -> None:
        """Note what users had when a release was about to come; it is on disk when this returns."""
        durably.write(self.home / str(number) / _HELD_FILE, _HELD.dump_python(held, mode="json"))

    def held(self, number: int) -> Held:
        """What users had when a release was about to come.

        Raises:
            errors.HostError: It cannot be read.
        """
        return _read(self.home / str(number) / _HELD_FILE, _HELD)

    def settle(self, *, current: int, former: int = 0) -> None:
        """From now on one release is what runs, and another what it took the place of.

        Args:
            current: The number of what runs.
            former: The number of what one can go back to; 0 for none.
        """
        durably.write(self.home / _COURSE_FILE, asdict(_Course(current, former)))

    def every(self) -> tuple[Recorded, ...]:
        """Every release that is noted, the oldest first.

        Raises:
            errors.HostError: One cannot be read.
        """
        numbers = sorted(number for number in self._numbers() if (self.home / str(number) / _RELEASE).exists())
        return tuple(map(self.read, numbers))

    def tidy(self, client: Client, project: str) -> None:
        """Forget every release but the one that runs and the one before it: their files, and their images may go."""
        course = self._course()
        for number in self._numbers():
            if number not in {course.current, course.former}:
                keeping.forget(client, project, number)
                shutil.rmtree(self.home / str(number), ignore_errors=True)

    def remove(self) -> None:
        """Forget all of it: the project is gone.

        Raises:
            errors.HostError: It cannot be removed.
        """
        if self.home.exists():
            with durably.reported(f"remove {self.home}", self.home.parent):
                shutil.rmtree(self.home)

    def stack(self, stack: Stack, recorded: Recorded) -> Stack:
        """A stack as a release of its project made it: exactly its images, and its files as they were.

        Raises:
            errors.CheckError: Its files cannot be read, or an image is gone.
        """
        compose = project_of(
            stack.project,
            Path(recorded.directory),
            [file.usable for file in recorded.compose_files],
            [file.usable for file in recorded.env_files],
        )
        roles = {Role(role): service for role, service in recorded.roles.items()}
        then = replace(stack, name=recorded.name, compose=compose, roles=roles)
        declared = {role: service for role, service in recorded.roles.items() if role != Role.MODEL}  # may be our stub
        then = replace(then, configuration=making.read(succession.deployment_of(then, declared)))
        moved = {file.path: file.usable for file in recorded.mounts if str(file.usable) != file.path}
        return pinning.pinned(then, recorded.images, into=self.directory(recorded.number), mounts=moved)

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self.home.glob("[0-9]*") if path.name.isdecimal()]

    def _course(self) -> _Course:
        file = self.home / _COURSE_FILE
        return _read(file, _COURSE) if file.exists() else _Course()


def of(stack: Stack, state: Path) -> History:
    """The history of a stack; that of a stack of ours goes with its scratch directory.

    Args:
        stack: The stack.
        state: The directory of our own state.
    """
    if stack.live:
        return of_installation(stack.project, state)
    return History(workspace.place(stack.project) / "history")


def of_installation(project: str, state: Path) -> History:
    """The history of an installation, whether or not it runs.

    Args:
        project: Its project.
        state: The directory of our own state.
    """
    return History(state / "upgrades" / project)


def _read(file: Path, kind: TypeAdapter[_Note]) -> _Note:
    try:
        return kind.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise errors.HostError(
            "read which releases a project has run",
            expected="a record as we write it",
            actual=f"{file}: {error}",
            next_step=f"see which release runs; if that is the one you want, remove {file.parent}",
        ) from None
