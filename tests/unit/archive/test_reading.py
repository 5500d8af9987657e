import hashlib
import json
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archives
from agentchat_check import errors
from agentchat_check.archive import manifest as manifests
from agentchat_check.archive import reading
from agentchat_check.archive.sealing import Identity, Sealing

DIALOG = "database/tables/dialog.sql"
FILE = f"{DIALOG}.zst"

BOTH = pytest.mark.parametrize("closed", [Sealing(), archives.SEALING], ids=["plain", "encrypted"])


@pytest.fixture(scope="module", params=[Sealing(), archives.SEALING], ids=["plain", "encrypted"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that is put right again by whoever damages it."""
    return archives.write(tmp_path_factory.mktemp("whole") / "shelf", closed=request.param)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive in plain text."""
    return archives.write(tmp_path / "shelf")


def verify(path: Path) -> None:
    reading.open_archive(path, archives.IDENTITY).verify()


def refusal(path: Path, act: Callable[[Path], None] = verify) -> errors.ArchiveError:
    """How an archive is refused; nothing is written meanwhile, in it or beside it."""
    before = archives.everything(path.parent.parent)
    with pytest.raises(errors.ArchiveError) as caught:
        act(path)
    assert archives.everything(path.parent.parent) == before
    assert caught.value.next_step
    return caught.value


def read_all(path: Path) -> None:
    """Read every part, as a restore does."""
    archive = reading.open_archive(path, archives.IDENTITY)
    for part in archive.manifest.parts:
        with archive.part(part.name) as source:
            while source.read(100):
                pass


def check_stored(path: Path) -> None:
    reading.open_archive(path).check_stored()


def files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


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


@given(data=st.data())
def test_no_byte_of_any_file_can_be_another(whole: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(files_of(whole)))
    right = file.read_bytes()
    position = data.draw(st.integers(0, len(right) - 1))
    bits = data.draw(st.integers(1, 255))
    file.write_bytes(right[:position] + bytes([right[position] ^ bits]) + right[position + 1 :])
    try:
        refusal(whole)
        refusal(whole, check_stored)
    finally:
        file.write_bytes(right)


@given(data=st.data())
def test_no_file_can_be_cut_or_grow(whole: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(files_of(whole)))
    right = file.read_bytes()
    size = data.draw(st.integers(0, len(right) + 50).filter(lambda size: size != len(right)))
    file.write_bytes((right + bytes(50))[:size])
    try:
        refusal(whole)
    finally:
        file.write_bytes(right)


@pytest.mark.parametrize("act", [verify, read_all, check_stored])
def test_each_file_missing_or_empty_is_told(whole: Path, tmp_path: Path, act: Callable[[Path], None]) -> None:
    for number, file in enumerate(files_of(whole)):
        for damage in (Path.unlink, lambda path: path.write_bytes(b"")):
            copy = tmp_path / f"{number}{damage.__name__}" / "shelf" / "a"
            shutil.copytree(whole, copy)
            damage(copy / file.relative_to(whole))
            refusal(copy, act)


@BOTH
@pytest.mark.parametrize("act", [verify, read_all, check_stored])
def test_two_parts_that_are_swapped_are_told(tmp_path: Path, closed: Sealing, act: Callable[[Path], None]) -> None:
    pair = {"database/tables/a.sql": b"INSERT 1", "database/tables/b.sql": b"INSERT 2"}
    path = archives.write(tmp_path / "shelf", pair, closed)
    a, b = (file for file in files_of(path) if file.parent.name == "tables")
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)
    changed = "its bytes were changed since" if len(first) == len(second) else f"{len(second)} bytes"
    assert refusal(path, act).actual == changed  # age pads at random


def test_what_is_wrong_with_a_file_is_said_in_four_answers(archive: Path) -> None:
    with (archive / FILE).open("ab") as file:
        file.write(b"x")
    size = (archive / FILE).stat().st_size
    assert str(refusal(archive)) == (
        f"read {FILE} of the archive {archive}\n"
        f"  expected:   {size - 1} bytes\n"
        f"  actual:     {size} bytes\n"
        "  next step:  use another copy of this archive, or an older archive"
    )


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


def test_parts_of_another_archive_with_its_manifest_do_not_open(tmp_path: Path) -> None:
    ours, other = (archives.write(tmp_path / name, closed=archives.SEALING) for name in ("a", "b"))
    key = json.loads((ours / "manifest.json").read_text())["key"]
    shutil.rmtree(ours / "database")
    shutil.copytree(other / "database", ours / "database")
    for name in ("cache", "files"):
        shutil.rmtree(ours / name)
        shutil.copytree(other / name, ours / name)
    archives.rewrite(ours, (other / "manifest.json").read_bytes())
    archives.edit(ours, key=key)
    assert refusal(ours).expected == "what can be unpacked"


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


@BOTH
def test_damage_in_the_middle_of_a_large_part_is_told_by_its_end(tmp_path: Path, closed: Sealing) -> None:
    data = random.Random(4).randbytes(5 << 20)  # noqa: S311 - it is to be the same each time
    path = archives.write(tmp_path / "shelf", {"files/x.tar": data}, closed)
    (file,) = (path / "files").iterdir()
    with file.open("r+b") as stored:
        stored.seek(2 << 20)
        stored.write(b"\0\1\2")
    assert refusal(path, read_all).actual == "its bytes were changed since"


# what somebody writes who can write the digests, too


@pytest.mark.parametrize("act", [verify, read_all])
def test_a_bomb_is_unpacked_no_further_than_was_said(archive: Path, act: Callable[[Path], None]) -> None:
    bomb = archives.packed(bytes(64 << 20))
    assert len(bomb) < 10_000
    archives.forge(archive, bomb, bytes(10), 10)
    error = refusal(archive, act)
    assert (error.expected, error.actual) == ("10 bytes, unpacked", "more; it was not unpacked any further")


def test_no_more_of_a_bomb_is_unpacked_than_one_read(archive: Path) -> None:
    archives.forge(archive, archives.packed(bytes(512 << 20)), bytes(10), 10)
    told: list[int] = []
    with pytest.raises(errors.ArchiveError):
        reading.open_archive(archive).verify(lambda done, _: told.append(done))
    assert told == []


def test_a_frame_that_needs_much_memory_is_not_unpacked(archive: Path) -> None:
    archives.forge(archive, archives.packed(b"x" * 100, window=27), b"x" * 100, 100)
    error = refusal(archive)
    assert error.expected == "what can be unpacked"
    assert "too much memory" in error.actual


@pytest.mark.parametrize(
    ("stored", "raw", "raw_bytes", "expected"),
    [
        (archives.packed(b"abc"), b"abc", 4, "4 bytes, unpacked"),
        (archives.packed(b"abc"), b"abd", 3, "what the manifest says"),
        (archives.packed(b"abc") + b"more", b"abc", 3, "what can be unpacked"),
        (archives.packed(b"abc")[:-1], b"abc", 3, "3 bytes, unpacked"),
        (b"", b"abc", 3, "3 bytes, unpacked"),
        (b"no zstd at all", b"abc", 3, "what can be unpacked"),
    ],
)
def test_what_was_packed_is_what_the_manifest_says(
    archive: Path, stored: bytes, raw: bytes, raw_bytes: int, expected: str
) -> None:
    archives.forge(archive, stored, raw, raw_bytes)
    assert refusal(archive).expected == expected


def test_an_edited_manifest_is_told(archive: Path) -> None:
    manifest = archive / "manifest.json"
    manifest.write_text(manifest.read_text().replace("binlog.000002", "binlog.000003"))
    error = refusal(archive)
    assert error.expected == "manifest.json as it was written, by manifest.json.sha256"


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "database/../../outside",
        "database/..",
        "/etc/passwd",
        "/database/x",
        "database//x",
        "database/./x",
        "database/",
        "database",
        "manifest.json",
        "",
        "database/a\0b",
        "database/a\nb",
        "database\\..\\x",
        "C:/x",
    ],
)
def test_a_name_that_leads_out_is_refused(archive: Path, name: str) -> None:
    parts = json.loads((archive / "manifest.json").read_text())["parts"]
    archives.edit(archive, parts=[*parts[:-1], {**parts[-1], "name": name}])
    assert f"parts.{len(parts) - 1}.name: " in refusal(archive).actual


