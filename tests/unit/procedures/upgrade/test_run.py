"""An upgrade is done, undone, or stands halfway until the next run ends it; by a stack whose steps a test scripts."""

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment
from agentchat_check.findings import Finding
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import restore as restores
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.upgrade import history, journal, rollback, run, switching, writes
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.journal import Phase
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded, Wishes
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.procedures.upgrade.writes import Held
from agentchat_check.settings import Settings
from agentchat_check.stack import keeping, succession
from agentchat_check.stack.running import Stack
from doors import MakeSettings
from engines import Engine, container
from stacks import attached


@dataclass
class Scene:
    """An installation that can go from ref-1 to ref-2.

    Attributes:
        stack: The installation.
        settings: The settings.
        wishes: What is wished for.
        past: Its history.
        told: What was announced.
        brought_up: The releases that were brought up, in order.
        fails: What a release fails with, by its name: whoever is brought up raises the first that is left.
        written: What users wrote since.
        ours: The accounts and the files that were not counted as users'.
        restored: How often the backup was put back.
        stopped: What was stopped.
    """

    stack: Stack
    settings: Settings
    wishes: Wishes
    past: History
    told: list[str] = field(default_factory=list)
    brought_up: list[str] = field(default_factory=list)
    fails: dict[str, list[BaseException | None]] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    ours: tuple[Collection[str], Collection[str]] = ((), ())
    restored: int = 0
    stopped: list[str] = field(default_factory=list)

    def upgrade(self, to: str = "ref-2", **wishes: Any) -> Upgraded | RolledBack:
        """``agentchat-check upgrade run``."""
        target = Deployment(to, Path("/srv") / to, ())
        return run.run(self.stack, lambda _: target, self.settings, replace(self.wishes, **wishes), self.told.append)

    def roll_back(self, **wishes: Any) -> RolledBack:
        """``agentchat-check upgrade rollback``."""
        return rollback.rollback(self.stack, self.settings, replace(self.wishes, **wishes), self.told.append)

    @property
    def standing(self) -> journal.Entry | None:
        """What stands halfway."""
        return journal.standing(self.settings.state, self.stack.project)

    @property
    def runs(self) -> str:
        """The release that is known to run."""
        current = self.past.current()
        return current.name if current else ""


