"""Upgrades and rollbacks of real stacks: what stays, what comes back, and what a kill leaves."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import errors, facts
from agentchat_check.checks import durability, undoing, upgrade
from agentchat_check.deployment import Deployment, Role
from agentchat_check.faults import copies
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.procedures import killing, visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import history, journal, rollback, run
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded, Wishes
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import attachment, keeping, lifecycle, owner, reference, releases
from agentchat_check.stack.compose import SLOW, Compose, project_of
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from docker import DockerClient as Client


@dataclass
class Scene:
    """A stack of the reference's first release, with a user who has written.

    Attributes:
        stack: The stack.
        regular: The user.
        settings: The settings.
        wishes: How upgrades are done.
        told: What was announced.
    """

    stack: Stack
    regular: Regular
    settings: Settings
    wishes: Wishes
    told: list[str] = field(default_factory=list)

    def upgrade(self, to: str | Deployment) -> Upgraded | RolledBack:
        """Upgrade the stack, as it is now."""

        def target(running: Deployment) -> Deployment:
            return releases.named(self.stack.client, self.settings, to, base=running) if isinstance(to, str) else to

        return run.run(self.now(), target, self.settings, self.wishes, self.told.append)

    def roll_back(self, **wishes: bool) -> RolledBack:
        """Roll the stack back."""
        return rollback.rollback(self.now(), self.settings, Wishes(self.wishes.into, **wishes), self.told.append)

    def now(self) -> Stack:
        """The stack as whoever comes finds it."""
        return attachment.find(self.stack.client, self.stack.project, self.settings)

    def lost(self) -> str:
        """What the user wrote and does not find any more; "" where all is there."""
        self.regular.come_again()
        found = durability.nothing_lost(self.regular.written(), self.regular.read_back(), "an upgrade")
        return "" if found.verdict is Verdict.HOLDS else str(found)

    def containers(self) -> dict[str, str]:
        """The container of each service."""
        return {one.name: one.container for one in self.stack.services()}

    def volumes(self) -> set[str]:
        """The names of the project's volumes."""
        filters: dict[str, str | list[str] | bool] = {"label": f"com.docker.compose.project={self.stack.project}"}
        return {str(volume.name) for volume in self.stack.client.volumes.list(filters=filters)}


@contextmanager
def running(client: Client, session: Session, directory: Path) -> Iterator[Scene]:
    """A scene of its own; nothing of it stays."""
    settings = session.settings
    deployment = releases.read(client, settings, "ref-1")
    whose = Run("successions", owner.current())
    with lifecycle.temporary(client, deployment, settings, whose, evidence_into=directory / "evidence") as stack:
        regular = Regular.arrive(stack, Ledger())
        regular.live(dialogs=1, messages=1)
        yield Scene(stack, regular, settings, Wishes(directory / "archives"))
    kept = [tag for image in client.images.list(name=keeping.REPOSITORY) for tag in image.tags]
    assert [tag for tag in kept if stack.project in tag] == []


@pytest.fixture
def scene(client: Client, check_session: Session, scratch: Path, tmp_path: Path) -> Iterator[Scene]:
    """A scene; its scratch directory is the test's, and is left empty."""
    del scratch  # its copies go there
    with running(client, check_session, tmp_path) as made:
        yield made


def images(services: tuple[facts.Service, ...]) -> dict[str, str]:
    """The id of each service's image."""
    return {one.name: one.image_id for one in services}


def test_up_down_up_with_everything_written_before(scene: Scene) -> None:
    before, first, volumes = scene.containers(), images(scene.stack.services()), scene.volumes()
    done = scene.upgrade("ref-2")
    assert isinstance(done, Upgraded), done
    assert [str(one) for one in done.findings if one.verdict is not Verdict.HOLDS] == []
    assert done.downtime
    assert done.archive
    assert done.archive.is_dir()
    after = scene.containers()
    assert {name for name in before if before[name] == after.get(name)} >= {"mysql", "redis"}
    assert before["backend"] != after["backend"]
    assert scene.volumes() == volumes
    assert scene.lost() == ""
    scene.regular.live(dialogs=1, messages=1)
    back = scene.roll_back()
    assert (back.restored, images(scene.stack.services())) == (None, first)
    assert scene.lost() == ""
    assert isinstance(scene.upgrade("ref-2"), Upgraded)
    assert scene.lost() == ""
    steps = [step for step in killing.UPGRADING if any(line.startswith(step) for line in scene.told)]
    assert steps == list(killing.UPGRADING)


