"""One part of an archive, unpacked as far as the manifest says that it goes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import pyrage
import zstandard

from agentchat_check import errors
from agentchat_check.archive import plain_files
from agentchat_check.archive.parts import Part
from agentchat_check.archive.sealing import Key
from agentchat_check.archive.streams import CHUNK, Source, TalliedSource, Tally, pulled_through

_WINDOW = 1 << 23
"""Bytes that unpacking may look back; what we write needs a quarter of it."""


class PartSource:
    """A part's bytes.

    Attributes:
        stored: What was read of its file.
    """

    def __init__(self, path: Path, part: Part, file: BinaryIO, key: Key | None, decrypting: ExitStack) -> None:
        self.stored = TalliedSource(file)
        self._path = path
        self._part = part
        self._decrypting = decrypting
        packed: Source = self.stored
        if key:
            packed = decrypting.enter_context(pulled_through(key.decrypt, self.stored))
        self._raw = Tally()
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._unpacked = unpacker.stream_reader(packed, read_across_frames=True)  # type: ignore[arg-type] # it reads

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none at the end.

        Raises:
            errors.ArchiveError: It is damaged. This may come out at the end only.
        """
        try:
            data = self._unpacked.read(size if 0 <= size < CHUNK else CHUNK)
        except (OSError, zstandard.ZstdError, pyrage.DecryptError) as error:
            self._check_stored()
            raise self._flaw("what can be unpacked", str(error)) from None
        self._raw.add(data)
        if self._raw.bytes > self._part.raw_bytes:
            raise self._flaw(f"{self._part.raw_bytes} bytes, unpacked", "more; it was not unpacked any further")
        if not data and size:
            self._check_stored()
            self._check_raw()
        return data

    def _check_stored(self) -> None:
        """Whether the file is as it was written, which tells more than what unpacking says."""
        self._decrypting.close()
        try:
            self.stored.drain()
        except OSError as error:
            raise self._flaw("a file that can be read", error.strerror or str(error)) from None
        if self.stored.sha256() != self._part.stored_sha256:
            raise self._flaw(*plain_files.CHANGED)

    def _check_raw(self) -> None:
        if self._raw.bytes != self._part.raw_bytes:
            raise self._flaw(f"{self._part.raw_bytes} bytes, unpacked", f"{self._raw.bytes} bytes")
        if self._part.raw_sha256 not in {None, self._raw.sha256()}:
            raise self._flaw("what the manifest says", "something else was packed")

    def _flaw(self, expected: str, actual: str) -> errors.ArchiveError:
        return plain_files.damaged(self._path, self._part.name, expected, actual)
