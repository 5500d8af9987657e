"""What an archive says of itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from agentchat_check import errors, facts
from agentchat_check.archive.parts import Part, Sha256, Strict, stored_as
from agentchat_check.archive.sealing import OpenedBy

FORMAT: Final = 1
"""The format that this version writes, and the newest that it reads."""

TOOL: Final = "agentchat-check"

FILE = "manifest.json"
DIGEST_FILE = "manifest.json.sha256"
KEY_FILE = "key.age"
"""The key of an encrypted archive's parts, closed for those who may read it."""

LIMIT = 16 << 20
"""Bytes that a manifest may have; ten thousand tables take less than half of it."""

Utc = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]


class KeyFile(Strict):
    """What opens an encrypted archive.

    Attributes:
        opened_by: An identity (age or ssh), or a passphrase.
        sha256: Of the file that holds it.
    """

    opened_by: OpenedBy
    sha256: Sha256


class Contents(Strict):
    """What was backed up, as those say it who did it.

    Attributes:
        taken_at: When the backup began, UTC.
        deployment: The deployment's name.
        project: The compose project.
        method: How the database was copied.
        hot: Whether the application ran meanwhile.
        images: What the services ran from.
        cut: The moment that it shows.
        database: The database at that moment.
        cache: The cache at that moment; None where there is none.
        files: Volumes and bind mounts of the other services.
        omissions: Data that is not in it.
    """

    taken_at: Utc
    deployment: str = Field(min_length=1)
    project: str
    method: Literal["logical", "physical"]
    hot: bool
    images: tuple[facts.Image, ...]
    cut: facts.CutLine
    database: facts.DatabaseState
    cache: facts.CacheState | None
    files: tuple[facts.FileTree, ...]
    omissions: tuple[facts.Omission, ...]

    @field_validator("cut")
    @classmethod
    def _is_utc(cls, cut: facts.CutLine) -> facts.CutLine:
        if cut.at.utcoffset() != timedelta(0):
            raise ValueError("the cut line's time is UTC")
        return cut


class Manifest(Contents):
    """The whole manifest.

    Attributes:
        tool: Who wrote it.
        format: Of the archive.
        tool_version: Of who wrote it.
        encryption: Of every part.
        key: What opens it; None without encryption.
        secrets: What became of the deployment's secrets.
        parts: By name.
    """

    tool: Literal["agentchat-check"]
    format: Literal[1]
    tool_version: str
    encryption: Literal["none", "age"]
    key: KeyFile | None
    secrets: Literal["encrypted", "left out"]
    parts: tuple[Part, ...]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        names = [part.name for part in self.parts]
        if len(set(names)) != len(names):
            raise ValueError("two parts have one name")
        if self.is_encrypted != (self.key is not None):
            raise ValueError("an archive has a key if it is encrypted, and only then")
        has_secrets = any(part.is_secret for part in self.parts)
        if has_secrets != (self.secrets == "encrypted") or (has_secrets and not self.is_encrypted):
            raise ValueError("secrets are encrypted, or left out")
        if any((part.raw_sha256 is None) != part.is_secret for part in self.parts):
            raise ValueError("every part but those of secrets has the digest of what it holds")
        return self

    @property
    def is_encrypted(self) -> bool:
        """Whether its parts are."""
        return self.encryption == "age"

    @property
    def stored_bytes(self) -> int:
        """The size of all parts' files."""
        return sum(part.stored_bytes for part in self.parts)

    def file(self, part: Part) -> str:
        """The file of a part, relative to the archive."""
        return stored_as(part.name, encrypted=self.is_encrypted)

    def written(self) -> bytes:
        """The manifest as it is written."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def digest_line(written: bytes) -> bytes:
    """What lies beside a manifest, as ``sha256sum --check`` reads it."""
    return f"{hashlib.sha256(written).hexdigest()}  {FILE}\n".encode()


class _Head(BaseModel):
    """What every format has in common."""

    tool: str
    format: Annotated[int, Field(strict=True)]


def parse(written: bytes, digest: bytes, *, where: str) -> Manifest:
    """Read a manifest.

    Args:
        written: The manifest's file.
        digest: The file that lies beside it.
        where: The archive's path, for errors.

    Raises:
        errors.ArchiveError: It was changed since it was written, or is of another tool, or of a newer version of ours.
    """
    tried = f"read the archive {where}"
    if digest != digest_line(written):
        raise errors.ArchiveError(
            tried,
            expected=f"{FILE} as it was written, by {DIGEST_FILE}",
            actual="the one or the other was changed since, or is damaged",
            next_step="use another copy of this archive, or an older archive",
        )
    try:
        head = _Head.model_validate_json(written)
    except ValidationError:
        head = _Head(tool="", format=0)
    if head.tool != TOOL:
        raise foreign(where, f"{FILE} was written by something else")
    if head.format > FORMAT:
        raise errors.ArchiveError(
            tried,
            expected=f"format {FORMAT} or older",
            actual=f"format {head.format}",
            next_step="use the version of agentchat-check that took this backup, or a newer one",
        )
    try:
        return Manifest.model_validate_json(written)
    except ValidationError as error:
        flaws = [f"{'.'.join(map(str, e['loc'])) or FILE}: {e['msg']}" for e in error.errors(include_input=False)]
        raise errors.ArchiveError(
            tried,
            expected=f"a manifest of format {FORMAT}",
            actual="\n".join(flaws[:3] + ["…"] * (len(flaws) > 3)),  # noqa: PLR2004 - the first few tell enough
            next_step="use another copy of this archive, or an older archive",
        ) from None


def foreign(where: str, actual: str) -> errors.ArchiveError:
    """What is not ours."""
    return errors.ArchiveError(
        f"read the archive {where}",
        expected=f"a directory that agentchat-check wrote, with {FILE} and {DIGEST_FILE}",
        actual=actual,
        next_step="name an archive: `agentchat-check backup list` shows those of a directory",
    )
