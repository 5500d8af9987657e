"""What upgrades left goes with the projects that are gone; what a way back needs stays, and it is said why."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.procedures.upgrade import history, journal, leftovers
from agentchat_check.procedures.upgrade.journal import Entry, Phase
from agentchat_check.procedures.upgrade.recorded import File, Recorded
from agentchat_check.settings import Settings
from agentchat_check.stack import labels, releases
from doors import MakeSettings
from engines import Engine, container

NOTED = "what is noted of the releases of shop"
IMAGES = "the images that are kept for shop"
HERE = "it is on this engine, and its way back needs them"

Note = Callable[..., None]


@pytest.fixture
def given(settings: MakeSettings) -> Settings:
    """Settings with a directory for our state."""
    made = settings()
    made.state.mkdir()
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The compose directory of the installation ``shop``."""
    made = tmp_path / "shop"
    made.mkdir()
    return made


@pytest.fixture
def note(given: Settings, engine: Engine, home: Path) -> Note:
    """Notes releases of ``shop`` with their images; the last one runs, and came from the one before it."""

    def note(*directories: Path) -> None:
        past = history.of_installation("shop", given.state)
        for number, directory in enumerate(directories or (home, home), start=1):
            past.directory(number)
            file = File(str(directory / "docker-compose.yml"), "")
            image = facts.Image("backend", f"chat:{number}", f"sha256:{number}")
            past.write(Recorded(number, f"v{number}", str(directory), [file], [], [], [image]))
            engine.images[f"agentchat-check/kept:shop.backend.{number}"] = f"sha256:{number}"
        last = len(directories) or 2
        past.settle(current=last, former=last - 1)

    return note


@pytest.fixture
def old(given: Settings) -> Path:
    """A release's directory that another version of the reference has made; today's is there, too."""
    made = releases.directory("ref-2", given).with_name("ref-2-0123456789ab")
    made.mkdir()
    (made / "docker-compose.yml").touch()
    return made


def told(client: DockerClient, settings: Settings) -> list[str]:
    return [str(left) for left in leftovers.removed(client, settings)]


def test_nothing_is_left_where_nothing_was(client: DockerClient, given: Settings) -> None:
    assert told(client, given) == []
    assert list(given.state.iterdir()) == []


def test_what_the_way_back_of_a_project_needs_stays(
    client: DockerClient, given: Settings, note: Note, engine: Engine
) -> None:
    note()
    engine.volumes = [{"Name": "shop_mysql_data", "Labels": {labels.PROJECT: "shop"}}]  # as after docker compose down
    assert told(client, given) == [f"kept {NOTED}: {HERE}", f"kept {IMAGES}: {HERE}"]
    assert [one.number for one in history.of_installation("shop", given.state).every()] == [1, 2]
    assert engine.removed == []


def test_of_a_project_that_is_there_what_it_cannot_go_back_to_goes(
    client: DockerClient, given: Settings, note: Note, home: Path, engine: Engine
) -> None:
    note(home, home, home)
    engine.containers = [container("backend", project="shop")]
    told(client, given)
    assert [one.number for one in history.of_installation("shop", given.state).every()] == [2, 3]
    assert engine.removed == ["agentchat-check/kept:shop.backend.1"]


def test_what_an_upgrade_noted_that_was_refused_goes(
    client: DockerClient, given: Settings, note: Note, engine: Engine
) -> None:
    note()
    history.of_installation("shop", given.state).settle(current=0)  # nothing was ever brought in
    engine.containers = [container("backend", project="shop")]
    assert told(client, given) == [f"removed {NOTED}"]
    assert sorted(engine.removed) == [f"agentchat-check/kept:shop.backend.{number}" for number in (1, 2)]


def test_what_is_left_of_a_project_that_is_gone_goes(
    client: DockerClient, given: Settings, note: Note, home: Path, engine: Engine
) -> None:
    note()
    shutil.rmtree(home)
    assert told(client, given) == [f"removed {NOTED}", f"removed {IMAGES}"]
    assert list((given.state / "upgrades").iterdir()) == []
    assert sorted(engine.removed) == [f"agentchat-check/kept:shop.backend.{number}" for number in (1, 2)]


