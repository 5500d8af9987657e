"""Archives for tests: whole ones, and some that nobody of good will wrote."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest
import zstandard

from agentchat_check import errors, facts
from agentchat_check.archive import places, reading, writing
from agentchat_check.archive.manifest import Contents
from agentchat_check.archive.sealing import Identity, Sealing

PARTS = {
    "database/schema.sql": b"CREATE TABLE `dialog` (`id` int);\n" * 40,
    "database/tables/dialog.sql": b"INSERT INTO `dialog` VALUES (1);\n" * 400,
    "cache/dump.rdb": bytes(range(256)) * 30,
    "files/backend/uploads.tar": b"",
}
SECRET = {"configuration/secrets/env": b"MYSQL_PASSWORD=s3cret\n"}

TAKEN = datetime(2026, 11, 24, 19, 36, tzinfo=UTC)

PRIVATE = pyrage.x25519.Identity.generate()
SEALING = Sealing(recipients=(str(PRIVATE.to_public()),))
NOT_CLOSED = Sealing()
IDENTITY = Identity((PRIVATE,), told="identity.txt")

DIALOG = "database/tables/dialog.sql"
FILE = f"{DIALOG}.zst"

BOTH = pytest.mark.parametrize("closed", [NOT_CLOSED, SEALING], ids=["plain", "encrypted"])


def contents(**changes: Any) -> Contents:
    """What was backed up, with these changes."""
    table = facts.TableDigest("dialog", 400, "d1", "s1")
    usual: dict[str, Any] = {
        "taken_at": TAKEN,
        "deployment": "agentchat",
        "project": "docker",
        "method": "logical",
        "hot": True,
        "images": (facts.Image("mysql", "mysql:8.0", "sha256:0a"),),
        "cut": facts.CutLine(TAKEN, 0.25, "binlog.000002", 157, ""),
        "database": facts.DatabaseState(
            "8.0.36", "agentchat", "utf8mb4", "utf8mb4_bin", "", "UTC", (table,), "r", "v", "t", ("app@%",)
        ),
        "cache": facts.CacheState("7.4.0", 3, "c1"),
        "files": (facts.FileTree("backend", "/app/uploads", "volume", 0, 0, "f1"),),
        "omissions": (facts.Omission("backend", "/app/logs", 12),),
    }
    return Contents(**{**usual, **changes})


def write(shelf: Path, parts: Mapping[str, bytes] = PARTS, closed: Sealing = NOT_CLOSED, **changes: Any) -> Path:
    """Write an archive."""
    what = contents(**changes)
    with writing.draft(shelf, places.archive_name(what.deployment, what.taken_at), closed) as draft:
        for name, data in parts.items():
            with draft.part(name) as sink:
                sink.write(data)
        return draft.finish(what)


def edit(archive: Path, **changes: Any) -> None:
    """Change a manifest as somebody does who can write its digest, too."""
    manifest = json.loads((archive / "manifest.json").read_bytes())
    rewrite(archive, json.dumps({**manifest, **changes}).encode())


def rewrite(archive: Path, manifest: bytes) -> None:
    """Write a manifest and its digest."""
    (archive / "manifest.json").write_bytes(manifest)
    (archive / "manifest.json.sha256").write_text(f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n")


def forge(archive: Path, stored: bytes, raw: bytes, raw_bytes: int) -> None:
    """Have an archive consist of one part, with this file, and this said of it."""
    shutil.rmtree(archive / "database")
    shutil.rmtree(archive / "cache")
    shutil.rmtree(archive / "files")
    (archive / "database").mkdir()
    (archive / "database/all.sql.zst").write_bytes(stored)
    part = {
        "name": "database/all.sql",
        "raw_bytes": raw_bytes,
        "raw_sha256": hashlib.sha256(raw).hexdigest(),
        "stored_bytes": len(stored),
        "stored_sha256": hashlib.sha256(stored).hexdigest(),
    }
    edit(archive, parts=[part])


def packed(data: bytes, window: int = 21) -> bytes:
    """Data compressed with a window of so many bits, as a stream is."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=window)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(data) + compressor.flush()


def everything(below: Path) -> dict[str, Any]:
    """All that lies below a directory: what it is, and what is in it, large files but for their size."""
    found: dict[str, Any] = {}
    for path in sorted(below.rglob("*")):
        status = path.lstat()
        small = path.is_file() and not path.is_symlink() and status.st_size < 1 << 20
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, path.read_bytes() if small else b"")
    return found


def verify(path: Path) -> None:
    """See that an archive is whole."""
    reading.open_archive(path, IDENTITY).verify()


def refusal(path: Path, act: Callable[[Path], None] = verify) -> errors.ArchiveError:
    """How an archive is refused; nothing is written meanwhile, in it or beside it."""
    before = everything(path.parent.parent)
    with pytest.raises(errors.ArchiveError) as caught:
        act(path)
    assert everything(path.parent.parent) == before
    assert caught.value.next_step
    return caught.value


def read_all(path: Path) -> None:
    """Read every part, as a restore does."""
    archive = reading.open_archive(path, IDENTITY)
    for part in archive.manifest.parts:
        with archive.part(part.name) as source:
            while source.read(100):
                pass


def check_stored(path: Path) -> None:
    """See that its files are those that were stored, without a key."""
    reading.open_archive(path).check_stored()


def files_of(path: Path) -> list[Path]:
    """Every file of an archive."""
    return sorted(file for file in path.rglob("*") if file.is_file())
