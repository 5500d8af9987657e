"""Tags made from content: what is tagged so is never built twice, and never stale."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors

from agentchat_check.stack import complaints

if TYPE_CHECKING:
    from docker import DockerClient as Client

_NEVER_BUILT_FROM = {".git", "node_modules", "__pycache__", ".venv"}


def is_here(client: Client, image: str) -> bool:
    """Whether an image is on the engine already."""
    with complaints.translated(f"look for the image {image}"), contextlib.suppress(docker.errors.ImageNotFound):
        client.images.get(image)
        return True
    return False


def key(*parts: str | bytes) -> str:
    """Twelve hex digits that change when any part does."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return total.hexdigest()[:12]


def tree(directory: Path) -> str:
    """The key of a directory's files: their names, run bits, link targets and contents."""
    return key(*(part for path in _files(directory) for part in _identity(directory, path)))


def _files(directory: Path) -> Iterator[Path]:
    for parent, directories, names in os.walk(directory):
        directories[:] = sorted(set(directories) - _NEVER_BUILT_FROM)
        yield from (Path(parent) / name for name in sorted(names))


def _identity(directory: Path, path: Path) -> tuple[str | bytes, ...]:
    name = path.relative_to(directory).as_posix()
    if path.is_symlink():
        return name, "link", str(path.readlink())
    if not path.is_file():
        return name, "special"
    return name, "run" if os.access(path, os.X_OK) else "file", path.read_bytes()
