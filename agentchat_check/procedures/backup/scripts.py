"""Scripts of SQL statements, as the ``mysql`` program reads them, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentchat_check.archive.streams import CHUNK, Source

_DELIMITER = b"DELIMITER "


def written(statements: Iterable[bytes]) -> bytes:
    """A script; what separates the statements is in none of them."""
    every = list(statements)
    mark = b";;"
    while any(mark in statement for statement in every):
        mark += b"~"
    return _DELIMITER + mark + b"\n" + b"".join(statement + b"\n" + mark + b"\n" for statement in every)


def read(script: bytes) -> list[bytes]:
    """The statements of a script that ``written`` wrote."""
    head, _, body = script.partition(b"\n")
    return body.split(b"\n" + head.removeprefix(_DELIMITER) + b"\n")[:-1]


def whole(source: Source) -> bytes:
    """All that a source holds; for scripts, which are short."""
    return b"".join(iter(lambda: source.read(CHUNK), b""))


def lines(source: Source) -> Iterator[bytes]:
    """The lines of a source, each held by itself: a statement for each, as ``mysqldump`` writes rows."""
    parts: list[bytes] = []
    while block := source.read(CHUNK):
        first, *others = block.split(b"\n")
        parts.append(first)
        for other in others:
            yield b"".join(parts)
            parts = [other]
    if any(parts):
        yield b"".join(parts)
