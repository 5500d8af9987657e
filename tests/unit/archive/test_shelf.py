import errno
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import archives
from agentchat_check import errors
from agentchat_check.archive import places, reading, shelf, writing
from agentchat_check.archive.retention import Retention
from agentchat_check.archive.sealing import Sealing
from agentchat_check.stack import process

WRITER = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import archives
from agentchat_check.archive import writing
with writing.draft(Path(sys.argv[1]), "agentchat-20261124T193600Z", archives.SEALING) as draft:
    with draft.part("cache/dump.rdb") as sink:
        sink.write(b"half")
        print("writing", flush=True)
        {then}
"""


def writer(where: Path, then: str) -> list[str]:
    """A program that writes an archive, and does this in the middle of it."""
    return [sys.executable, "-c", WRITER.format(then=then), str(where), str(Path(archives.__file__).parent)]


ENVIRONMENT = {"PYTHONPATH": str(Path(writing.__file__).parents[2])}


def killed(where: Path) -> None:
    """Write an archive, and be killed meanwhile."""
    done = process.run(
        writer(where, "os.kill(os.getpid(), signal.SIGKILL)"), environment=ENVIRONMENT, timeout=30, check=False
    )
    assert done.returncode == -9


@contextmanager
def busy(where: Path) -> Iterator[None]:
    """Somebody else writes an archive."""
    begun = threading.Event()
    with process.running(
        writer(where, "signal.pause()"), environment=ENVIRONMENT, on_line=lambda _: begun.set()
    ) as program:
        assert begun.wait(30)
        yield
        program.end()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory for archives."""
    directory = tmp_path / "shelf"
    directory.mkdir()
    return directory


def days(place: Path, *numbers: int, **changes: object) -> list[Path]:
    """An archive of each of these days of November."""
    return [
        archives.write(place, {"cache/x": b"x"}, taken_at=datetime(2026, 11, day, 3, tzinfo=UTC), **changes)
        for day in numbers
    ]


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def damage(archive: Path) -> None:
    """Change a byte; sizes stay."""
    file = archive / "cache/x.zst"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def test_archives_are_listed_newest_first(place: Path) -> None:
    days(place, 22, 24, 23)
    assert [entry.taken_at.day for entry in shelf.list_archives(place).entries] == [24, 23, 22]


def test_an_entry_tells_what_its_manifest_does(place: Path) -> None:
    path = archives.write(place, closed=archives.SEALING)
    size = sum(file.stat().st_size for file in path.rglob("*.zst.age"))
    assert shelf.list_archives(place) == shelf.Listing(
        (shelf.Entry(path, archives.TAKEN, "agentchat", "docker", "logical", size, is_encrypted=True),), ()
    )
    (entry,) = shelf.list_archives(place).entries
    assert (entry.name, entry.is_complete) == ("agentchat-20261124T193600Z", True)


def test_one_that_is_not_complete_is_listed_as_such(place: Path) -> None:
    cut, unread, renamed = days(place, 1, 2, 3)
    (cut / "cache/x.zst").write_bytes(b"")
    (unread / "manifest.json").unlink()
    renamed.rename(place / "kept-by-hand")
    flaws = {entry.name: entry.flaw for entry in shelf.list_archives(place).entries}
    assert flaws.pop("kept-by-hand") == ""
    assert flaws == {
        cut.name: f"read cache/x.zst of the archive {cut}: 0 bytes",
        unread.name: f"read the archive {unread}: no manifest.json in it",
    }


def test_what_is_of_others_is_passed_over(place: Path) -> None:
    (place / "restic" / "data").mkdir(parents=True)
    (place / "notes.txt").write_text("")
    (place / ".snapshots").mkdir()
    assert shelf.list_archives(place) == shelf.Listing((), ())


def test_a_directory_that_is_not_there_is_told(place: Path) -> None:
    with pytest.raises(errors.ArchiveError, match="No such file or directory"):
        shelf.list_archives(place / "none")


def test_what_was_killed_is_no_archive_and_is_named_and_cleared_away(place: Path) -> None:
    killed(place)
    (directory,) = (path for path in place.iterdir() if path.is_dir())
    assert directory.name.startswith(".agentchat-20261124T193600Z.partial-")
    with pytest.raises(errors.ArchiveError):
        reading.open_archive(directory)
    assert shelf.list_archives(place) == shelf.Listing((), (shelf.Leftover(directory, in_use=False),))
    before = archives.everything(place)
    assert shelf.prune(place, Retention(last=1), dry_run=True).leftovers == (directory,)
    assert archives.everything(place) == before
    assert shelf.prune(place, Retention(last=1)).leftovers == (directory,)
    assert names(place) == []


def test_what_is_being_written_is_left_alone(place: Path) -> None:
    with busy(place), writing.draft(place, "a", Sealing()) as draft:
        assert [leftover.in_use for leftover in shelf.list_archives(place).leftovers] == [True, True]
        for dry_run in (True, False):
            assert shelf.prune(place, Retention(last=1), dry_run=dry_run).leftovers == ()
        path = draft.finish(archives.contents())
        assert shelf.prune(place, Retention(last=1)).leftovers == ()
    reading.open_archive(path).verify()
    (ended,) = shelf.list_archives(place).leftovers
    assert not ended.in_use
    shelf.prune(place, Retention(last=1))
    assert names(place) == ["a"]