@pytest.fixture
def scene(
    client: DockerClient, engine: Engine, settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    """The installation, its steps scripted."""
    engine.containers = [container(name) for name in ("backend", "mysql", "redis")]
    (tmp_path / "archive").mkdir()
    with attached(client) as stack:
        past = history.of(stack, settings().state)
        made = Scene(stack, settings(), Wishes(tmp_path / "backups"), past)
        _script(made, monkeypatch, str(tmp_path / "archive"))
        yield made


def _script(scene: Scene, monkeypatch: pytest.MonkeyPatch, archive: str) -> None:
    def recorded(number: int, name: str) -> Recorded:
        images = [facts.Image("backend", f"chat:{number}", f"sha256:{number}")]
        one = Recorded(number, name, "/srv", [], [], [], images, {"backend": "backend"}, archive)
        scene.past.directory(number)
        scene.past.write(one)
        scene.past.note_held(number, Held({}, [], {}))
        return one

    def prepared(stack: Stack, target: Callable[[Any], Deployment], *_: Any) -> tuple[Recorded, Recorded, None]:
        scene.told.append("copying what is there")
        return recorded(1, "ref-1"), recorded(2, target(None).name), None

    def bring_up(_: Stack, one: Recorded, **__: Any) -> None:
        scene.brought_up.append(one.name)
        script = scene.fails.get(one.name, [])
        if script and (failure := script.pop(0)):
            raise failure

    def restore(*_: Any, **__: Any) -> Any:
        scene.restored += 1
        return restores.Restored((), Path("/backups/safety"), 1.0)

    def tried(*_: Any, **__: Any) -> tuple[Finding, ...]:
        return ()

    def since(*_: Any, ours: Collection[str], our_files: Collection[str]) -> tuple[str, ...]:
        scene.ours = ours, our_files
        return scene.written

    monkeypatch.setattr(run, "_prepared", prepared)
    monkeypatch.setattr(History, "stack", lambda _, stack, one: replace(stack, name=one.name))
    monkeypatch.setattr(switching, "bring_up", bring_up)
    monkeypatch.setattr(switching, "tried", tried)
    monkeypatch.setattr(succession, "deployment_of", lambda *_: None)
    monkeypatch.setattr(keeping, "forget", lambda *_: None)
    monkeypatch.setattr(restores, "restore", restore)
    monkeypatch.setattr(writes, "since", since)
    monkeypatch.setattr(takes, "stop", lambda _, services: scene.stopped.extend(services))
    monkeypatch.setattr(rollback.reading, "open_archive", lambda *_: SimpleNamespace())
    monkeypatch.setattr(Gate, "go_back", lambda _: None)


@pytest.mark.parametrize("steps", [killing.UPGRADING, killing.ROLLING_BACK], ids=["upgrading", "rolling back"])
def test_every_step_that_is_to_be_killed_is_announced(steps: tuple[str, ...]) -> None:
    said = [text for module in (run, rollback, switching) for text in announced(Path(str(module.__file__)))]
    assert [step for step in steps if not any(text.startswith(step) for text in said)] == []


def announced(source: Path) -> list[str]:
    """The beginnings of what a module announces."""
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    texts = [call.args[0] for call in calls if ast.unparse(call.func) in {"tell", "self.tell"}]
    parts = [text.values[0] if isinstance(text, ast.JoinedStr) else text for text in texts]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant)]


def broken(why: str = "backend will not come up") -> errors.StackError:
    """Why a release does not come up."""
    return errors.StackError(
        "bring up ref-2", actual=f"{why}\nlast lines of backend:\nTraceback", next_step="read them"
    )


def test_an_upgrade_that_works_is_done(scene: Scene) -> None:
    done = scene.upgrade()
    assert isinstance(done, Upgraded)
    assert (done.before, done.after, scene.runs) == ("ref-1", "ref-2", "ref-2")
    assert scene.told == ["copying what is there", "switching to ref-2", "done"]
    assert scene.standing is None
    former = scene.past.former()
    assert former
    assert former.name == "ref-1"


def test_one_that_never_gets_healthy_is_undone_and_its_last_lines_are_told(scene: Scene) -> None:
    scene.fails["ref-2"] = [broken()]
    done = scene.upgrade()
    assert isinstance(done, RolledBack)
    assert (done.left, done.runs, done.restored, done.lost) == ("ref-2", "ref-1", None, ())
    assert "last lines of backend:" in done.why
    assert scene.brought_up == ["ref-2", "ref-1"]
    assert scene.told[-2:] == ["rolling back to ref-1", "done"]
    assert (scene.runs, scene.past.former(), scene.standing) == ("ref-1", None, None)


def test_where_the_former_does_not_work_either_the_backup_is_put_back_if_nobody_wrote(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [broken("its tables are newer")]}
    done = scene.upgrade()
    assert isinstance(done, RolledBack)
    assert "its tables are newer" in done.obstacle
    assert (scene.restored, str(done.safety_copy), scene.runs) == (1, "/backups/safety", "ref-1")
    assert scene.brought_up == ["ref-2", "ref-1", "ref-1"]
    assert scene.stopped == ["backend"]


