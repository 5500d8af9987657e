"""Build contexts: which files of a directory reach a build."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pathspec

from agentchat_check.audit.places import text_if_any

_MOST_FILES = 2000
"""Files that are looked at to find one that is not ignored."""


@dataclass(frozen=True, slots=True)
class Context:
    """A build context.

    Attributes:
        directory: Where it is.
        ignore_file: The .dockerignore that counts, if there is one.
        ignored: What it leaves out.
    """

    directory: Path
    ignore_file: Path | None
    ignored: pathspec.PathSpec[pathspec.Pattern]

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is ignored, or all that is in a directory."""
        inside = path.relative_to(self.directory).as_posix()
        if not self.ignored.match_file(inside):
            return False
        if not path.is_dir():
            return True
        files = (Path(parent) / name for parent, _, names in os.walk(path) for name in names)
        some = [file for file, _ in zip(files, range(_MOST_FILES), strict=False)]
        return all(self.ignored.match_file(file.relative_to(self.directory).as_posix()) for file in some)

    def found(self, pattern: str) -> list[Path] | None:
        """What a source of COPY names, ignored or not; None where it leaves the context."""
        parts = [part for part in PurePosixPath(pattern).parts if part not in {"/", "."}]
        normal: list[str] = []
        for part in parts:
            if part == "..":
                if not normal:
                    return None
                normal.pop()
            else:
                normal.append(part)
        if not normal:
            return [self.directory]
        inside = "/".join(normal)
        try:
            if any(sign in inside for sign in "*?["):
                return sorted(path for path, _ in zip(self.directory.glob(inside), range(_MOST_FILES), strict=False))
            path = self.directory / inside
            return [path] if path.exists() or path.is_symlink() else []
        except (OSError, ValueError):
            return []


def read(directory: Path, dockerfile: Path) -> Context:
    """The context of a build; a .dockerignore beside the Dockerfile, under its name, counts before the directory's."""
    own, general = dockerfile.with_name(dockerfile.name + ".dockerignore"), directory / ".dockerignore"
    ignore_file = next((path for path in (own, general) if path.is_file()), None)
    lines = ((text_if_any(ignore_file) if ignore_file else None) or "").split("\n")
    patterns = [pattern for line in lines if _is_pattern(pattern := _anchored(line))]
    return Context(directory, ignore_file, _spec(patterns))


def _is_pattern(text: str) -> bool:
    """Whether it can be read; a build stops at one that cannot, and there it leaves nothing out."""
    try:
        _spec([text])
    except ValueError:
        return False
    return True


def _spec(patterns: list[str]) -> pathspec.PathSpec[pathspec.Pattern]:
    with warnings.catch_warnings():
        # ``[[]`` becomes a regular expression that another version of Python may read in another way.
        warnings.simplefilter("ignore", FutureWarning)
        return pathspec.PathSpec.from_lines("gitignore", patterns)


def _anchored(line: str) -> str:
    """A pattern of .dockerignore, which starts at the root of the context, as git writes it."""
    line = line.strip()
    if not line or line.startswith("#"):
        return ""
    sign, pattern = ("!", line[1:].strip()) if line.startswith("!") else ("", line)
    pattern = pattern.strip("/").removeprefix("./")
    return f"{sign}/{pattern}" if pattern and pattern != "." else ""
