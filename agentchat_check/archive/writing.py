"""A new archive: under a temporary name until all of it is on the disk."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import zstandard

from agentchat_check import errors
from agentchat_check.archive import manifest as manifests
from agentchat_check.archive import parts as part_names
from agentchat_check.archive import places
from agentchat_check.archive.manifest import Contents, KeyFile, Manifest
from agentchat_check.archive.parts import Part
from agentchat_check.archive.sealing import Key, Sealing
from agentchat_check.archive.streams import Sink, TalliedSink, Tally, pushed_through

_LEVEL, _QUICK_LEVEL = 3, 1
"""Levels of zstd."""

_THREADS = min(os.cpu_count() or 1, 4)


@contextmanager
def draft(into: Path, name: str, sealing: Sealing) -> Iterator[Draft]:
    """Write a new archive.

    It lies under a temporary name until ``Draft.finish``; whoever leaves the block without it leaves nothing behind.
    Whoever is killed leaves a directory that is no archive, and that ``shelf.prune`` removes.

    Args:
        into: The directory of the archives; made where it is missing.
        name: The archive's name, see ``places.archive_name``.
        sealing: For whom it is encrypted.

    Raises:
        errors.ArchiveError: An archive of this name is there.
        errors.HostError: The disk is full, or may not be written.
    """
    final = into / name
    with ExitStack() as stack:
        with places.reported(f"write the archive {final}"):
            if not into.is_dir():
                into.mkdir(mode=0o700, parents=True, exist_ok=True)
                places.sync(into.parent)
            _refuse_to_replace(final)
            directory = stack.enter_context(places.held(final, "partial"))
            directory.mkdir(mode=0o700)
        # once it is finished there is nothing of this name any more
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        yield Draft(directory, final, sealing)


class Draft:
    """An archive that is being written; its parts may be written from several threads."""

    def __init__(self, directory: Path, final: Path, sealing: Sealing) -> None:
        self._directory = directory
        self._final = final
        self._sealing = sealing
        self._key = Key.new() if sealing.encrypts else None
        self._parts: dict[str, Part | None] = {}
        self._lock = threading.Lock()

    @contextmanager
    def part(self, name: str, *, quick: bool = False) -> Iterator[Sink]:
        """Write a part: compressed, encrypted where that is wanted, digested, and synced at the end of the block.

        Args:
            name: ``database/tables/dialog.sql``; see ``parts.checked_name``.
            quick: Whether time counts more than size, about a tenth of it.

        Yields:
            What takes the part's bytes, as many at a time as are at hand.

        Raises:
            errors.ArchiveError: It is a part of secrets and would not be encrypted; or its name is none, or used.
            errors.HostError: The disk is full, or may not be written.
        """
        self._claim(name)
        path = self._directory / part_names.stored_as(name, encrypted=self._key is not None)
        tried = f"write {name} of the archive {self._final}"
        try:
            with places.reported(tried):
                places.make(path.parent, self._directory)
                file = _File(path)
            with closing(file):
                stored = TalliedSink(file)
                with _packed(stored, self._key, _QUICK_LEVEL if quick else _LEVEL, tried) as raw:
                    yield raw
                with places.reported(tried):
                    file.sync()
        except BaseException:
            path.unlink(missing_ok=True)
            with self._lock:
                del self._parts[name]
            raise
        with self._lock:
            self._parts[name] = Part(
                name=name,
                raw_bytes=raw.bytes,
                raw_sha256=None if name.startswith(part_names.SECRETS) else raw.sha256(),
                stored_bytes=stored.bytes,
                stored_sha256=stored.sha256(),
            )

    def finish(self, contents: Contents) -> Path:
        """Write the manifest, have the disk keep everything, and give the archive its name.

        Args:
            contents: What was backed up.

        Returns:
            The archive.

        Raises:
            errors.ArchiveError: A part is still being written; or an archive of this name is there.
            errors.HostError: The disk is full, or may not be written.
        """
        tried = f"write the archive {self._final}"
        with places.reported(tried):
            _refuse_to_replace(self._final)
            written = self._manifest(contents).written()
            if len(written) > manifests.LIMIT:
                raise errors.ArchiveError(
                    tried,
                    expected=f"a manifest of at most {manifests.LIMIT} bytes",
                    actual=f"{len(written)} bytes",
                    next_step="see why there are so many parts",
                )
            self._write(manifests.FILE, written)
            self._write(manifests.DIGEST_FILE, manifests.digest_line(written))
            places.sync_tree(self._directory)
            self._directory.rename(self._final)
            places.sync(self._final.parent)
        return self._final

    def _claim(self, name: str) -> None:
        tried = f"write {name} into the archive {self._final}"
        try:
            part_names.checked_name(name)
        except ValueError as error:
            raise errors.ArchiveError(
                tried, expected="a plain name", actual=str(error), next_step="give the part another name"
            ) from None
        if name.startswith(part_names.SECRETS) and self._key is None:
            raise errors.ArchiveError(
                tried,
                expected="an encrypted archive, since this holds secrets",
                actual="an archive in plain text",
                next_step="name a recipient or a passphrase, or leave the secrets out",
            )
        with self._lock:
            if name in self._parts:
                raise errors.ArchiveError(
                    tried, expected="a new part", actual="it was written before", next_step="write each part once"
                )
            self._parts[name] = None

    def _manifest(self, contents: Contents) -> Manifest:
        with self._lock:
            parts = [part for _, part in sorted(self._parts.items()) if part]
            unfinished = sorted(name for name, part in self._parts.items() if not part)
        if unfinished:
            raise errors.ArchiveError(
                f"finish the archive {self._final}",
                expected="every part to be written",
                actual=f"still being written: {', '.join(unfinished)}",
                next_step="finish after the parts' blocks",
            )
        opened_by = None
        if self._key:
            closed = self._sealing.close(self._key)
            opened_by = KeyFile(opened_by=self._sealing.opened_by, sha256=self._write(manifests.KEY_FILE, closed))
        return Manifest(
            **{name: getattr(contents, name) for name in Contents.model_fields},
            tool=manifests.TOOL,
            format=manifests.FORMAT,
            tool_version=version(manifests.TOOL),
            encryption="age" if self._key else "none",
            key=opened_by,
            secrets="encrypted" if any(part.is_secret for part in parts) else "left out",
            parts=tuple(parts),
        )

    def _write(self, name: str, data: bytes) -> str:
        """Write a small file, and return its digest."""
        tally = Tally()
        tally.add(data)
        with closing(_File(self._directory / name)) as file:
            file.write(data)
            file.sync()
        return tally.sha256()


@contextmanager
def _packed(stored: Sink, key: Key | None, level: int, tried: str) -> Iterator[TalliedSink]:
    """What compresses and encrypts on the way to a file."""
    with ExitStack() as stack:
        if key:
            stored = stack.enter_context(pushed_through(key.encrypt, stored))
        compressor = zstandard.ZstdCompressor(level=level, threads=_THREADS, write_checksum=True)
        packing = compressor.stream_writer(stored, closefd=False)  # type: ignore[arg-type] # it calls write
        yield TalliedSink(_Reported(packing, tried))
        with places.reported(tried):
            packing.flush(zstandard.FLUSH_FRAME)
            stack.close()


class _Reported:
    """A sink on the host's disk."""

    def __init__(self, sink: Sink, tried: str) -> None:
        self._sink = sink
        self._tried = tried

    def write(self, data: bytes) -> int:
        with places.reported(self._tried):
            return self._sink.write(data)


class _File:
    """A new file; it holds nothing back, so that closing it cannot fail."""

    def __init__(self, path: Path) -> None:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(data)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def _refuse_to_replace(final: Path) -> None:
    if os.path.lexists(final):
        raise errors.ArchiveError(
            f"write the archive {final}",
            expected="a name that nothing has",
            actual="something has it",
            next_step="choose another directory, or wait a second",
        )