def test_where_somebody_wrote_since_it_is_asked_first(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [broken("its tables are newer"), broken("its tables are newer")]}
    scene.written = ("dialog: 3 rows more",)
    with pytest.raises(errors.HalfwayError) as caught:
        scene.upgrade()
    assert "dialog: 3 rows more" in caught.value.actual
    assert "ref-1 runs meanwhile" in caught.value.actual
    assert "--lose-newer-writes" in caught.value.next_step
    assert scene.restored == 0
    assert scene.standing
    assert scene.standing.phase is Phase.ROLLING_BACK
    done = scene.roll_back(lose_newer_writes=True)
    assert (scene.restored, done.lost, scene.runs, scene.standing) == (1, ("dialog: 3 rows more",), "ref-1", None)


def test_where_the_former_does_not_even_run_the_application_is_stopped_meanwhile(scene: Scene, engine: Engine) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [broken()]}
    scene.written = ("dialog: 3 rows more",)
    engine.containers = [container("mysql"), container("redis"), container("backend", state={"Status": "restarting"})]
    with pytest.raises(errors.HalfwayError) as caught:
        scene.upgrade()
    assert "the application is stopped meanwhile" in caught.value.actual
    assert scene.stopped == ["backend"]


@pytest.mark.parametrize("killed_at", ["ref-2"])
def test_one_that_was_killed_while_it_switched_goes_on(scene: Scene, killed_at: str) -> None:
    scene.fails[killed_at] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    assert scene.standing
    assert scene.standing.phase is Phase.SWITCHING
    scene.told.clear()
    assert isinstance(scene.upgrade(), Upgraded)
    assert scene.told == ["switching to ref-2", "done"]


def test_one_that_was_killed_while_it_was_undone_is_undone(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [KeyboardInterrupt()]}
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    scene.told.clear()
    done = scene.upgrade()
    assert isinstance(done, RolledBack)
    assert "last lines of backend:" in done.why
    assert scene.told == ["rolling back to ref-1", "done"]
    assert scene.brought_up == ["ref-2", "ref-1", "ref-1"]


def test_what_was_put_back_is_not_put_back_again(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [broken(), KeyboardInterrupt(), None]}
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    assert scene.restored == 1
    scene.written = ("dialog: 1 row more",)  # by users of the release that runs again
    done = scene.upgrade()
    assert isinstance(done, RolledBack)
    assert done.restored
    assert "last lines of backend:" in done.obstacle
    assert scene.restored == 1


def test_where_the_former_does_not_work_on_its_own_data_it_stands_halfway(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [broken(), broken(), broken(), None]}
    for _ in range(2):
        with pytest.raises(errors.HalfwayError, match="roll demo back to ref-1"):
            scene.upgrade()
    assert isinstance(scene.upgrade(), RolledBack)
    assert scene.restored == 1


