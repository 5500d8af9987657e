"""The parts of an archive: what they may be called, and what is written down of each."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SECRETS = "configuration/secrets/"
"""Parts below this are never written in plain text."""

_FOLDERS = ("database", "cache", "files", "configuration")
_LONGEST_NAME = 240
"""Bytes of one component of a part's name; with its suffix it is still a file name on every usual system."""
_LONGEST_PATH = 1024


def checked_name(name: str) -> str:
    """A part's name: below one of the four folders, plain all the way down.

    Raises:
        ValueError: It is none: absolute, climbing, hidden or unprintable, too long, or somewhere else.
    """
    folder, *rest = name.split("/")
    if folder not in _FOLDERS or not rest:
        raise ValueError(f"a part lies below one of {', '.join(_FOLDERS)}")
    for component in rest:
        if component in {"", ".", ".."} or not component.isprintable() or "\\" in component:
            raise ValueError("a part's name has an empty, climbing or unprintable component")
        if len(component.encode()) > _LONGEST_NAME:
            raise ValueError(f"a component of a part's name has at most {_LONGEST_NAME} bytes")
    if len(name.encode()) > _LONGEST_PATH:
        raise ValueError(f"a part's name has at most {_LONGEST_PATH} bytes")
    return name


def stored_as(name: str, *, encrypted: bool) -> str:
    """The file of a part, relative to the archive."""
    return f"{name}.zst.age" if encrypted else f"{name}.zst"


Name = Annotated[str, AfterValidator(checked_name)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(ge=0, strict=True)]


class Strict(BaseModel):
    """A model that takes what it knows, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(Strict):
    """One part.

    Attributes:
        name: Its name, without the suffix of its file.
        raw_bytes: What it holds.
        raw_sha256: Of what it holds; None for a part of secrets, since a digest lets a short one be guessed.
        stored_bytes: Its file's size.
        stored_sha256: Of its file.
    """

    name: Name
    raw_bytes: Bytes
    raw_sha256: Sha256 | None
    stored_bytes: Bytes
    stored_sha256: Sha256

    @property
    def is_secret(self) -> bool:
        """Whether it may lie on disk encrypted only."""
        return self.name.startswith(SECRETS)
