"""Archives, damaged in every way that a disk, a transfer or a stranger can."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from agentchat_check.archive import manifest

Damage = Callable[[Path], None]
"""Damages an archive in its directory."""


def copied(archive: Path, into: Path, damage: Damage) -> Path:
    """A damaged copy of an archive.

    Args:
        archive: The archive.
        into: A directory that does not exist yet.
        damage: What is done to the copy.
    """
    shutil.copytree(archive, into, symlinks=True)
    damage(into)
    return into


def files(archive: Path) -> list[Path]:
    """Every file of an archive, relative to it."""
    return sorted(path.relative_to(archive) for path in archive.rglob("*") if path.is_file())


def every(archive: Path) -> dict[str, Damage]:
    """Every damage, by what it is: each file by itself, and the archive as a whole."""
    found: dict[str, Damage] = {}
    for name in files(archive):
        found |= {
            f"{name} cut": _on(name, lambda content: content[: len(content) // 2]),
            f"{name} with a byte flipped": _on(name, _flipped),
            f"{name} empty": _on(name, lambda _: b""),
            f"{name} missing": partial(_removed, name=name),
            f"{name} as a symbolic link": partial(_linked, name=name),
        }
    parts = [name for name in files(archive) if name.suffix in {".zst", ".age"}]
    return found | {
        "two parts swapped": lambda path: _swapped(path / parts[0], path / parts[-1]),
        "a manifest with one row less": lambda path: _edited(path, _one_row_less),
        "a manifest with a name that climbs": lambda path: _edited(path, _climbing),
        "a part that unpacks to more than it says": lambda path: _edited(path, _smaller),
        "a file besides": lambda path: _write(path / "database" / "extra.sql.zst"),
        "the manifest of a later format": lambda path: _edited(path, _later),
    }


def _on(name: Path, change: Callable[[bytes], bytes]) -> Damage:
    def damage(archive: Path) -> None:
        (archive / name).write_bytes(change((archive / name).read_bytes()))

    return damage


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _removed(archive: Path, name: Path) -> None:
    (archive / name).unlink()


def _linked(archive: Path, name: Path) -> None:
    """The same content, in a file elsewhere."""
    elsewhere = archive.with_name(f"{archive.name}-elsewhere")
    elsewhere.write_bytes((archive / name).read_bytes())
    (archive / name).unlink()
    (archive / name).symlink_to(elsewhere)


def _swapped(one: Path, other: Path) -> None:
    between = one.with_name("between")
    one.replace(between)
    other.replace(one)
    between.replace(other)


def _write(path: Path) -> None:
    path.write_bytes(b"more")


def _edited(archive: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """A manifest that was changed by somebody who knows how its own digest is made."""
    text = json.dumps(change(json.loads((archive / manifest.FILE).read_text()))).encode()
    (archive / manifest.FILE).write_bytes(text)
    line = f"{hashlib.sha256(text).hexdigest()}  {manifest.FILE}\n"
    (archive / manifest.DIGEST_FILE).write_text(line)


def _one_row_less(one: dict[str, Any]) -> dict[str, Any]:
    parts = list(one["parts"])
    parts[0] = {**parts[0], "raw_bytes": parts[0]["raw_bytes"] - 1}
    return {**one, "parts": parts}


def _climbing(one: dict[str, Any]) -> dict[str, Any]:
    parts = list(one["parts"])
    parts[0] = {**parts[0], "name": "database/../../climbed"}
    return {**one, "parts": parts}


def _later(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "format": manifest.FORMAT + 1}


def _smaller(one: dict[str, Any]) -> dict[str, Any]:
    parts = [{**part, "raw_bytes": 1} for part in one["parts"]]
    return {**one, "parts": parts}
