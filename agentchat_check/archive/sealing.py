"""Who may read an archive.

An encrypted archive has a key of its own. Its parts are encrypted for it, and the key lies beside them in ``key.age``,
encrypted for the recipients or with a passphrase. So a wrong key is told from damage at once, and age's own command
opens an archive without us::

    age --decrypt --identity identity.txt key.age > key.txt
    age --decrypt --identity key.txt database/tables/dialog.sql.zst.age | zstd --decompress
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyrage

from agentchat_check import errors
from agentchat_check.archive.streams import Sink, Source

_LONGEST_IDENTITY = 1 << 20
"""Bytes of a file of identities."""

OpenedBy = Literal["identity", "passphrase"]

_AgeIdentity = pyrage.x25519.Identity | pyrage.ssh.Identity
_AgeRecipient = pyrage.x25519.Recipient | pyrage.ssh.Recipient


class Key:
    """The key of one archive's parts."""

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity

    @classmethod
    def new(cls) -> Key:
        """A key that nobody had before."""
        return cls(pyrage.x25519.Identity.generate())

    def text(self) -> bytes:
        """The key as age writes it in a file."""
        return f"{self._identity}\n".encode()

    def encrypt(self, source: Source, sink: Sink) -> None:
        """Encrypt all of a source."""
        pyrage.encrypt_io(source, sink, [self._identity.to_public()])  # type: ignore[arg-type] # it calls read and write

    def decrypt(self, source: Source, sink: Sink) -> None:
        """Decrypt all of a source.

        Raises:
            pyrage.DecryptError: It was encrypted for another key, or its beginning is damaged.
            OSError: It is damaged.
        """
        pyrage.decrypt_io(source, sink, [self._identity])  # type: ignore[arg-type] # likewise


@dataclass(frozen=True, slots=True)
class Sealing:
    """For whom a new archive is encrypted: nothing given, for nobody.

    Attributes:
        recipients: Public keys: ``age1…``, or as ssh writes them.
        passphrase: A passphrase instead.

    Raises:
        errors.ArchiveError: A recipient is none, or both were given.
    """

    recipients: tuple[str, ...] = ()
    passphrase: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """See that it can be used."""
        if self.recipients and self.passphrase:
            raise errors.ArchiveError(
                "encrypt the archive",
                expected="recipients or a passphrase",
                actual="both, which age does not do",
                next_step="choose one of them",
            )
        _parsed(self.recipients)

    @property
    def encrypts(self) -> bool:
        """Whether anything is encrypted."""
        return bool(self.recipients or self.passphrase)

    @property
    def opened_by(self) -> OpenedBy:
        """What opens the archive."""
        return "passphrase" if self.passphrase else "identity"

    def close(self, key: Key) -> bytes:
        """An archive's key, encrypted; with a passphrase this takes seconds and some hundred MiB, on purpose."""
        if self.passphrase:
            return pyrage.passphrase.encrypt(key.text(), self.passphrase)
        return pyrage.encrypt(key.text(), _parsed(self.recipients))


@dataclass(frozen=True, slots=True)
class Identity:
    """What opens an encrypted archive.

    Attributes:
        identities: Private keys.
        passphrase: A passphrase instead.
        told: Where it came from, for errors.
    """

    identities: tuple[_AgeIdentity, ...] = field(default=(), repr=False)
    passphrase: str = field(default="", repr=False)
    told: str = "the passphrase"

    @classmethod
    def of_file(cls, path: Path) -> Identity:
        """The private keys of a file: as age-keygen writes it, or an ssh key without a passphrase.

        Raises:
            errors.ArchiveError: It cannot be read, or is none.
        """
        tried = f"read the identity file {path}"
        try:
            with path.open("rb") as file:
                written = file.read(_LONGEST_IDENTITY)
        except OSError as error:
            raise errors.ArchiveError(
                tried, actual=error.strerror or str(error), next_step="name the file that holds the private key"
            ) from None
        try:
            return cls(tuple(_identities(written)), told=str(path))
        except (pyrage.IdentityError, ValueError) as error:
            raise errors.ArchiveError(
                tried,
                expected="lines that begin with AGE-SECRET-KEY-, or a private key of ssh without a passphrase",
                actual=str(error),
                next_step="name the private half of one of the keys that the archive was encrypted for",
            ) from None

    @classmethod
    def of_passphrase(cls, passphrase: str) -> Identity:
        """A passphrase."""
        return cls(passphrase=passphrase)

    def open(self, closed: bytes, opened_by: OpenedBy, *, where: str) -> Key:
        """The key of an archive.

        Args:
            closed: The key, encrypted.
            opened_by: What it says that opens it.
            where: The archive's path, for errors.

        Raises:
            errors.ArchiveError: This opens it not.
        """
        given = "passphrase" if self.passphrase else "identity"
        if given != opened_by:
            raise wrong_key(where, opened_by, f"an {given}" if given == "identity" else f"a {given}")
        try:
            if self.passphrase:
                text = pyrage.passphrase.decrypt(closed, self.passphrase)
            else:
                text = pyrage.decrypt(closed, self.identities)
            return Key(pyrage.x25519.Identity.from_str(text.decode().strip()))
        except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError):
            raise wrong_key(where, opened_by, f"{self.told} does not open it") from None


def wrong_key(where: str, opened_by: OpenedBy, actual: str) -> errors.ClosedArchiveError:
    """What is closed to us."""
    kept = {"identity": "the private key of one of its recipients", "passphrase": "the passphrase it was closed with"}
    return errors.ClosedArchiveError(
        f"open the encrypted archive {where}",
        expected=kept[opened_by],
        actual=actual,
        next_step="give the right one; without it nobody can read this archive",
    )


def _parsed(recipients: Sequence[str]) -> list[_AgeRecipient]:
    """The recipients as age takes them; what is none is not repeated, since it may be a private key."""
    parsed: list[_AgeRecipient] = []
    for number, text in enumerate(map(str.strip, recipients), 1):
        kind = pyrage.x25519.Recipient if text.startswith("age1") else pyrage.ssh.Recipient
        try:
            parsed.append(kind.from_str(text))
        except pyrage.RecipientError as error:
            raise errors.ArchiveError(
                f"encrypt the archive for recipient {number} of {len(recipients)}",
                expected="a public key: age1…, ssh-ed25519 … or ssh-rsa …",
                actual=str(error),
                next_step="`age-keygen -y` prints the public half of a private key",
            ) from None
    return parsed


def _identities(written: bytes) -> list[_AgeIdentity]:
    if b"PRIVATE KEY-----" in written:
        return [pyrage.ssh.Identity.from_buffer(written)]
    lines = (line.strip() for line in written.decode().splitlines())
    found: list[_AgeIdentity] = [
        pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")
    ]
    if not found:
        raise ValueError("no key is in it")
    return found