def test_a_release_that_never_gets_healthy_is_undone(scene: Scene, tmp_path: Path) -> None:
    first = images(scene.stack.services())
    broken = {"docker-compose.yml": {"      LOG_LEVEL: ${LOG_LEVEL:-info}\n": "      LOG_LEVEL: nonsense\n"}}
    directory = copies.installed(reference.read(scene.stack.client, scene.settings), tmp_path / "bad", broken)
    done = scene.upgrade(_deployment(scene, directory))
    assert isinstance(done, RolledBack), done
    assert "last lines of backend:" in done.why
    assert done.restored is None
    assert images(scene.stack.services()) == first
    assert scene.lost() == ""


def test_where_the_former_release_cannot_run_on_the_newer_schema_the_backup_is_put_back(scene: Scene) -> None:
    assert isinstance(scene.upgrade("ref-3"), Upgraded)
    kept = scene.regular.written()
    scene.regular.live(dialogs=1, messages=1)
    with pytest.raises(errors.HalfwayError) as caught:
        scene.roll_back()
    assert "dialog: " in caught.value.actual
    assert "--lose-newer-writes" in caught.value.next_step
    back = scene.roll_back(lose_newer_writes=True)
    assert back.restored
    assert back.safety_copy
    assert any(line.startswith("dialog: ") for line in back.lost)
    then = Regular.arrive(scene.stack, scene.regular.ledger)
    assert then.read_back().listing.ok
    logged_in = then.now().api.as_user("").log_in(scene.regular.guest.account)
    assert logged_in.ok
    assert [entry for entry in kept if entry.kind == "dialog"]


def test_a_tag_that_moved_is_not_followed_on_the_way_back(scene: Scene) -> None:
    client, first = scene.stack.client, images(scene.stack.services())
    for name in ("backend", "frontend"):
        client.images.get(first[name]).tag("agentchat-check/moving", name)
    moving = "backend=agentchat-check/moving:backend,frontend=agentchat-check/moving:frontend"
    try:
        assert isinstance(scene.upgrade("ref-2"), Upgraded)
        second = images(scene.stack.services())
        back = scene.roll_back()
        assert images(scene.stack.services()) == first
        client.images.get(second["backend"]).tag("agentchat-check/moving", "backend")
        done = scene.upgrade(moving)
        assert isinstance(done, Upgraded), (back, done)
        client.images.get(first["backend"]).tag("agentchat-check/moving", "backend")
        third = images(scene.stack.services())
        assert isinstance(scene.upgrade("ref-2"), Upgraded)
        scene.roll_back()
        now = images(scene.stack.services())
        assert now == third
        assert (
            upgrade.exact_images(
                [facts.Image(name, "", identity) for name, identity in third.items()],
                scene.stack.services(),
                subject="",
            ).verdict
            is Verdict.HOLDS
        )
    finally:
        for name in ("backend", "frontend"):
            client.images.remove(f"agentchat-check/moving:{name}")


def test_killed_at_each_step_it_is_finished_by_the_next(scene: Scene, tmp_path: Path) -> None:
    first = images(scene.stack.services())
    arguments = ["upgrade", "run", "--to", "ref-2", "--into", str(tmp_path / "archives")]
    for step in killing.UPGRADING:
        assert killing.killed_at(step, scene.stack, arguments, state=tmp_path / "state"), step
        if step != killing.UPGRADING[-1]:  # then it has ended, and only said nothing of it
            result = killing.run(scene.stack, arguments, state=tmp_path / "state")
            assert result["result"] == "Upgraded", (step, result)
        assert scene.lost() == "", step
        back = killing.run(
            scene.stack, ["upgrade", "rollback", "--into", str(tmp_path / "archives")], state=tmp_path / "state"
        )
        assert (back["result"], images(scene.stack.services())) == ("RolledBack", first), step


