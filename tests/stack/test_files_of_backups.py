"""What lies in volumes goes into an archive and comes back as it was."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archives
from agentchat_check import errors, facts
from agentchat_check.archive import reading
from agentchat_check.procedures.backup import configuration, files, preflight
from agentchat_check.session import Session
from agentchat_check.stack import mounts
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from volumes import AT, Parts, fill, listed, running, tar

if TYPE_CHECKING:
    from docker import DockerClient as Client


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("files")
    for name in ("settings", "uploads"):
        (home / name).mkdir()
    (home / "settings/app.yaml").write_text("password: s3cret\n")
    mounts = [f"files:{AT}", f"files:{AT}-again", f"{home}/settings/app.yaml:/etc/app.yaml", f"{home}/uploads:/uploads"]
    mounts += [f"{home}/settings:/etc/settings:ro", "/nameless"]
    with running(client, check_session, home, {}, volumes=mounts) as running_stack:
        yield running_stack


def at(trees: Iterable[facts.FileTree]) -> facts.FileTree:
    """That of the volume."""
    return next(tree for tree in trees if tree.path == AT)


def test_every_mount_of_a_service_is_found(stack: Stack) -> None:
    found = {place.path: (place.kind, place.writable, place.nameless) for place in mounts.places(stack)}
    assert found == {
        AT: ("volume", True, False),
        f"{AT}-again": ("volume", True, False),
        "/etc/app.yaml": ("bind", True, False),
        "/etc/settings": ("bind", False, False),
        "/nameless": ("volume", True, True),
        "/uploads": ("bind", True, False),
        "/var/lib/mysql": ("volume", True, True),
    }


def test_a_file_that_is_mounted_by_itself_is_configuration_and_no_part_of_the_files(stack: Stack) -> None:
    assert [place.path for place in files.places(stack)] == ["/nameless", "/uploads", AT]
    archive = Parts()
    configuration.put(stack, archive.write, secrets=False)
    assert [name for name, text in archive.held.items() if b"s3cret" in text] == []
    configuration.put(stack, archive.write, secrets=True)
    found = [name for name, text in archive.held.items() if b"s3cret" in text]
    assert found == [f"{configuration.SECRETS}mounts/app/etc/{name}.tar" for name in ("app.yaml", "settings")]


def test_files_come_back_with_owner_mode_and_links(stack: Stack, helper: Helper) -> None:
    before, archive = fill(helper), Parts()
    trees = files.take(stack, archive.write, until=datetime.now(UTC))
    tree = at(trees)
    assert (tree.service, tree.kind, tree.files, tree.bytes) == ("app", "volume", 7, 34)
    helper.run('cd "$1"; /usr/bin/rm -rf "a b" link; echo other > "*"; echo more > more; chmod 700 .', AT)
    changed = listed(helper)
    assert at(files.held(stack)).digest != tree.digest
    files.put_back(stack, archive.read, tree)
    assert at(files.held(stack)) == tree
    files.take_back(stack, tree)
    assert listed(helper) == changed
    files.put_back(stack, archive.read, tree)
    files.forget(stack, tree)
    assert listed(helper) == before
    assert at(files.held(stack)) == tree


def test_a_file_that_was_changed_after_the_cut_is_left_out(stack: Stack, helper: Helper) -> None:
    helper.run('cd "$1"; echo 1 > early; echo 1 > late; ln -s x link; touch -d @1800000000 late', AT)
    archive = Parts()
    tree = at(files.take(stack, archive.write, until=datetime.fromtimestamp(1799999990, UTC)))
    files.put_back(stack, archive.read, tree)
    files.forget(stack, tree)
    assert helper.run('cd "$1"; ls', AT).split() == ["early", "link"]
    assert tree.files == 1


def test_an_archive_with_a_link_that_leads_out_is_refused_and_nothing_changes(stack: Stack, helper: Helper) -> None:
    before, archive = fill(helper), Parts()
    tree = at(files.take(stack, archive.write, until=datetime.now(UTC)))
    archive.held[files.name("app", AT)] = b"".join(tar({"app/fine": "1"}, {"app/link": "/etc/passwd"}))
    with pytest.raises(errors.ArchiveError) as caught:
        files.put_back(stack, archive.read, tree)
    assert caught.value.actual == "'link': it leads to /etc/passwd, out of /var/lib/app"
    files.take_back(stack, tree)
    assert listed(helper) == before


def test_data_beside_every_volume_are_named_whether_the_service_runs_or_not(stack: Stack) -> None:
    written = (
        "mkdir -p /srv/empty /srv/app; echo precious > '/srv/app/a b'; : > /srv/nothing; ln -s /etc/passwd /srv/link"
    )
    stack.execute("app", ["sh", "-c", written], user="root")
    expected = (facts.Omission("app", "/srv/app/a b", 9),)
    assert files.omissions(stack) == expected
    stack.act("stop", "app")
    assert files.omissions(stack) == expected
    stack.act("start", "app")
    assert mounts.file_size(stack, "app", "/etc") == mounts.file_size(stack, "app", "/no/such") == 0


def test_a_disk_without_room_is_refused_for_all_that_share_it(stack: Stack, tmp_path: Path) -> None:
    trees = tuple(facts.FileTree("app", path, "volume", 0, 0, "f") for path in (AT, "/uploads"))
    written = archives.write(tmp_path, {files.name("app", tree.path): b"" for tree in trees}, files=trees)
    archive = reading.open_archive(written)
    preflight.refuse_without_room("restore", stack, archive)
    free = shutil.disk_usage("/").free
    parts = tuple(part.model_copy(update={"raw_bytes": free * 45 // 100}) for part in archive.manifest.parts)
    large = dataclasses.replace(archive, manifest=archive.manifest.model_copy(update={"parts": parts}))
    with pytest.raises(errors.StackError) as caught:
        preflight.refuse_without_room("restore", stack, large)
    assert caught.value.expected.startswith("room for ")


def test_what_is_mounted_inside_of_a_volume_is_a_place_of_its_own(
    client: Client, check_session: Session, tmp_path: Path
) -> None:
    mounts = ["outer:/data", "inner:/data/deep/inner", "/data/top"]
    with running(client, check_session, tmp_path, {}, volumes=mounts) as nested:
        run = ["sh", "-c", "echo 1 > /data/one; echo 22 > /data/deep/inner/two; echo 3 > /data/top/three"]
        nested.execute("app", run, user="root")
        archive = Parts()
        trees = files.take(nested, archive.write, until=datetime.now(UTC))
        assert {tree.path: tree.bytes for tree in trees} == {"/data": 2, "/data/deep/inner": 3, "/data/top": 2}
        nested.execute("app", ["sh", "-c", "rm /data/one; echo 4 > /data/deep/inner/two"], user="root")
        for tree in trees:
            files.put_back(nested, archive.read, tree)
        assert files.held(nested) == trees
        for tree in trees:
            files.forget(nested, tree)
        assert files.held(nested) == trees
