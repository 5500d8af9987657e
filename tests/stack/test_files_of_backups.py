"""What lies in a volume is read, put in the place of something else, put back, and never lost halfway."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archives
from agentchat_check import errors, facts
from agentchat_check.archive import reading
from agentchat_check.archive.tars import OURS
from agentchat_check.procedures.backup import configuration, files, preflight, swapping
from agentchat_check.session import Session
from agentchat_check.stack import labels, mounts, storage
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from volumes import AT, Parts, empty, fill, listed, running, tar

if TYPE_CHECKING:
    from docker import DockerClient as Client
    from docker.models.containers import Container

_NEW = {"new": "1", ".hidden/.file": "2", "a b/deep/third": "3", "-rf": "4"}
_DEEP = {f"app/{name}": text for name, text in _NEW.items()}

# Programs that end the shell that runs them, as a loss of power would, when their turn has come; each rename is one.
_MORTAL = r"""
for name in mv mkdir chown chmod rm rmdir; do
    cat > /usr/local/bin/$name <<'END'
#!/bin/sh
turn() {
    if [ -e /tmp/turns ]; then
        left=$(cat /tmp/turns)
        if [ "$left" = 0 ]; then kill -9 $PPID; exit; fi
        echo $((left - 1)) > /tmp/turns
    fi
}
if [ "${0##*/}" = mv ]; then
    while [ $# -gt 1 ]; do
        turn
        for last; do :; done
        /usr/bin/mv "$1" "$last"
        shift
    done
else
    turn
    exec /usr/bin/"${0##*/}" "$@"
fi
END
    /usr/bin/chmod 755 /usr/local/bin/$name
done
"""


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


@pytest.fixture(scope="module")
def mortal(stack: Stack) -> Iterator[Helper]:
    with storage.helper(stack, "app") as helper:
        helper.run(_MORTAL)
        yield helper


@pytest.fixture
def helper(mortal: Helper) -> Helper:
    mortal.run("/usr/bin/rm -f /tmp/turns")
    empty(mortal)
    return mortal


def killed(helper: Helper, turn: int, work: Callable[[], None]) -> bool:
    """Whether some work was killed when it was to start its program of this number."""
    helper.run('echo "$1" > /tmp/turns', str(turn))
    try:
        work()
    except errors.StackError:
        return True
    finally:
        helper.run("/usr/bin/rm -f /tmp/turns")
    return False


def at(trees: Iterable[facts.FileTree]) -> facts.FileTree:
    """That of the volume."""
    return next(tree for tree in trees if tree.path == AT)


def swapped(helper: Helper) -> str:
    """What lies there after a swap that nobody disturbed, and that cannot be undone any more."""
    fill(helper)
    swapping.stage(helper, AT, tar(_DEEP))
    swapping.swap(helper, AT, below="/app")
    swapping.forget(helper, AT)
    return listed(helper)


def test_a_swap_puts_one_content_in_the_place_of_another_and_undoing_it_brings_that_back(helper: Helper) -> None:
    before = fill(helper)
    swapping.stage(helper, AT, tar(_DEEP))
    swapping.swap(helper, AT, below="/app")
    names = helper.run(f'cd "$1"; find . -path "./{OURS}*" -prune -o -type f -print | sort', AT).split("\n")
    assert names == ["./-rf", "./.hidden/.file", "./a b/deep/third", "./new", ""]
    swapping.undo(helper, AT)
    assert listed(helper) == before
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_what_is_forgotten_is_gone_and_nothing_undoes_it(helper: Helper) -> None:
    new = swapped(helper)
    assert OURS not in new
    swapping.undo(helper, AT)
    assert listed(helper) == new


def test_the_directory_itself_is_owned_as_what_was_staged_for_it_and_again_as_before(helper: Helper) -> None:
    before = fill(helper)
    assert ". d 1770 77:88" in before
    swapping.stage(helper, AT, iter(helper.read("/usr/local/bin").read, b""))
    swapping.swap(helper, AT, below="/bin")
    assert ". d 755 0:0" in listed(helper)
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_many_names_are_moved_at_once(helper: Helper) -> None:
    helper.run('cd "$1"; seq 1 250 | xargs touch; touch "a b" .c', AT)
    before = listed(helper)
    swapping.stage(helper, AT, tar({"only": "one"}))
    swapping.swap(helper, AT)
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_nothing_is_staged_over_a_swap_that_was_not_ended(helper: Helper) -> None:
    before = fill(helper)
    swapping.stage(helper, AT, tar({"first": "1"}))
    swapping.swap(helper, AT)
    with pytest.raises(errors.StackError) as caught:
        swapping.stage(helper, AT, tar({"second": "2"}))
    assert caught.value.actual == f"{AT}/{OURS}before is there: a restore was begun and not ended"
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_a_swap_that_is_killed_at_any_step_is_finished_or_undone(helper: Helper) -> None:
    new = swapped(helper)
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        if not killed(helper, turn, lambda: swapping.swap(helper, AT, below="/app")):
            break
        if turn % 2:
            swapping.undo(helper, AT)
            assert listed(helper) == before, f"undone after the step {turn}"
        else:
            swapping.swap(helper, AT, below="/app")
            swapping.forget(helper, AT)
            assert listed(helper) == new, f"finished after the step {turn}"
    assert turn > 15


def test_undoing_that_is_killed_at_any_step_loses_nothing(helper: Helper) -> None:
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        if turn % 2:
            swapping.swap(helper, AT, below="/app")
        else:
            killed(helper, 9, lambda: swapping.swap(helper, AT, below="/app"))
        was_killed = killed(helper, turn, lambda: swapping.undo(helper, AT))
        swapping.undo(helper, AT)
        assert listed(helper) == before, f"after the step {turn}"
        if not was_killed and turn % 2:
            break
    assert turn > 10


def test_forgetting_that_is_killed_leaves_the_one_or_the_other(helper: Helper) -> None:
    new = swapped(helper)
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        swapping.swap(helper, AT, below="/app")
        if not killed(helper, turn, lambda: swapping.forget(helper, AT)):
            break
        swapping.undo(helper, AT)
        assert listed(helper) in {before, new}, f"after the step {turn}"
    assert turn == 3


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


def test_what_cannot_be_read_is_one_clear_error(stack: Stack, helper: Helper) -> None:
    with pytest.raises(errors.StackError) as caught:
        helper.read("/no/such/place")
    assert caught.value.tried == "read /no/such/place of app"
    with pytest.raises(errors.StackError) as failed:
        helper.run('echo "$1" >&2; exit 3', "what $went 'wrong'")
    assert failed.value.actual == "what $went 'wrong'"


def test_whoever_reads_no_more_lets_go_of_the_container(stack: Stack) -> None:
    large = ["sh", "-c", "head -c 100000000 /dev/zero > /srv/large"]
    assert stack.execute("app", large, user="root")[0] == 0
    with storage.helper(stack, "app") as helper:
        helper.run(f"head -c 100000000 /dev/zero > {AT}/large")
        helper.read(AT).read()
    with storage.reading(stack, "app", "/srv") as tar:
        tar.read()
    with storage.reading(stack, "app", "/srv"):
        pass
    assert stack.execute("app", ["rm", "/srv/large", f"{AT}/large"], user="root") == (0, "")


def test_what_the_engine_lost_is_asked_again(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    run, lost = helper.run, iter([True, True])
    monkeypatch.setattr(helper, "run", lambda *given: "" if next(lost, False) else run(*given))
    assert helper.ask('echo "$1"', "heard").split() == ["heard"]
    assert helper.ask("true") == ""
    monkeypatch.setattr(helper, "run", lambda *_: "")
    with pytest.raises(errors.StackError, match="none, 5 times"):
        helper.ask("true")


def test_a_helper_is_nobodys_service_and_does_not_stay(stack: Stack, client: Client) -> None:
    services, before = [service.name for service in stack.services()], helpers(client, stack)
    with storage.helper(stack, "app") as helper:
        helper.run("true")
        assert [service.name for service in stack.services()] == services
        (made,) = helpers(client, stack) - before
        held, own = volumes_of(client.containers.get(made)), volumes_of(stack.container("app"))
    assert held >= own
    assert held & {str(volume.name) for volume in client.volumes.list()} <= own
    assert helpers(client, stack) == before


def helpers(client: Client, stack: Stack) -> set[str]:
    """The ids of the containers that reach a stack's volumes."""
    whose = {"label": f"{labels.PROJECT}={labels.of_helpers(stack.project)}"}
    return {str(container.id) for container in client.containers.list(all=True, filters=whose)}


def volumes_of(container: Container) -> set[str]:
    """The names of the volumes that a container has."""
    return {mount["Name"] for mount in container.attrs["Mounts"] if mount["Type"] == "volume"}


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
