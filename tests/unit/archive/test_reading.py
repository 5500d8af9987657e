"""Archives that are read: whole ones, with a key and without; and what is none of ours."""

import hashlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

import archives
from agentchat_check.archive import manifest as manifests
from agentchat_check.archive import reading
from agentchat_check.archive.sealing import Identity, Sealing
from archives import BOTH, DIALOG, FILE, check_stored, read_all, refusal, verify


def test_verifying_needs_no_server_and_writes_nothing(whole: Path) -> None:
    before = archives.everything(whole.parent)
    verify(whole)
    check_stored(whole)
    assert archives.everything(whole.parent) == before


def test_progress_tells_stored_bytes_up_to_the_last(whole: Path) -> None:
    archive = reading.open_archive(whole, archives.IDENTITY)
    total = sum(part.stored_bytes for part in archive.manifest.parts)
    for look in (archive.verify, archive.check_stored):
        told: list[tuple[int, int]] = []
        look(lambda done, of, told=told: told.append((done, of)))
        assert told == sorted(told)
        assert {of for _, of in told} == {total}
        assert told[-1] == (total, total)


@pytest.mark.parametrize("act", [verify, read_all])
def test_a_wrong_key_is_one_clear_error(tmp_path: Path, act: Callable[[Path], None]) -> None:
    path = archives.write(tmp_path / "shelf", closed=archives.SEALING)
    other = Identity((pyrage.x25519.Identity.generate(),), told="other.txt")
    error = refusal(path, lambda path: act(reading.open_archive(path, other).path))
    assert (error.tried, error.actual) == (f"open the encrypted archive {path}", "other.txt does not open it")


def test_without_a_key_an_encrypted_archive_is_seen_but_not_read(tmp_path: Path) -> None:
    path = archives.write(tmp_path / "shelf", closed=archives.SEALING)
    archive = reading.open_archive(path)
    archive.check_stored()
    assert archive.manifest.deployment == "agentchat"
    assert refusal(path, lambda _: archive.verify()).actual == "nothing was given"


def test_a_key_is_not_asked_of_an_archive_in_plain_text(archive: Path) -> None:
    reading.open_archive(archive, archives.IDENTITY).verify()


def test_a_key_file_of_another_archive_is_told(tmp_path: Path) -> None:
    ours, other = (archives.write(tmp_path / name, closed=archives.SEALING) for name in ("a", "b"))
    shutil.copy(other / "key.age", ours / "key.age")
    for act in (verify, check_stored):
        assert "key.age" in refusal(ours, act).tried


def test_a_part_that_the_manifest_does_not_name_is_none(archive: Path) -> None:
    def ask(path: Path) -> None:
        with reading.open_archive(path).part("database/other.sql"):
            pass

    assert refusal(archive, ask).actual == "the manifest names none"


@BOTH
def test_a_part_may_be_left_before_its_end(tmp_path: Path, closed: Sealing) -> None:
    data = random.Random(4).randbytes(5 << 20)  # noqa: S311 - it is to be the same each time
    archive = reading.open_archive(archives.write(tmp_path, {"files/x.tar": data}, closed), archives.IDENTITY)
    with archive.part("files/x.tar") as source:
        assert source.read(10) == data[:10]
    with archive.part("files/x.tar") as source:
        assert source.read(-1) == data[: 1 << 20]


def test_a_newer_format_is_refused_with_a_next_step(archive: Path) -> None:
    archives.edit(archive, format=2, something_new=True)
    error = refusal(archive)
    assert (error.expected, error.actual) == ("format 1 or older", "format 2")
    assert error.next_step == "use the version of agentchat-check that took this backup, or a newer one"


@pytest.mark.parametrize("manifest", [b'{"schemaVersion": 2}', b"[]", b"", b"\xff", b"[" * 100_000, b'{"format": 1}'])
def test_another_tools_manifest_is_foreign(archive: Path, manifest: bytes) -> None:
    archives.rewrite(archive, manifest)
    error = refusal(archive)
    assert error.expected == "a directory that agentchat-check wrote, with manifest.json and manifest.json.sha256"
    assert error.actual == "manifest.json was written by something else"


def test_a_directory_of_others_is_foreign(tmp_path: Path) -> None:
    other = tmp_path / "shelf" / "restic"
    (other / "data").mkdir(parents=True)
    (other / "config").write_text("{}")
    assert refusal(other).actual == "no manifest.json in it"
    (other / "manifest.json").write_text("{}")
    assert refusal(other).actual == "no manifest.json.sha256 in it"
    assert refusal(other / "config").actual == "no such directory"
    assert refusal(other / "none").actual == "no such directory"


def test_a_manifest_of_gigabytes_is_not_read(archive: Path) -> None:
    for name in ("manifest.json", "manifest.json.sha256"):
        os.truncate(archive / name, 5 << 30)
        error = refusal(archive)
        assert (error.expected, error.actual) == (f"at most {manifests.LIMIT} bytes", f"{5 << 30} bytes")


def test_an_archive_may_be_named_by_a_link(archive: Path) -> None:
    latest = archive.parent / "latest"
    latest.symlink_to(archive)
    verify(latest)


def test_the_stored_digest_is_of_the_file(archive: Path) -> None:
    part = next(part for part in reading.open_archive(archive).manifest.parts if part.name == DIALOG)
    assert part.stored_sha256 == hashlib.sha256((archive / FILE).read_bytes()).hexdigest()
