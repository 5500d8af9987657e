"""An archive, read with suspicion: nothing in it is believed before it was seen to be so."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from agentchat_check import errors
from agentchat_check.archive import manifest as manifests
from agentchat_check.archive import plain_files
from agentchat_check.archive.manifest import Manifest
from agentchat_check.archive.parts import Part
from agentchat_check.archive.sealing import Identity, Key, wrong_key
from agentchat_check.archive.streams import CHUNK, TalliedSource, Tally
from agentchat_check.archive.unpacking import PartSource

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""

_NAMES = (manifests.FILE, manifests.DIGEST_FILE)

_NAMED = "what the manifest names, and nothing else"


def open_archive(path: Path, identity: Identity | None = None) -> Archive:
    """Open an archive: its manifest is read and validated, and its key tried; its parts are not looked at.

    Args:
        path: The archive's directory.
        identity: What opens it, if it is encrypted. Without it everything but the parts' contents can be seen.

    Raises:
        errors.ArchiveError: It is none, damaged, of a newer version, or the key is wrong.
    """
    for name in _NAMES:
        if not os.path.lexists(path / name):
            raise manifests.foreign(str(path), f"no {name} in it" if path.is_dir() else "no such directory")
    written, digest = (plain_files.small(path, name, limit=manifests.LIMIT) for name in _NAMES)
    manifest = manifests.parse(written, digest, where=str(path))
    key = None
    if manifest.key and identity:
        closed = plain_files.small(path, manifests.KEY_FILE, limit=manifests.LIMIT)
        tally = Tally()
        tally.add(closed)
        if tally.sha256() != manifest.key.sha256:
            raise plain_files.damaged(path, manifests.KEY_FILE, *plain_files.CHANGED)
        key = identity.open(closed, manifest.key.opened_by, where=str(path))
    return Archive(path, manifest, key)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is there.

    Attributes:
        path: Its directory.
        manifest: What it says of itself.
    """

    path: Path
    manifest: Manifest
    _key: Key | None = field(repr=False)

    def verify(self, on_progress: Progress | None = None) -> None:
        """See that every part is whole and can be read, and that there is nothing else. Writes nothing.

        Args:
            on_progress: Is told of stored bytes.

        Raises:
            errors.ArchiveError: It is not so, or the key is missing.
        """
        self.check_names()
        done = _Counted(self.manifest.stored_bytes, on_progress)
        for part in self.manifest.parts:
            with self._unpacked(part) as source:
                while source.read(CHUNK):
                    done.tell(source.stored.bytes)
            done.add(part.stored_bytes)

    def check_stored(self, on_progress: Progress | None = None) -> None:
        """See that every file is as it was written, and that there is nothing else; needs no key.

        Args:
            on_progress: Is told of stored bytes.

        Raises:
            errors.ArchiveError: It is not so.
        """
        self.check_names()
        if self.manifest.key:
            self._check_file(manifests.KEY_FILE, None, self.manifest.key.sha256)
        done = _Counted(self.manifest.stored_bytes, on_progress)
        for part in self.manifest.parts:
            self._check_file(self.manifest.file(part), part.stored_bytes, part.stored_sha256)
            done.add(part.stored_bytes)

    def check_names(self) -> None:
        """See that every file is there with its size, and that there is nothing else; opens none.

        Raises:
            errors.ArchiveError: It is not so.
        """
        sizes: dict[str, int | None] = {manifests.FILE: None, manifests.DIGEST_FILE: None}
        if self.manifest.key:
            sizes[manifests.KEY_FILE] = None
        sizes |= {self.manifest.file(part): part.stored_bytes for part in self.manifest.parts}
        folders = {folder for name in sizes for folder in _ancestors(name)}
        for name, found in plain_files.everything(self.path):
            if stat.S_ISDIR(found.st_mode):
                if name not in folders:
                    raise plain_files.damaged(self.path, name, _NAMED, "a directory")
            elif name not in sizes:
                raise plain_files.damaged(self.path, name, _NAMED, plain_files.kind(found))
            else:
                plain_files.check_plain(self.path, name, found)
                self._check_size(name, sizes.pop(name), found)
        for name in sizes:
            raise plain_files.damaged(self.path, name, "a file", "it is missing")

    def part(self, name: str) -> AbstractContextManager[PartSource]:
        """Read a part; at its end it was seen to be whole. It may be left before its end, and then was not.

        Args:
            name: The part's.

        Raises:
            errors.ArchiveError: There is none, it is damaged, or the key is missing. What was read until then is to be
                thrown away.
        """
        part = next((part for part in self.manifest.parts if part.name == name), None)
        if not part:
            raise plain_files.damaged(self.path, name, "a part", "the manifest names none")
        return self._unpacked(part)

    @contextmanager
    def _unpacked(self, part: Part) -> Iterator[PartSource]:
        if self.manifest.key and not self._key:
            raise wrong_key(str(self.path), self.manifest.key.opened_by, "nothing was given")
        with ExitStack() as stack:
            file = stack.enter_context(self._opened(self.manifest.file(part), part.stored_bytes))
            yield PartSource(self.path, part, file, self._key, stack.enter_context(ExitStack()))

    def _check_file(self, name: str, size: int | None, sha256: str) -> None:
        with self._opened(name, size) as file:
            stored = TalliedSource(file)
            stored.drain()
        if stored.sha256() != sha256:
            raise plain_files.damaged(self.path, name, *plain_files.CHANGED)

    def _opened(self, name: str, size: int | None) -> BinaryIO:
        file = plain_files.opened(self.path, name)
        try:
            self._check_size(name, size, os.fstat(file.fileno()))
        except errors.ArchiveError:
            file.close()
            raise
        return file

    def _check_size(self, name: str, size: int | None, found: os.stat_result) -> None:
        if size is not None and found.st_size != size:
            raise plain_files.damaged(self.path, name, f"{size} bytes", f"{found.st_size} bytes")


class _Counted:
    """Progress over several files."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self._done = 0
        self._total = total
        self._on_progress = on_progress

    def tell(self, of_this_file: int) -> None:
        if self._on_progress:
            self._on_progress(self._done + of_this_file, self._total)

    def add(self, file: int) -> None:
        self._done += file
        self.tell(0)


def _ancestors(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name
