import errno
import hashlib
import json
import os
import resource
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import archives
from agentchat_check import errors
from agentchat_check.archive import reading, writing
from agentchat_check.archive.sealing import Sealing
from agentchat_check.stack import process

BOTH = pytest.mark.parametrize("closed", [Sealing(), archives.SEALING], ids=["plain", "encrypted"])


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file can become larger, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@BOTH
def test_what_was_written_is_read_again(tmp_path: Path, closed: Sealing) -> None:
    path = archives.write(tmp_path / "a/shelf", closed=closed)
    archive = reading.open_archive(path, archives.IDENTITY)
    assert path.name == "agentchat-20261124T193600Z"
    assert archives.contents() == archives.Contents(
        **{name: getattr(archive.manifest, name) for name in archives.Contents.model_fields}
    )
    for name, data in archives.PARTS.items():
        with archive.part(name) as source:
            assert b"".join(iter(lambda source=source: source.read(1000), b"")) == data
    archive.verify()
    assert [part.name for part in archive.manifest.parts] == sorted(archives.PARTS)
    assert archive.manifest.encryption == ("age" if closed.encrypts else "none")
    assert archive.manifest.secrets == "left out"


@BOTH
def test_only_its_owner_may_read_it_and_nothing_else_is_left(tmp_path: Path, closed: Sealing) -> None:
    path = archives.write(tmp_path, closed=closed)
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "scratch"] == [path.name]
    for found in (path, *path.rglob("*")):
        assert stat.S_IMODE(found.stat().st_mode) == (0o700 if found.is_dir() else 0o600)


def test_the_manifests_digest_is_as_sha256sum_writes_it(tmp_path: Path) -> None:
    path = archives.write(tmp_path)
    process.run(["sha256sum", "--check", "--strict", "manifest.json.sha256"], cwd=path, timeout=10)


def test_the_manifest_tells_sizes_and_digests(tmp_path: Path) -> None:
    manifest = json.loads((archives.write(tmp_path) / "manifest.json").read_text())
    part = next(part for part in manifest["parts"] if part["name"] == "cache/dump.rdb")
    stored = (tmp_path / "agentchat-20261124T193600Z/cache/dump.rdb.zst").read_bytes()
    assert part == {
        "name": "cache/dump.rdb",
        "raw_bytes": 7680,
        "raw_sha256": hashlib.sha256(archives.PARTS["cache/dump.rdb"]).hexdigest(),
        "stored_bytes": len(stored),
        "stored_sha256": hashlib.sha256(stored).hexdigest(),
    }
    assert (manifest["tool"], manifest["format"]) == ("agentchat-check", 1)


def test_secrets_are_refused_in_plain_text(tmp_path: Path) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        archives.write(tmp_path / "shelf", {**archives.PARTS, **archives.SECRET})
    assert str(caught.value) == (
        f"write configuration/secrets/env into the archive {tmp_path}/shelf/agentchat-20261124T193600Z\n"
        "  expected:   an encrypted archive, since this holds secrets\n"
        "  actual:     an archive in plain text\n"
        "  next step:  name a recipient or a passphrase, or leave the secrets out"
    )
    assert archives.everything(tmp_path / "shelf") == {}


def test_encrypted_secrets_are_in_no_file_and_their_digest_neither(tmp_path: Path) -> None:
    path = archives.write(tmp_path, {**archives.PARTS, **archives.SECRET}, archives.SEALING)
    (secret,) = archives.SECRET.values()
    manifest = reading.open_archive(path).manifest
    assert manifest.secrets == "encrypted"
    written = b"".join(file.read_bytes() for file in path.rglob("*") if file.is_file())
    for told in (secret, b"s3cret", hashlib.sha256(secret).hexdigest().encode(), b"AGE-SECRET-KEY"):
        assert told not in written
    with reading.open_archive(path, archives.IDENTITY).part("configuration/secrets/env") as source:
        assert source.read(100) == secret
        assert source.read(100) == b""


@pytest.mark.parametrize(
    "name",
    [
        "",
        "database",
        "database/",
        "/database/x",
        "manifest.json",
        "other/x",
        "../database/x",
        "database/../x",
        "database/./x",
        "database//x",
        "database/a\\b",
        "database/a\nb",
        "database/a\0b",
        "database/\udc80",
        "database/" + "x" * 241,
        "database/" + "é" * 121,
        "database/" + "x/" * 600 + "x",
    ],
)
def test_a_name_that_leads_elsewhere_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.ArchiveError, match="a plain name"):
        archives.write(tmp_path / "shelf", {name: b""})
    assert archives.everything(tmp_path / "shelf") == {}


def test_names_of_every_language_are_names(tmp_path: Path) -> None:
    name = "database/tables/对话 é'$.sql"
    archive = reading.open_archive(archives.write(tmp_path, {name: b"x"}))
    archive.verify()
    with archive.part(name) as source:
        assert source.read(10) == b"x"


def test_a_part_is_written_once(tmp_path: Path) -> None:
    with writing.draft(tmp_path / "shelf", "a", Sealing()) as draft:
        with draft.part("cache/x"):
            pass
        with pytest.raises(errors.ArchiveError, match="it was written before"), draft.part("cache/x"):
            pass


@BOTH
def test_a_part_that_failed_is_not_in_it(tmp_path: Path, closed: Sealing) -> None:
    with writing.draft(tmp_path, "a", closed) as draft:
        with suppress(ConnectionError), draft.part("cache/x") as sink:
            sink.write(b"half")
            raise ConnectionError
        with draft.part("cache/x") as sink:
            sink.write(b"whole")
        path = draft.finish(archives.contents())
    archive = reading.open_archive(path, archives.IDENTITY)
    archive.verify()
    with archive.part("cache/x") as source:
        assert source.read(100) == b"whole"


