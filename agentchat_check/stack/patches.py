"""Unified diffs, applied to the letter: what does not stand where a patch says it stands is not guessed at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from agentchat_check import errors


def apply(patch: Path, root: Path) -> None:
    """Change the files of a tree as a patch says; after an error the tree is of no use.

    Args:
        patch: A unified diff as ``git diff`` writes it: text, no renames.
        root: What its paths are relative to.

    Raises:
        errors.DeploymentError: It is no such diff, or something else stands where it changes a file.
    """
    try:
        changes = PatchSet.from_filename(str(patch), newline="\n")
    except UnidiffParseError as error:
        raise _refused(patch, expected="a unified diff", actual=str(error)) from None
    for file in changes:
        if file.is_rename or not file:
            raise _refused(patch, expected="lines that change", actual=f"{file.path} is renamed, or has none")
        _change(root / file.path, file, patch)


def _change(path: Path, file: PatchedFile, patch: Path) -> None:
    if file.is_added_file and path.exists():
        raise _refused(patch, expected=f"no {file.path}, which it adds", actual="it is there already")
    if not file.is_added_file and not path.is_file():
        raise _refused(patch, expected=f"the file {file.path}", actual="there is no such file")
    after = _changed([] if file.is_added_file else _lines(path), file, patch)
    if file.is_removed_file:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(after), encoding="utf-8")


def _lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        return list(lines)


def _changed(before: Sequence[str], file: PatchedFile, patch: Path) -> list[str]:
    after: list[str] = []
    done = 0
    for hunk in file:
        start = hunk.source_start - bool(hunk.source_length)  # one that takes nothing away stands behind its line
        wanted = [line.value for line in hunk.source_lines()]
        found = before[start : start + len(wanted)]
        for number, (want, have) in enumerate(zip_longest(wanted, found), start=start + 1):
            if want != have:
                raise _refused(
                    patch,
                    expected=f"line {number} of {file.path}: {(want or '').rstrip()}",
                    actual="the file is shorter" if have is None else have.rstrip() or "an empty line",
                )
        after += [*before[done:start], *(line.value for line in hunk.target_lines())]
        done = start + len(wanted)
    return [*after, *before[done:]]


def _refused(patch: Path, *, expected: str, actual: str) -> errors.DeploymentError:
    return errors.DeploymentError(
        f"apply {patch.name}",
        expected=expected,
        actual=actual,
        next_step=f"make the patch anew, for what its base is now: {patch.parent / 'README.md'} says how",
    )
