"""Files that configure a service: what it is given from outside, and what was put into its image."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from agentchat_check.audit.dockerfiles import Instruction
from agentchat_check.audit.images import Image
from agentchat_check.audit.places import Place, text_if_any
from agentchat_check.audit.services import Service

_CONFIGURES = {".conf", ".yaml", ".yml", ".toml", ".ini", ".json", ".env", ".properties", ".cfg"}
_SPEAKS_FOR_ITSELF = re.compile(r"(^|[._-])(config|configuration|settings|application)([._-]|$)", re.IGNORECASE)
"""Names that a file among many has to have; one that is copied by its name was meant."""

_LARGEST = 64 * 1024
_MOST_FILES = 5000
_NOT_THE_APPLICATIONS = {".git", ".github", ".venv", "venv", "node_modules", "test", "tests", "docs", "examples"}
_SOURCES = {".py", ".js", ".mjs", ".ts", ".go", ".java", ".rb", ".sh"}


def files(service: Service, image: Image) -> list[Path]:
    """The files that configure a service, as far as they are on this host: the one that counts of each place."""
    placed = dict(_copied(image))
    for mount in service.mounts:
        inside = PurePosixPath(mount.target)
        placed = {target: path for target, path in placed.items() if inside not in {target, *target.parents}}
        path = Path(mount.source)
        if mount.kind == "bind" and path.suffix in _CONFIGURES and path.is_file():
            placed[inside] = path
    return list(dict.fromkeys(placed.values()))


def settings(path: Path) -> Iterator[tuple[Place, str]]:
    """The lines of a configuration file, without comments and without what says where to listen."""
    for number, line in enumerate((text_if_any(path, largest=_LARGEST) or "").split("\n"), start=1):
        text = re.sub(r"(^|\s)(#|//).*$", "", line)
        if re.search(r"\b(listen|server_name|bind)\b", text) is None:
            yield Place(path, number), text


def names_read(image: Image, names: set[str]) -> set[str]:
    """Which of these variables the sources that are copied into an image name; those of nested settings all count."""
    found = {name for name in names if "__" in name}
    for source in _sources(image):
        for path in _walked(source) if source.is_dir() else (source,):
            if names - found and path.suffix in _SOURCES and not _left_out(image, path):
                text = text_if_any(path, largest=_LARGEST) or ""
                found |= {name for name in names if re.search(rf"\b{re.escape(name)}\b", text)}
    return found


def _copied(image: Image) -> Iterator[tuple[PurePosixPath, Path]]:
    """What configures, where it ends up in the image, and the file it comes from; the later one replaces the former."""
    directory = PurePosixPath("/")
    for stage in reversed(image.stages):
        for one in stage.instructions:
            if one.name == "WORKDIR":
                directory = _joined(directory, one.text.strip().strip("\"'"))
            elif one.name in {"COPY", "ADD"}:
                yield from _placed(one, image, directory)


def _placed(one: Instruction, image: Image, directory: PurePosixPath) -> Iterator[tuple[PurePosixPath, Path]]:
    given = [path for source in one.words()[:-1] for path in _found(one, image, source)]
    for source in given:
        target = one.words()[-1]
        into = _joined(directory, target)
        if source.is_dir():
            for path in _walked(source):
                inside = path.relative_to(source)
                if _SPEAKS_FOR_ITSELF.search(path.stem) and _configures(path) and not _left_out(image, path):
                    yield into / inside.as_posix(), path
        elif _configures(source):
            as_directory = target.endswith(("/", ".")) or len(given) > 1 or into == directory
            yield (into / source.name if as_directory else into), source


def _configures(path: Path) -> bool:
    return path.suffix in _CONFIGURES and "package" not in path.name


def _sources(image: Image) -> Iterator[Path]:
    for one in image.instructions("COPY", "ADD"):
        for source in one.words()[:-1]:
            yield from _found(one, image, source)


def _found(one: Instruction, image: Image, source: str) -> list[Path]:
    """What a source of COPY is on this host; nothing, where it comes from another stage or from elsewhere."""
    if image.context is None or one.flags.get("from") or one.heredoc:
        return []
    return [path for path in image.context.found(source) or () if path.exists()]


def _left_out(image: Image, path: Path) -> bool:
    return image.context is not None and image.context.leaves_out(path)


def _walked(directory: Path) -> Iterator[Path]:
    """The files below a directory that may be the application's own; of very many some."""
    left = _MOST_FILES
    for parent, directories, names in os.walk(directory):
        directories[:] = sorted(set(directories) - _NOT_THE_APPLICATIONS)
        for name in sorted(names)[:left]:
            yield Path(parent) / name
        left -= len(names)
        if left <= 0:
            return


def _joined(directory: PurePosixPath, target: str) -> PurePosixPath:
    """Where a path of a Dockerfile is, by the directory that it is relative to."""
    return PurePosixPath(os.path.normpath(directory / target))
