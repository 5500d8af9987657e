"""A directory of archives: what is in it, and what is cleared away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from agentchat_check import errors
from agentchat_check.archive import places, reading
from agentchat_check.archive.reading import Progress
from agentchat_check.archive.retention import Retention, reasons

_VERIFIES = "newest that verifies"


@dataclass(frozen=True, slots=True)
class Entry:
    """An archive, as a look at its manifest and its files' sizes shows it.

    Attributes:
        path: Its directory.
        taken_at: When it was taken, UTC.
        deployment: Of which deployment; "" where its manifest cannot be read, as are the next three.
        project: Of which compose project.
        method: How the database was copied.
        bytes: What its parts take on the disk.
        is_encrypted: Whether they are encrypted.
        flaw: Why it is not complete, or "".
    """

    path: Path
    taken_at: datetime
    deployment: str = ""
    project: str = ""
    method: str = ""
    bytes: int = 0
    is_encrypted: bool = False
    flaw: str = ""

    @property
    def name(self) -> str:
        """Its directory's name."""
        return self.path.name

    @property
    def is_complete(self) -> bool:
        """Whether every file is there with its size, and nothing else; whether they hold what they should is open."""
        return not self.flaw


@dataclass(frozen=True, slots=True)
class Leftover:
    """What is no archive, but may become one or was one.

    Attributes:
        path: Its directory.
        in_use: Whether somebody works on it; what nobody works on is cleared away by ``prune``.
    """

    path: Path
    in_use: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory holds of ours.

    Attributes:
        entries: The archives, newest first.
        leftovers: What is no archive, by name.
    """

    entries: tuple[Entry, ...]
    leftovers: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive that is kept.

    Attributes:
        entry: The archive.
        reasons: Why: ``last``, ``daily``, ``weekly``, ``monthly``, ``newest that verifies``; ``none
            verifies`` of its project; or what is wrong with it.
    """

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pruning:
    """What was cleared away, or would be.

    Attributes:
        kept: Archives that stay, newest first; with them those that are not complete, which a person has to look at.
        removed: Archives that go, newest first.
        leftovers: What is no archive and goes.
    """

    kept: tuple[Kept, ...]
    removed: tuple[Entry, ...]
    leftovers: tuple[Path, ...]


def list_archives(shelf: Path) -> Listing:
    """What a directory holds of ours. What is of others is passed over.

    Raises:
        errors.ArchiveError: There is no such directory.
    """
    try:
        found = sorted(shelf.iterdir())
    except OSError as error:
        raise errors.ArchiveError(
            f"list the archives in {shelf}",
            expected="a directory",
            actual=error.strerror or str(error),
            next_step="name the directory that the backups were written to",
        ) from None
    entries = [entry for path in found if path.is_dir() and not path.name.startswith(".") for entry in _entries(path)]
    directories = {path for path in found if places.is_temporary(path)}
    directories |= {path.with_suffix("") for path in found if places.is_lock(path)}
    return Listing(
        tuple(sorted(entries, key=lambda entry: (entry.taken_at, entry.name), reverse=True)),
        tuple(Leftover(path, places.is_held(path)) for path in sorted(directories)),
    )


def prune(shelf: Path, retention: Retention, *, dry_run: bool = False, on_progress: Progress | None = None) -> Pruning:
    """Clear away archives that need not be kept, and what killed backups left.

    Each project's archives are chosen among themselves. An archive that is not complete neither counts nor goes. The
    newest of a project that verifies never goes: where anything is to go, archives are read as a whole until one does.

    Args:
        shelf: The directory of the archives.
        retention: How many are kept.
        dry_run: Say what would go, and leave it.
        on_progress: Is told of bytes read while an archive is verified.

    Raises:
        errors.ArchiveError: There is no such directory.
        errors.HostError: Something cannot be removed.
    """
    listing = list_archives(shelf)
    kept = [Kept(entry, (entry.flaw,)) for entry in listing.entries if entry.flaw]
    removed: list[Entry] = []
    for group in _by_project(entry for entry in listing.entries if entry.is_complete):
        stays, goes = _chosen(group, retention, lambda entry: _verifies(entry, on_progress))
        kept += stays
        removed += goes
    leftovers = [leftover.path for leftover in listing.leftovers if not leftover.in_use]
    if not dry_run:
        for entry in removed:
            places.remove(entry.path)
        leftovers = [path for path in leftovers if places.clear(path)]
    return Pruning(
        tuple(sorted(kept, key=lambda kept: kept.entry.taken_at, reverse=True)),
        tuple(sorted(removed, key=lambda entry: entry.taken_at, reverse=True)),
        tuple(leftovers),
    )


def _chosen(
    group: list[Entry], retention: Retention, verifies: Callable[[Entry], bool]
) -> tuple[list[Kept], list[Entry]]:
    """What stays of one project's archives, newest first, and what goes."""
    why = reasons([entry.taken_at for entry in group], retention)
    if all(why):
        return [Kept(*pair) for pair in zip(group, why, strict=True)], []
    last = next((index for index, entry in enumerate(group) if verifies(entry)), None)
    if last is None:
        return [Kept(entry, names or ("none verifies",)) for entry, names in zip(group, why, strict=True)], []
    why[last] = why[last] or (_VERIFIES,)
    stays = [Kept(entry, names) for entry, names in zip(group, why, strict=True) if names]
    return stays, [entry for entry, names in zip(group, why, strict=True) if not names]


def _by_project(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The archives of each project, in the order given."""

    def project(entry: Entry) -> tuple[str, str]:
        return entry.deployment, entry.project

    return [list(group) for _, group in groupby(sorted(entries, key=project), project)]


def _verifies(entry: Entry, on_progress: Progress | None) -> bool:
    try:
        reading.open_archive(entry.path).check_stored(on_progress)
    except errors.ArchiveError:
        return False
    return True


def _entries(path: Path) -> list[Entry]:
    """The archive that a directory is, or was; none if it is of others."""
    try:
        archive = reading.open_archive(path)
    except errors.ArchiveError as error:
        taken_at = places.time_of(path.name)
        return [Entry(path, taken_at, flaw=_flaw(error))] if taken_at else []
    try:
        archive.check_names()
        flaw = ""
    except errors.ArchiveError as error:
        flaw = _flaw(error)
    manifest = archive.manifest
    return [
        Entry(
            path=path,
            taken_at=manifest.taken_at,
            deployment=manifest.deployment,
            project=manifest.project,
            method=manifest.method,
            bytes=manifest.stored_bytes,
            is_encrypted=manifest.is_encrypted,
            flaw=flaw,
        )
    ]


def _flaw(error: errors.ArchiveError) -> str:
    """What is wrong, in one line."""
    return f"{error.tried}: {error.actual}".replace("\n", "; ")
