"""How the procedures see an archive: something that parts are written to, and read from, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Sink(Protocol):
    """Where a part's bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


class Source(Protocol):
    """Where a part's bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, at most so many; none at its end."""


Part = Callable[[str], AbstractContextManager[Sink]]
"""Opens a part of an archive that is being written, by its name."""

Parts = Callable[[str], AbstractContextManager[Source]]
"""Opens a part of an archive that is read, by its name."""