def test_an_installation_whose_files_are_there_may_come_up_again(
    client: DockerClient, given: Settings, note: Note, home: Path, engine: Engine
) -> None:
    note()
    notes, images = told(client, given)
    assert notes == (
        f"kept {NOTED}: its files are still in {home}; if it is gone for good, remove {given.state}/upgrades/shop"
    )
    assert images == f"kept {IMAGES}: it is gone from this engine, and noted still"
    shutil.rmtree(given.state / "upgrades" / "shop")
    assert told(client, given) == [f"removed {NOTED}", f"removed {IMAGES}"]
    assert engine.images == {}


def test_nothing_goes_of_what_stands_halfway_or_is_under_way(
    client: DockerClient, given: Settings, note: Note, home: Path, engine: Engine
) -> None:
    note(home, home, home)
    engine.containers = [container("backend", project="shop")]
    with journal.of(given.state, "shop") as notes:
        notes.write(Entry(Phase.SWITCHING, 1, 3))
        assert told(client, given)[0].startswith(f"kept {NOTED}: another one is under way: process ")
    assert told(client, given)[0] == f"kept {NOTED}: an upgrade or a rollback of it stands halfway"
    assert len(history.of_installation("shop", given.state).every()) == 3
    assert engine.removed == []


def test_images_of_a_project_without_notes_stay_while_it_is_there(
    client: DockerClient, given: Settings, engine: Engine
) -> None:
    engine.images = {
        f"agentchat-check/kept:{project}.backend.1": "sha256:1" for project in ("agentchat-check-1", "gone")
    }
    engine.containers = [container("backend", project="agentchat-check-1")]
    journal_of_ours = given.state / "upgrades" / "agentchat-check-1.lock"
    journal_of_ours.parent.mkdir()
    journal_of_ours.touch()
    assert told(client, given)[1:] == [
        f"kept the images that are kept for agentchat-check-1: {HERE}",
        "removed the images that are kept for gone",
    ]
    assert engine.removed == ["agentchat-check/kept:gone.backend.1"]
    assert not journal_of_ours.exists()


def test_what_cannot_be_read_is_not_removed(client: DockerClient, given: Settings, note: Note, home: Path) -> None:
    note()
    shutil.rmtree(home)
    record = given.state / "upgrades/shop/1/release.json"
    record.write_text("{")
    with pytest.raises(errors.HostError, match="read which releases a project has run"):
        told(client, given)
    assert record.exists()


def test_old_directories_of_releases_go_that_nobody_runs_from(client: DockerClient, given: Settings, old: Path) -> None:
    todays = releases.directory("ref-2", given)
    assert told(client, given) == [f"removed {old}"]
    assert {path.name for path in old.parent.iterdir()} == {todays.name, "lock"}


def test_a_directory_that_a_container_was_made_from_stays(
    client: DockerClient, given: Settings, old: Path, engine: Engine
) -> None:
    engine.containers = [container("backend", tags={labels.CONFIG_FILES: str(old / "docker-compose.yml")})]
    assert told(client, given) == [f"kept {old}: demo runs from it"]
    assert old.is_dir()


def test_a_directory_that_a_project_can_go_back_to_stays(
    client: DockerClient, given: Settings, old: Path, note: Note, home: Path, engine: Engine
) -> None:
    note(old, home)
    engine.containers = [container("backend", project="shop")]
    assert told(client, given)[-1] == f"kept {old}: it is noted as a release of shop"
    assert old.is_dir()


def test_a_directory_does_not_keep_the_notes_of_a_project_that_is_gone(
    client: DockerClient, given: Settings, old: Path, note: Note
) -> None:
    note(old, old)
    assert told(client, given) == [f"removed {NOTED}", f"removed {IMAGES}", f"removed {old}"]


def test_a_state_that_is_named_by_a_relative_path_is_the_same(
    client: DockerClient, given: Settings, old: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.containers = [container("backend", tags={labels.WORKING_DIRECTORY: str(old)})]
    monkeypatch.chdir(given.state.parent)
    relative = given.model_copy(update={"state": Path(given.state.name)})
    assert told(client, relative) == [f"kept {relative.state}/releases/{old.name}: demo runs from it"]


def test_without_the_reference_nobody_knows_which_are_old(
    client: DockerClient, given: Settings, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "REFERENCE", tmp_path / "nowhere")
    assert told(client, given) == []
    assert old.is_dir()
