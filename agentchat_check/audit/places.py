"""Where something stands, and the text it stands in."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from agentchat_check import errors

LARGEST = 2**20
"""Bytes of a file that configures a deployment; a larger one is data, or a mistake."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; the first is 1."""

    file: Path
    line: int = 1


def text_of(path: Path, *, largest: int = LARGEST) -> str:
    """The text of a file that has to be readable, without a byte order mark.

    Raises:
        errors.DeploymentError: It is no plain file, too large, not to be opened, or not UTF-8.
    """
    try:
        if not path.is_file():
            raise unreadable(path, "it is no plain file" if path.exists() else "there is no such file")
        size = path.stat().st_size
        if size > largest:
            raise unreadable(path, f"it has {size:,} bytes; more than {largest:,} are not read")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise unreadable(path, f"byte {error.start + 1} is not UTF-8") from None


def text_if_any(path: Path, *, largest: int = LARGEST) -> str | None:
    """The text of a file that may be anything; None where it is not a text, or not to be read."""
    try:
        if not path.is_file() or path.stat().st_size > largest:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell writes them
        return content.decode("utf-16", "replace")
    return None if b"\0" in content else content.decode("utf-8-sig", "replace")


def unreadable(path: Path, why: str, *, expected: str = "a file that can be read") -> errors.DeploymentError:
    """The one error for files that cannot be read."""
    return errors.DeploymentError(
        f"read {path}", expected=expected, actual=why, next_step=f"correct {path.name}, or name another file"
    )
