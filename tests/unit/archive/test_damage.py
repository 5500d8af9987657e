"""Archives that were damaged: each is refused with one clear error, and nothing is written."""

import json
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archives
from agentchat_check.archive.sealing import Sealing
from archives import BOTH, FILE, check_stored, files_of, read_all, refusal, verify


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


@BOTH
def test_damage_in_the_middle_of_a_large_part_is_told_by_its_end(tmp_path: Path, closed: Sealing) -> None:
    data = random.Random(4).randbytes(5 << 20)  # noqa: S311 - it is to be the same each time
    path = archives.write(tmp_path / "shelf", {"files/x.tar": data}, closed)
    (file,) = (path / "files").iterdir()
    with file.open("r+b") as stored:
        stored.seek(2 << 20)
        stored.write(b"\0\1\2")
    assert refusal(path, read_all).actual == "its bytes were changed since"


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
