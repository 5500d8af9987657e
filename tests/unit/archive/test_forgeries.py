"""Archives whose digests are right and whose contents are not: what somebody writes who can write the digests, too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archives
from agentchat_check import errors
from agentchat_check.archive import reading
from archives import read_all, refusal, verify


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
