"""Tar streams read and written without a look ahead or back: what is damaged or cut is told from the end."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from agentchat_check import errors as our_errors
from agentchat_check.archive.streams import CHUNK, Sink, Source

_LONGEST_HEADER = 1 << 20
"""Bytes of an extended header: a file's longest names, and what is attached to it."""

_HEADERS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
_END = 2 * tarfile.BLOCKSIZE
"""Bytes of zeros at the end of a tar stream."""


def members(source: Source) -> Iterator[tuple[tarfile.TarInfo, Source | None]]:
    """The members of a tar stream, in order, and what is in those that are files, to be read before the next one.

    Raises:
        tarfile.TarError: The stream is damaged, or ends early.
    """
    counted = _Counted(source)
    incoming = tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|", tarinfo=_Member, bufsize=CHUNK)  # noqa: SIM115 - closing it would do nothing
    end = 0
    while member := incoming.next():
        incoming.members.clear()  # type: ignore[attr-defined] # tarfile would keep them all
        is_file = member.isreg() and not member.issparse()
        end = member.offset_data + (-(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE if is_file else 0)
        yield member, cast("IO[bytes]", incoming.extractfile(member)) if is_file else None
    while counted.read(CHUNK):
        pass
    if counted.bytes < end + _END:
        raise tarfile.ReadError("unexpected end of data")


class Outgoing:
    """A tar stream that is being written; one that is not finished is seen to be cut."""

    def __init__(self, sink: Sink) -> None:
        self._end = _End(sink)
        end = cast("IO[bytes]", self._end)
        self._tar = tarfile.TarFile(fileobj=end, mode="w", format=tarfile.PAX_FORMAT, copybufsize=CHUNK)

    def add(self, member: tarfile.TarInfo, content: Source | None) -> None:
        """Write a member, and what is in it."""
        self._tar.addfile(member, cast("IO[bytes] | None", content))
        self._tar.members.clear()  # type: ignore[attr-defined] # tarfile would keep them all

    def finish(self) -> None:
        """Write the end."""
        self._tar.close()


@contextmanager
def reported(tried: str) -> Iterator[None]:
    """Say what is wrong with a tar stream as an error of ours.

    Raises:
        errors.ArchiveError: Something is.
    """
    try:
        yield
    except tarfile.TarError as error:
        raise our_errors.ArchiveError(
            tried,
            expected="a whole tar stream",
            actual=str(error),
            next_step="run this again; if it stays, the archive or the engine is at fault",
        ) from None


class _Member(tarfile.TarInfo):
    """A member whose header is what it should be; tarfile takes a damaged one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise
            raise tarfile.ReadError(str(error)) from None
        if member.type in _HEADERS and member.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"an extended header of {member.size} bytes")
        return member


class _Counted:
    """A source, and how much was read from it."""

    def __init__(self, source: Source) -> None:
        self.bytes = 0
        self._source = source

    def read(self, size: int) -> bytes:
        data = self._source.read(size)
        self.bytes += len(data)
        return data


class _End:
    """The end of a tar stream, as far as tarfile needs it to be a file."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._position = 0

    def write(self, data: bytes) -> int:
        self._position += len(data)
        return self._sink.write(data)

    def tell(self) -> int:
        return self._position