def test_another_release_waits_for_the_one_that_stands_halfway(scene: Scene) -> None:
    scene.fails["ref-2"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    with pytest.raises(errors.HalfwayError) as caught:
        scene.upgrade("ref-3")
    assert caught.value.actual == "that to ref-2 was begun and not ended"
    assert scene.brought_up == ["ref-2"]


def test_a_way_back_that_fails_stands_halfway(scene: Scene) -> None:
    scene.fails = {"ref-2": [broken()], "ref-1": [errors.HostError("bring up ref-1", actual="connection refused")]}
    with pytest.raises(errors.HalfwayError) as caught:
        scene.upgrade()
    assert "connection refused" in caught.value.actual
    assert "last lines of backend:" in caught.value.actual
    assert scene.standing
    assert scene.standing.phase is Phase.ROLLING_BACK


def test_a_rollback_is_the_way_back_of_an_upgrade_and_not_of_itself(scene: Scene) -> None:
    scene.upgrade()
    scene.told.clear()
    done = scene.roll_back()
    assert (done.left, done.runs, done.why, done.restored) == ("ref-2", "ref-1", "", None)
    assert scene.told == ["looking at what runs", "rolling back to ref-1", "done"]
    with pytest.raises(errors.StackError) as caught:
        scene.roll_back()
    assert caught.value.actual == "none is known, or it was rolled back already"


def test_data_are_put_back_where_that_is_asked_for(scene: Scene) -> None:
    scene.upgrade()
    scene.written = ("dialog: 3 rows more",)
    with pytest.raises(errors.HalfwayError, match="put the data of before ref-2 back"):
        scene.roll_back(restore_data=True)
    done = scene.roll_back(restore_data=True, lose_newer_writes=True)
    assert (scene.restored, done.lost) == (1, ("dialog: 3 rows more",))


def test_what_tried_every_call_then_counts_as_nobodys_writing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as tried:
        tried.setattr(Gate, "users", property(lambda _: ["check-1"]))
        tried.setattr(Gate, "files", property(lambda _: ["note.txt"]))
        scene.upgrade()
    scene.roll_back(restore_data=True)
    assert scene.ours == (["check-1"], ["note.txt"])


def test_what_keeps_one_that_stands_halfway_from_going_on_says_that_it_does(scene: Scene) -> None:
    scene.fails["ref-2"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    (scene.past.home / "2/release.json").write_text("{}")
    with pytest.raises(errors.HalfwayError, match="read which releases a project has run"):
        scene.upgrade()
    assert scene.standing


def test_without_its_backup_the_data_stay(scene: Scene, tmp_path: Path) -> None:
    scene.upgrade()
    (tmp_path / "archive").rmdir()
    with pytest.raises(errors.HalfwayError) as caught:
        scene.roll_back(restore_data=True, lose_newer_writes=True)
    assert caught.value.actual.startswith(f"it is gone: {tmp_path}/archive")


def test_an_installation_needs_an_account(scene: Scene) -> None:
    scene.stack = replace(scene.stack, live=True)
    for act in (scene.upgrade, scene.roll_back):
        with pytest.raises(errors.CheckError) as caught:
            act()
        assert caught.value.actual == "none was named"
        assert "--user NAME" in caught.value.next_step
    assert (scene.told, scene.standing) == ([], None)


def test_two_at_once_are_refused(scene: Scene) -> None:
    with journal.of(scene.settings.state, "demo"), pytest.raises(errors.StackError, match="upgrade or roll back demo"):
        scene.upgrade()
    assert scene.told == []


def test_a_release_runs_with_the_overlays_that_run_now(tmp_path: Path, settings: MakeSettings) -> None:
    for name in ("v1/docker-compose.yml", "v1/prod.yml", "v1/gone.yml", "v2/docker-compose.yml", "v2/prod.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = ("docker-compose.yml", "prod.yml", "gone.yml")
    running = Deployment("v1", tmp_path / "v1", tuple(tmp_path / "v1" / name for name in names))
    target = Deployment("v2", tmp_path / "v2", (tmp_path / "v2/docker-compose.yml",))
    seen = run.with_its_overlays(target, running, settings())
    assert seen.compose_files == (tmp_path / "v2/docker-compose.yml", tmp_path / "v2/prod.yml")
    changed = replace(target, compose_files=(tmp_path / "docker-compose.yml",))
    seen = run.with_its_overlays(changed, running, settings())
    assert seen.compose_files == (tmp_path / "docker-compose.yml", tmp_path / "v2/prod.yml")
    named = settings(compose_files=(Path("docker-compose.yml"),))
    assert run.with_its_overlays(target, running, named) == target


def test_a_release_keeps_the_secrets_that_the_data_know_and_the_administrators_win(tmp_path: Path) -> None:
    running = Deployment("one", tmp_path, (), variables={"MYSQL_PASSWORD": "known", "JWT_SECRET_KEY": "key", "A": "1"})
    target = Deployment("two", tmp_path, (), variables={"MYSQL_PASSWORD": "new", "JWT_SECRET_KEY": "other", "B": "2"})
    made = run.with_secrets(target, running, "JWT_SECRET_KEY=own\nMYSQL_PASSWORD=\n")
    assert made.variables == {"MYSQL_PASSWORD": "known", "B": "2"}
