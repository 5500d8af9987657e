"""What containers keep where it goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file that a container has written outside of every volume that stays.

    Attributes:
        path: Where.
        digest: Of its content; "" where it could not be read.
        volume: Whether it lies in a volume without a name, which the next container does not find.
    """

    path: str
    digest: str
    volume: bool = False


@dataclass(frozen=True, slots=True)
class Layers:
    """What the containers of a stack have written outside of every volume that stays.

    Attributes:
        files: By service.
    """

    files: Mapping[str, tuple[LayerFile, ...]]
