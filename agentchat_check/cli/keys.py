"""What closes and opens archives, as it is told on the command line."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import errors
from agentchat_check.archive import reading
from agentchat_check.archive.reading import Archive
from agentchat_check.archive.sealing import Identity, Sealing


def sealing(recipients: list[str] | None, passphrase_file: Path | None) -> Sealing:
    """How an archive is closed: for whom, or with a passphrase; in plain text where nothing is said.

    Raises:
        errors.ArchiveError: There is no passphrase in the file.
    """
    passphrase = _first_line(passphrase_file) if passphrase_file else ""
    return Sealing(tuple(recipients or ()), passphrase)


def opened(archive: Path, identity: Path | None, passphrase_file: Path | None) -> Archive:
    """An archive, with the key that was named.

    Raises:
        errors.ArchiveError: It is none, or the key cannot be read.
    """
    return reading.open_archive(archive, key(identity, passphrase_file))


def key(identity: Path | None, passphrase_file: Path | None) -> Identity | None:
    """What opens archives; None where nothing was named.

    Raises:
        errors.ArchiveError: It cannot be read.
    """
    if identity:
        return Identity.of_file(identity)
    return Identity.of_passphrase(_first_line(passphrase_file)) if passphrase_file else None


def _first_line(file: Path) -> str:
    try:
        passphrase = next(iter(file.read_text().splitlines()), "")
        flaw = "" if passphrase else "its first line is empty"
    except OSError as error:
        flaw = error.strerror or str(error)
    except UnicodeDecodeError:
        flaw = "it is no text"
    if flaw:
        raise errors.ArchiveError(
            f"read the passphrase in {file}",
            expected="a file whose first line it is",
            actual=flaw,
            next_step="name the file that holds it",
        )
    return passphrase