@BOTH
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_whoever_leaves_early_leaves_nothing(tmp_path: Path, closed: Sealing, error: type[BaseException]) -> None:
    def interrupted() -> None:
        with writing.draft(tmp_path / "shelf", "a", closed) as draft, draft.part("cache/x") as sink:
            sink.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    with writing.draft(tmp_path / "shelf", "a", closed):
        pass
    assert archives.everything(tmp_path / "shelf") == {}


def test_an_archive_is_not_finished_while_a_part_is_being_written(tmp_path: Path) -> None:
    with (
        writing.draft(tmp_path / "shelf", "a", Sealing()) as draft,
        draft.part("cache/x"),
        pytest.raises(errors.ArchiveError, match="still being written: cache/x"),
    ):
        draft.finish(archives.contents())
    assert archives.everything(tmp_path / "shelf") == {}


def test_no_archive_is_replaced(tmp_path: Path) -> None:
    path = archives.write(tmp_path)
    before = archives.everything(path)
    with pytest.raises(errors.ArchiveError, match="something has it"):
        archives.write(tmp_path, {})
    assert archives.everything(path) == before


def test_of_two_that_write_at_once_under_one_name_the_second_is_refused(tmp_path: Path) -> None:
    with writing.draft(tmp_path, "agentchat-20261124T193600Z", Sealing()) as draft:
        path = archives.write(tmp_path)
        with pytest.raises(errors.ArchiveError, match="something has it"):
            draft.finish(archives.contents())
    reading.open_archive(path).verify()


def test_a_manifest_that_nobody_would_read_is_not_written(tmp_path: Path) -> None:
    omissions = tuple(archives.facts.Omission("backend", f"/{number:0>1000000}", 1) for number in range(17))
    with pytest.raises(errors.ArchiveError, match="a manifest of at most 16777216 bytes"):
        archives.write(tmp_path / "shelf", omissions=omissions)
    assert archives.everything(tmp_path / "shelf") == {}


@BOTH
def test_a_disk_that_is_full_is_told_and_nothing_is_left(tmp_path: Path, closed: Sealing) -> None:
    with no_file_beyond(1 << 20), pytest.raises(errors.HostError) as caught:
        archives.write(tmp_path / "shelf", {"files/x.tar": os.urandom(3 << 20)}, closed)
    assert caught.value.tried.startswith("write files/x.tar of the archive ")
    assert caught.value.actual == os.strerror(errno.EFBIG)
    assert archives.everything(tmp_path / "shelf") == {}


@BOTH
def test_a_disk_that_is_full_at_the_very_end_is_told_too(tmp_path: Path, closed: Sealing) -> None:
    with no_file_beyond(10), pytest.raises(errors.HostError):
        archives.write(tmp_path / "shelf", {"files/x.tar": os.urandom(50)}, closed)
    with no_file_beyond(500), pytest.raises(errors.HostError, match="write the archive"):
        archives.write(tmp_path / "shelf", {"files/x.tar": b""}, closed)
    assert archives.everything(tmp_path / "shelf") == {}


def test_no_room_at_all_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with writing.draft(tmp_path / "shelf", "a", Sealing()) as draft:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(errors.HostError) as caught, draft.part("cache/x"):
            pass
    assert (caught.value.expected, caught.value.next_step) == (
        "room on the disk",
        "make room, then run this again",
    )


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.HostError, match="a directory that we may write"):
        archives.write(tmp_path / "file")


def test_parts_are_written_from_several_threads(tmp_path: Path) -> None:
    data = {f"database/tables/{number}.sql": os.urandom(20_000) * 5 for number in range(12)}
    with writing.draft(tmp_path, "a", archives.SEALING) as draft:

        def put(name: str) -> None:
            with draft.part(name) as sink:
                for start in range(0, len(data[name]), 7000):
                    sink.write(data[name][start : start + 7000])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, data))
        path = draft.finish(archives.contents())
    archive = reading.open_archive(path, archives.IDENTITY)
    archive.verify()
    for name, expected in data.items():
        with archive.part(name) as source:
            assert b"".join(iter(lambda source=source: source.read(1 << 20), b"")) == expected


def test_the_disk_keeps_every_file_and_directory_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def spy_fsync(descriptor: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def spy_rename(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "rename", spy_rename)
    path = archives.write(tmp_path / "shelf")
    assert done.pop(0) == str(tmp_path)  # where the directory of the archives was made
    renamed = done.index("rename")
    temporary = {path.parent / Path(name).relative_to(path.parent).parts[0] for name in done[:renamed]}
    assert len(temporary) == 1
    synced = {Path(name).relative_to(*temporary) for name in done[:renamed]}
    assert synced == {Path(), *(found.relative_to(path) for found in path.rglob("*"))}
    assert done[renamed + 1 :] == [str(path.parent)]


def test_memory_stays_flat(tmp_path: Path) -> None:
    script = """
import os, re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import archives
from agentchat_check.archive import reading, writing
block = os.urandom(1 << 20)
with writing.draft(Path(sys.argv[1]), "a", archives.SEALING) as draft:
    with draft.part("files/x.tar") as sink:
        for _ in range(300):
            sink.write(block)
    path = draft.finish(archives.contents())
reading.open_archive(path, archives.IDENTITY).verify()
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
    where = {"PYTHONPATH": str(Path(writing.__file__).parents[2])}
    command = [sys.executable, "-c", script, str(tmp_path), str(Path(archives.__file__).parent)]
    used = int(process.run(command, environment=where, timeout=60).stdout)
    assert used <= 250, f"{used} MiB for a stream of 300 MiB"