@pytest.mark.parametrize(
    ("change", "actual"),
    [
        ({"name": "cache/dump.rdb"}, "two parts have one name"),
        ({"name": "configuration/secrets/env", "raw_sha256": None}, "encrypted, or left out"),
        ({"name": None}, "parts.0.name: "),
        ({"raw_bytes": -1}, "parts.0.raw_bytes: "),
        ({"raw_bytes": 1.5}, "parts.0.raw_bytes: "),
        ({"raw_bytes": "12"}, "parts.0.raw_bytes: "),
        ({"raw_sha256": None}, "every part but those of secrets"),
        ({"stored_sha256": "0" * 63}, "parts.0.stored_sha256: "),
        ({"stored_sha256": "0" * 64 + "\n"}, "parts.0.stored_sha256: "),
        ({"stored_sha256": "Z" * 64}, "parts.0.stored_sha256: "),
        ({"mode": 0o777}, "parts.0.mode: "),
    ],
)
def test_parts_that_cannot_be_are_refused(archive: Path, change: dict[str, Any], actual: str) -> None:
    parts = json.loads((archive / "manifest.json").read_text())["parts"]
    archives.edit(archive, parts=[{**parts[-1], **change}, *parts[:-1]])
    assert actual in refusal(archive).actual


@pytest.mark.parametrize(
    ("change", "actual"),
    [
        ({"extra": 1}, "extra: "),
        ({"encryption": "age"}, "has a key if it is encrypted"),
        ({"encryption": "rot13"}, "encryption: "),
        ({"secrets": "encrypted"}, "secrets are encrypted, or left out"),
        ({"taken_at": "2026-11-24T19:36:00"}, "taken_at: "),
        ({"cut": {"at": "2026-11-24T19:36:00+02:00"} | dict.fromkeys(["binlog_file", "gtids"], "")}, "cut"),
        ({"database": {}}, "database.version: "),
        ({"parts": {}}, "parts: "),
        ({"deployment": ""}, "deployment: "),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(archive: Path, change: dict[str, Any], actual: str) -> None:
    archives.edit(archive, **change)
    assert actual in refusal(archive).actual


def test_only_the_first_of_many_flaws_are_told(archive: Path) -> None:
    archives.edit(archive, **{f"extra{number}": 1 for number in range(50)})
    assert refusal(archive).actual.count("\n") == 3


def test_a_cut_lines_time_is_utc(archive: Path) -> None:
    cut = json.loads((archive / "manifest.json").read_text())["cut"]
    for time in ("2026-11-24T19:36:00+02:00", "2026-11-24T19:36:00"):
        archives.edit(archive, cut={**cut, "at": time})
        assert "the cut line's time is UTC" in refusal(archive).actual


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


@pytest.mark.parametrize("name", ["manifest.json~", "cache/.hidden", "database/tables/dialog.sql.zst.age", "key.age"])
def test_a_file_that_the_manifest_does_not_name_is_told(archive: Path, name: str) -> None:
    (archive / name).write_text("x")
    for act in (verify, check_stored):
        error = refusal(archive, act)
        assert (error.tried, error.actual) == (f"read {name} of the archive {archive}", "a file")


@pytest.mark.parametrize("name", ["lost+found", "cache/a", "database/tables/b"])
def test_a_directory_that_the_manifest_does_not_name_is_told(archive: Path, name: str) -> None:
    (archive / name).mkdir()
    assert refusal(archive).actual == "a directory"


def link_to_a_copy(file: Path) -> None:
    shutil.move(file, file.parents[3] / "outside")
    file.symlink_to(file.parents[3] / "outside")


def second_name(file: Path) -> None:
    (file.parents[3] / "outside").hardlink_to(file)


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def ear(file: Path) -> None:
    file.unlink()
    with socket.socket(socket.AF_UNIX) as listening, chdir(file.parent):  # a whole path may be too long for a socket
        listening.bind(file.name)


def device(file: Path) -> None:
    file.unlink()
    try:
        os.mknod(file, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # zeros without an end
    except PermissionError:
        pytest.skip("only root makes devices")


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("act", [verify, read_all, check_stored])
@pytest.mark.parametrize(
    ("damage", "actual"),
    [
        (link_to_a_copy, "a link"),
        (second_name, "a file with several names (hard links)"),
        (pipe, "a pipe"),
        (ear, "a socket"),
        (device, "a device"),
        (folder, "a directory"),
    ],
)
@pytest.mark.parametrize("name", ["database/tables/dialog.sql.zst", "cache/../manifest.json"])
def test_what_is_no_plain_file_is_neither_followed_nor_waited_for(
    archive: Path, act: Callable[[Path], None], damage: Callable[[Path], None], actual: str, name: str
) -> None:
    damage(archive / name)
    assert refusal(archive, act).actual == actual


@pytest.mark.parametrize("act", [verify, read_all, check_stored])
@pytest.mark.parametrize("name", ["database", "database/tables", "cache"])
def test_a_link_to_a_directory_is_not_followed(archive: Path, act: Callable[[Path], None], name: str) -> None:
    outside = archive.parent / "outside"
    shutil.move(archive / name, outside)
    (archive / name).symlink_to(outside)
    assert refusal(archive, act).actual == "a link"


def test_an_archive_may_be_named_by_a_link(archive: Path) -> None:
    latest = archive.parent / "latest"
    latest.symlink_to(archive)
    verify(latest)


def test_the_stored_digest_is_of_the_file(archive: Path) -> None:
    part = next(part for part in reading.open_archive(archive).manifest.parts if part.name == DIALOG)
    assert part.stored_sha256 == hashlib.sha256((archive / FILE).read_bytes()).hexdigest()