def test_a_lock_without_its_directory_is_cleared_away(place: Path) -> None:
    lock = place / ".a.partial-0123abcd.lock"
    lock.touch()
    assert shelf.prune(place, Retention(last=1)).leftovers == (place / ".a.partial-0123abcd",)
    assert names(place) == []


def test_a_removal_that_was_killed_is_finished(place: Path) -> None:
    (path,) = days(place, 1)
    path.rename(place / f".{path.name}.removed-0123abcd")
    assert shelf.list_archives(place).entries == ()
    shelf.prune(place, Retention(last=1))
    assert names(place) == []


def test_names_that_only_look_alike_are_left_alone(place: Path) -> None:
    (place / ".a.partial-xyz").mkdir()
    (place / "a.partial-0123abcd").mkdir()
    (place / ".b.partial-0123abcd").symlink_to(place)
    before = names(place)
    assert shelf.prune(place, Retention(last=1)).leftovers == ()
    assert names(place) == before


def test_what_need_not_be_kept_goes(place: Path) -> None:
    paths = days(place, 20, 21, 22, 23, 24)
    dry = shelf.prune(place, Retention(daily=2), dry_run=True)
    assert len(names(place)) == 5
    pruning = shelf.prune(place, Retention(daily=2))
    assert pruning == dry
    assert [entry.path for entry in pruning.removed] == paths[2::-1]
    assert [(kept.entry.path, kept.reasons) for kept in pruning.kept] == [
        (paths[4], ("daily",)),
        (paths[3], ("daily",)),
    ]
    assert names(place) == [paths[3].name, paths[4].name]


def test_each_project_is_pruned_by_itself(place: Path) -> None:
    ours = days(place, 23, 24)
    other = days(place, 1, 2, deployment="other")
    third = days(place, 3, 4, deployment="third", project="elsewhere")
    shelf.prune(place, Retention(last=1))
    assert names(place) == sorted(path.name for path in (ours[1], other[1], third[1]))


def test_the_newest_that_verifies_stays_whatever_is_to_be_kept(place: Path) -> None:
    paths = days(place, 20, 21, 22, 23)
    for path in paths[2:]:
        damage(path)
    told: list[tuple[int, int]] = []
    pruning = shelf.prune(place, Retention(last=1), on_progress=lambda *done: told.append(done))
    assert [kept.reasons for kept in pruning.kept] == [("last",), ("newest that verifies",)]
    assert names(place) == [paths[1].name, paths[3].name]
    assert told


def test_where_none_verifies_none_goes(place: Path) -> None:
    paths = days(place, 20, 21, 22)
    for path in paths:
        damage(path)
    pruning = shelf.prune(place, Retention(last=1))
    assert [kept.reasons for kept in pruning.kept] == [("last",), ("none verifies",), ("none verifies",)]
    assert len(names(place)) == 3


def test_one_that_is_not_complete_neither_counts_nor_goes(place: Path) -> None:
    paths = days(place, 20, 21, 22)
    (paths[2] / "cache/x.zst").unlink()
    pruning = shelf.prune(place, Retention(last=1))
    assert names(place) == [paths[1].name, paths[2].name]
    assert pruning.kept[0].reasons == (f"read cache/x.zst of the archive {paths[2]}: it is missing",)


def test_an_encrypted_archive_is_pruned_without_its_key(place: Path) -> None:
    for day in (1, 2):
        archives.write(place, closed=archives.SEALING, taken_at=archives.TAKEN + timedelta(days=day))
    shelf.prune(place, Retention(last=1))
    assert len(names(place)) == 1


def test_an_archive_loses_its_name_before_anything_in_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days(place, 1, 2)

    def killed_here(path: Path) -> None:
        raise KeyboardInterrupt(path)

    monkeypatch.setattr(shutil, "rmtree", killed_here)
    with pytest.raises(KeyboardInterrupt):
        shelf.prune(place, Retention(last=1))
    monkeypatch.undo()
    (entry,) = shelf.list_archives(place).entries
    assert entry.is_complete
    shelf.prune(place, Retention(last=1))
    assert names(place) == [entry.name]


def test_what_cannot_be_removed_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days(place, 1, 2)

    def refused(path: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(errors.HostError, match="Operation not permitted"):
        shelf.prune(place, Retention(last=1))


def test_two_that_prune_at_once_do_not_disturb_each_other(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = days(place, 1, 2)
    first = shelf.prune
    remove = places.remove

    def after_another(path: Path) -> None:
        monkeypatch.setattr(places, "remove", remove)
        first(place, Retention(last=1))
        remove(path)

    monkeypatch.setattr(places, "remove", after_another)
    assert [entry.path for entry in shelf.prune(place, Retention(last=1)).removed] == [paths[0]]
    assert names(place) == [paths[1].name]
