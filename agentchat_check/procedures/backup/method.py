"""The two ways to back a database up, behind one interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Protocol

from agentchat_check import facts
from agentchat_check.archive.streams import Sink, Source

RANGES = "database/ranges.ndjson"
"""The part with the digests of each table's rows, range by range: by it a difference is narrowed down."""


class Draft(Protocol):
    """An archive that is being written."""

    def part(self, name: str, /, *, quick: bool = False) -> AbstractContextManager[Sink]:
        """Write one of its parts, by name; a quick one where time counts more than size."""


class Archived(Protocol):
    """An archive that is there."""

    def part(self, name: str, /) -> AbstractContextManager[Source]:
        """Read one of its parts, by name."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a backup of a database shows.

    Attributes:
        cut: The moment.
        database: The database at that moment.
    """

    cut: facts.CutLine
    database: facts.DatabaseState


class Restoration(Protocol):
    """A restore, in steps; the database runs before each of them and after it.

    Whoever is killed between two of them begins anew with the first: what was half done is cleared away, and the
    original is in its place again.
    """

    def stage(self) -> None:
        """Bring the archive's data to the database's side; what is there stays as it is."""

    def swap(self) -> None:
        """Put what was staged into the place of what is there, which is kept. Nobody may use the database meanwhile."""

    def put_back(self) -> None:
        """Undo the swap, if there was one, and throw away what was staged."""

    def confirm(self) -> None:
        """Throw away what was there before the swap."""


class Method(Protocol):
    """A way to back a database up."""

    def take(self, draft: Draft, *, at_the_cut: Callable[[], None]) -> Taken:
        """Copy the database into an archive's parts.

        Args:
            draft: The archive.
            at_the_cut: Called while nobody can write: what has to agree with the database is begun here, in no time.
        """

    def recover(self, archive: Archived) -> None:
        """Have the database run where a restore of this archive was killed; a swap that was begun is undone before.

        A server that is started on half of its files may take them for none, and make new ones.

        Raises:
            errors.CheckError: It does not come up.
        """

    def restoration(self, archive: Archived, state: facts.DatabaseState) -> Restoration:
        """Prepare a restore; changes nothing.

        Args:
            archive: The archive, verified.
            state: What it says the database was.

        Raises:
            errors.CheckError: It cannot be restored here; the error says why.
        """


def write_ranges(draft: Draft, pieces: Iterable[facts.RangeDigest]) -> None:
    """Keep the digests of each range in the archive."""
    with draft.part(RANGES) as sink:
        for piece in pieces:
            sink.write(json.dumps(asdict(piece), ensure_ascii=False).encode() + b"\n")


def read_ranges(archive: Archived) -> tuple[facts.RangeDigest, ...]:
    """The digests of each range, as an archive has them."""
    with archive.part(RANGES) as source:
        whole = b"".join(iter(lambda: source.read(1 << 20), b""))
    return tuple(facts.RangeDigest(**json.loads(line)) for line in whole.splitlines())
