"""A release as it runs or ran: which images, and copies of its files as they were."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check import facts
from agentchat_check.stack.running import Stack

_LARGEST = 2**20
"""Bytes of a mounted file that is taken for configuration, and copied."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release.

    Attributes:
        path: Where the release has it.
        copy: Where our copy of it is.
    """

    path: str
    copy: str

    @property
    def usable(self) -> Path:
        """The file itself while it is what it was, else the copy."""
        path, copy = Path(self.path), Path(self.copy)
        return path if path.is_file() and path.read_bytes() == copy.read_bytes() else copy


@dataclass(frozen=True, slots=True)
class Recorded:
    """A release of a project, as it runs or ran there.

    Attributes:
        number: Which one it is; they are counted for each project.
        name: What it is called.
        directory: Its compose directory.
        compose_files: Its compose files, in order.
        env_files: Its env files, in order.
        mounts: Files that its services read through bind mounts.
        images: What each service runs.
        roles: The service that plays each role.
        archive: The backup of what was there before it came; "" where none was taken.
        our_users: Names of the accounts that were made to try it.
        our_files: Names of the files that were written to try it.
    """

    number: int
    name: str
    directory: str
    compose_files: list[File]
    env_files: list[File]
    mounts: list[File]
    images: list[facts.Image]
    roles: dict[str, str] = field(default_factory=dict)
    archive: str = ""
    our_users: list[str] = field(default_factory=list)
    our_files: list[str] = field(default_factory=list)


def mounted(stack: Stack) -> Iterator[str]:
    """The files of its own directory that a stack's services read through bind mounts."""
    for service in stack.configuration.services.values() if stack.configuration and stack.live else ():
        for volume in service.get("volumes") or ():
            path = Path(volume.get("source") or "")
            inside = volume.get("type") == "bind" and path.is_relative_to(stack.directory)
            if inside and path.is_file() and path.stat().st_size <= _LARGEST:
                yield str(path)


def copies(files: Iterable[str], into: Path) -> list[File]:
    """Copies for their owner alone, each in a directory of its own, for names say what a file is."""
    shutil.rmtree(into, ignore_errors=True)
    made = []
    for number, path in enumerate(dict.fromkeys(files)):
        copy = into / str(number) / Path(path).name
        copy.parent.mkdir(mode=0o700, parents=True)
        copy.touch(mode=0o600)
        copy.write_bytes(Path(path).read_bytes())
        made.append(File(path, str(copy)))
    return made