def test_what_may_not_be_done_is_refused_and_nothing_is_touched(scene: Scene, tmp_path: Path) -> None:
    before, refused = scene.stack.services(), {}
    client, base = scene.stack.client, reference.read(scene.stack.client, scene.settings)
    moved = {"docker-compose.yml": {"mysql_data:/var/lib": "sql:/var/lib", "\n  mysql_data:\n": "\n  sql:\n"}}
    renamed = {"docker-compose.yml": {"redis_data:/data": "cache_data:/data", "\n  redis_data:\n": "\n  cache_data:\n"}}
    targets = {
        "the same release": "ref-1",
        "an unknown release": "ref-9",
        "an unknown tag": "backend=agentchat-check/none:1",
        "a volume that moved": _deployment(scene, copies.installed(base, tmp_path / "moved", moved)),
        "a volume with another name": _deployment(scene, copies.installed(base, tmp_path / "renamed", renamed)),
    }
    for what, target in targets.items():
        with pytest.raises(errors.CheckError) as caught:
            scene.upgrade(target)
        assert not isinstance(caught.value, errors.HalfwayError)
        refused[what] = str(caught.value)
    with journal.of(scene.settings.state, scene.stack.project), pytest.raises(errors.StackError) as caught:
        scene.upgrade("ref-2")
    refused["a second one"] = str(caught.value)
    judged = undoing.refused_untouched(refused, before=before, after=scene.stack.services())
    assert judged.verdict is Verdict.HOLDS, str(judged)
    assert "mysql_data" in refused["a volume that moved"]
    assert history.of(scene.stack, scene.settings.state).current() is None
    assert client.images.list(name=f"{keeping.REPOSITORY}:{scene.stack.project}.backend.2") == []


def _deployment(scene: Scene, directory: Path) -> Deployment:
    """A changed copy of the reference, with this host's images and passwords."""
    return reference.read(scene.stack.client, scene.settings, directory=directory)


@contextmanager
def installed(client: Client, settings: Settings, directory: Path) -> Iterator[Compose]:
    """The reference's first release as an administrator has it running; nothing of it stays."""
    copies.installed(reference.read(client, settings), directory)
    with (directory / "docker.env").open("a") as file:
        file.write("BACKEND_PORT=0\nFRONTEND_PORT=0\nLOG_LEVEL=debug\n")
    project = f"check-live-{secrets.token_hex(4)}"
    compose = project_of(project, directory, [directory / "docker-compose.yml"], [directory / "docker.env"])
    try:
        compose("up", "--detach", "--build", "--wait", timeout=SLOW)
        yield compose
    finally:
        compose("down", "--volumes", "--remove-orphans", timeout=SLOW)
        keeping.forget(client, project)
        for image in client.images.list(name=f"{project}-*"):
            client.images.remove(str(image.id), force=True)


def test_an_installation_runs_its_own_files_and_keeps_its_settings(
    client: Client, check_session: Session, tmp_path: Path
) -> None:
    settings = check_session.settings.model_copy(update={"state": tmp_path / "state"})
    shutil.copytree(releases.directory("ref-2", settings), tmp_path / "v2")
    with installed(client, settings, tmp_path / "v1") as compose:
        found = attachment.find(client, compose.project, settings)
        assert found.live
        base = "http://{}:{}".format(*found.address(Role.BACKEND))
        account = visit.fresh_account()
        guest = visit.arrive(apis.discover(base).as_user(""), None)
        assert guest.api.as_user("").register(account).ok
        first = images(found.services())
        wishes = Wishes(tmp_path / "archives", account=account)
        two = deployments.read(tmp_path / "v2", settings)
        done = run.run(found, lambda _: two, settings, wishes)
        assert isinstance(done, Upgraded), done
        found = attachment.find(client, compose.project, settings)
        assert found.directory == tmp_path / "v2"
        assert found.environment(Role.BACKEND)["LOG_LEVEL"] == "debug"
        assert client.images.get(f"{compose.project}-backend").id == images(found.services())["backend"]
        back = rollback.rollback(found, settings, wishes)
        found = attachment.find(client, compose.project, settings)
        assert (back.restored, images(found.services())) == (None, first)
        assert client.images.get(f"{compose.project}-backend").id == first["backend"]
        assert visit.arrive(apis.discover("http://{}:{}".format(*found.address(Role.BACKEND))), guest.account)
