"""Bytes on their way: counted, digested, and led through what pulls where others push."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

CHUNK = 1 << 20
"""Bytes that are read at a time."""

_BUFFER = 1 << 16
"""Bytes that a pipe holds."""


class Source(Protocol):
    """What bytes come from: at most as many as were asked for, none at its end."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102 - see above


class Sink(Protocol):
    """Where bytes go: all that are given."""

    def write(self, data: bytes, /) -> int: ...  # noqa: D102 - see above


Transform = Callable[[Source, Sink], None]
"""Reads all of a source and writes to a sink what becomes of it."""


class Tally:
    """Counts and digests what passes.

    Attributes:
        bytes: How many passed.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._hash = hashlib.sha256()

    def add(self, data: bytes) -> None:
        """Count this."""
        self.bytes += len(data)
        self._hash.update(data)

    def sha256(self) -> str:
        """Of all that passed so far."""
        return self._hash.hexdigest()


class TalliedSink(Tally):
    """A sink that counts what it is given before it passes it on."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def write(self, data: bytes) -> int:
        """Count it, and pass it on."""
        self.add(data)
        return self._sink.write(data)


class TalliedSource(Tally):
    """A source that counts what is read from another one."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int) -> bytes:
        """Read, and count it."""
        data = self._source.read(size)
        self.add(data)
        return data

    def drain(self) -> None:
        """Count what is left."""
        while self.read(CHUNK):
            pass


class Nowhere:
    """A sink for those who want the digest only."""

    def write(self, data: bytes) -> int:
        """Forget it."""
        return len(data)


@contextmanager
def pushed_through(transform: Transform, sink: Sink) -> Iterator[Sink]:
    """A sink whose bytes reach another one transformed, a pipe's worth at a time.

    Raises:
        Exception: What the transformation raised, or what the other sink did.
    """
    reader, writer = os.pipe()
    work = _Work(lambda: _from_pipe(reader, transform, sink))
    pushed = os.fdopen(writer, "wb", buffering=_BUFFER)
    try:
        yield _Pushed(pushed, work)
    finally:
        with suppress(BrokenPipeError):  # nobody reads any more; why not, is said below or was said before
            pushed.close()
        work.join()
    work.check()


@contextmanager
def pulled_through(transform: Transform, source: Source) -> Iterator[Source]:
    """A source that gives another one's bytes transformed, a pipe's worth at a time; it may be left before its end."""
    reader, writer = os.pipe()
    work = _Work(lambda: _to_pipe(source, transform, writer))
    try:
        with os.fdopen(reader, "rb", buffering=_BUFFER) as pulled:
            yield _Pulled(pulled, work)
    finally:
        work.join()


class _Work:
    """A transformation that goes on in a thread of its own."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.failures: list[BaseException] = []
        self._run = run
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self.failures.append(error)

    def join(self) -> None:
        self._thread.join()

    def check(self) -> None:
        """Raise what it raised.

        Raises:
            Exception: That.
        """
        if self.failures:
            raise self.failures[0]


class _Pushed:
    def __init__(self, pushed: Sink, work: _Work) -> None:
        self._pushed = pushed
        self._work = work

    def write(self, data: bytes) -> int:
        """Write; where nobody reads any more, say why.

        Raises:
            Exception: What the transformation raised.
        """
        try:
            return self._pushed.write(data)
        except BrokenPipeError:
            self._work.join()
            self._work.check()
            raise


class _Pulled:
    def __init__(self, pulled: Source, work: _Work) -> None:
        self._pulled = pulled
        self._work = work

    def read(self, size: int) -> bytes:
        """Read; at the end, be sure that it is one.

        Raises:
            Exception: What the transformation raised.
        """
        data = self._pulled.read(size)
        if not data:
            self._work.join()
            self._work.check()
        return data


class _Remembering:
    """A sink that remembers what it raised; age says in words only that something went wrong."""

    def __init__(self, sink: Sink) -> None:
        self.error: OSError | None = None
        self._sink = sink

    def write(self, data: bytes) -> int:
        try:
            return self._sink.write(data)
        except OSError as error:
            self.error = error
            raise


def _from_pipe(reader: int, transform: Transform, sink: Sink) -> None:
    remembering = _Remembering(sink)
    with os.fdopen(reader, "rb", buffering=_BUFFER) as pulled:
        try:
            transform(pulled, remembering)
        except Exception as error:  # noqa: BLE001 - raised again, or what was behind it
            raise remembering.error or error from None


def _to_pipe(source: Source, transform: Transform, writer: int) -> None:
    pushed = os.fdopen(writer, "wb", buffering=_BUFFER)
    try:
        transform(source, pushed)
        pushed.flush()
    finally:
        with suppress(BrokenPipeError):  # nobody reads any more; what was raised before says more
            pushed.close()
