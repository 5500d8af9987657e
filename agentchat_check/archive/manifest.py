"""What an archive says of itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from agentchat_check import errors, facts

FORMAT = 1
"""The format that this version writes, and the newest that it reads."""

TOOL = "agentchat-check"

FILE = "manifest.json"
DIGEST_FILE = "manifest.json.sha256"
KEY_FILE = "key.age"
"""The key of an encrypted archive's parts, closed for those who may read it."""

LIMIT = 16 << 20
"""Bytes that a manifest may have; ten thousand tables take less than half of it."""

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


Name = Annotated[str, AfterValidator(checked_name)]
Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\Z")]
Bytes = Annotated[int, Field(ge=0, strict=True)]
Utc = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Model):
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


class Key(_Model):
    """What opens an encrypted archive.

    Attributes:
        opened_by: An identity (age or ssh), or a passphrase.
        sha256: Of the file that holds it.
    """

    opened_by: Literal["identity", "passphrase"]
    sha256: Sha256


class Contents(_Model):
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
    key: Key | None
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


def stored_as(name: str, *, encrypted: bool) -> str:
    """The file of a part, relative to the archive."""
    return f"{name}.zst.age" if encrypted else f"{name}.zst"


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


def archive_name(deployment: str, taken_at: datetime) -> str:
    """The directory's name: ``agentchat-20261124T193600Z``."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in deployment).lstrip(".-")
    return f"{plain or 'backup'}-{taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
