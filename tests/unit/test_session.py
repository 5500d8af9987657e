"""The processes of one run share one stack; what it makes is removed at its end."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import labels, owner, process
from agentchat_check.stack.owner import Run
from plugin import engine
from plugin.engine import Engine

Processes = Callable[..., Session]

UP = "dependency failed to start"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that runs nothing yet."""
    monkeypatch.chdir(tmp_path)
    with engine.serving(tmp_path, monkeypatch) as server:
        yield server


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    """Makes one process's part in a run that brings up a deployment of three services."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "compose.yml").write_text("services: {}\n")
    run = Run("20260101-000000-abcd", owner.current())

    def another(**settings: object) -> Session:
        given = {"state": tmp_path / "state", **({} if "attach" in settings else {"deployment": shop}), **settings}
        return Session(Settings(**given), run, tmp_path / "reports" / run.id)

    return another


def test_one_process_brings_the_stack_up_and_another_finds_it(docker: Engine, processes: Processes) -> None:
    first, second = processes().shared_stack, processes().shared_stack
    assert docker.projects() == [first.project] == [second.project]
    assert (first.live, second.live) == (False, False)


def test_a_process_notes_how_every_service_was_when_it_first_saw_the_stack(
    docker: Engine, processes: Processes
) -> None:
    session = processes()
    assert session.first_look == ()
    stack = session.shared_stack
    assert [service.name for service in session.first_look] == sorted(engine.SERVICES)
    assert session.stack_if_up() is stack


def test_every_process_is_told_the_same_error(docker: Engine, processes: Processes) -> None:
    docker.refuse(UP)
    said = []
    for session in (processes(), processes()):
        with pytest.raises(errors.StackError) as raised:
            _ = session.shared_stack
        said.append(str(raised.value))
        assert raised.value.evidence
    assert docker.left() == []
    assert said[0] == said[1]
    assert said[0].startswith("bring up shop\n  expected:   every service running and healthy\n")
    assert UP in said[0]


def test_a_process_that_asks_again_is_told_the_same_error(docker: Engine, processes: Processes) -> None:
    docker.refuse(UP)
    session = processes()
    for _ in range(2):
        with pytest.raises(errors.StackError, match=UP):
            _ = session.shared_stack
    assert session.stack_if_up() is None


def test_others_are_told_of_a_bring_up_that_was_interrupted(
    docker: Engine, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "running", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _ = processes(keep_stack=True).shared_stack
    assert docker.left() == []
    with pytest.raises(errors.StackError) as raised:
        _ = processes().shared_stack
    assert str(raised.value) == (
        "bring up the stack\n"
        "  expected:   the process of this run that began to, to end it\n"
        "  actual:     it was interrupted\n"
        "  next step:  run again"
    )


@pytest.mark.parametrize(
    "error",
    [
        *(
            kind("try it", expected="this", actual="that", next_step="go on", checked=["a"], ways=["b", "c"])
            for kind in (
                errors.CheckError,
                errors.HostError,
                errors.DeploymentError,
                errors.StackError,
                errors.TimeoutError,
            )
        ),
        process.CommandError(process.Completed(("docker", "ps"), 1, "", "no"), "no end after 5 s"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_every_kind_cross_to_another_process_whole(error: errors.CheckError) -> None:
    error.evidence = ("evidence/ps.txt",)
    there = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert "evidence/ps.txt" in str(there)
    assert vars(there) == vars(error)


def test_a_disruptive_test_gets_a_stack_of_its_own_that_goes_with_it(
    docker: Engine, processes: Processes, tmp_path: Path
) -> None:
    session = processes()
    shared = session.shared_stack
    with session.own_stack(evidence_into=tmp_path) as own:
        assert docker.left() == sorted([shared.project, own.project])
    assert docker.left() == [shared.project]


def test_closing_removes_what_any_process_of_the_run_made_and_nothing_else(
    docker: Engine, processes: Processes
) -> None:
    docker.run("somebody")
    docker.run("of-another-run", **{labels.OWNER: owner.current(), labels.RUN: "20250101-000000-beef"})
    made = processes().shared_stack.project
    assert made in docker.projects()
    assert processes().close() == []
    assert docker.projects() == ["of-another-run", "somebody"]


def test_closing_leaves_a_stack_that_is_to_be_kept_and_names_it(docker: Engine, processes: Processes) -> None:
    made = processes(keep_stack=True).shared_stack.project
    assert processes(keep_stack=True).close() == [made]
    assert docker.projects() == [made]


def test_closing_asks_no_engine_for_anything_where_nothing_was_made(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    session = processes()
    session.directory.mkdir(parents=True)  # a report is there
    assert session.close() == []


def test_what_a_dead_run_left_behind_is_removed_before_anything_is_made(
    docker: Engine, processes: Processes, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = "/".join([*owner.current().split("/")[:3], "4194304", "1"])
    docker.run("orphan", **{labels.OWNER: dead, labels.RUN: "20250101-000000-beef"})
    _ = processes().client
    assert docker.projects() == []
    assert "removed orphan, which a run that died had left behind" in capsys.readouterr().err


def test_an_engine_that_goes_away_during_a_bring_up_is_what_every_process_is_told(
    docker: Engine, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = process.running

    def last_words(*arguments: Any, **options: Any) -> Any:
        (docker.notes / "gone").touch()
        return running(*arguments, **options)

    monkeypatch.setattr(process, "running", last_words)
    for session in (processes(), processes()):
        with pytest.raises(errors.HostError, match="expected:   an engine that answers"):
            _ = session.shared_stack


def test_a_stack_of_somebody_elses_is_live_and_one_that_we_kept_is_not(docker: Engine, processes: Processes) -> None:
    docker.run("somebody")
    docker.run("kept", **{labels.OWNER: "gone", labels.KEEP: "true"})
    assert processes(attach="somebody").shared_stack.live
    assert not processes(attach="kept").shared_stack.live


def test_an_unknown_project_is_answered_with_those_there_are(docker: Engine, processes: Processes) -> None:
    docker.run("somebody")
    with pytest.raises(errors.StackError) as raised:
        _ = processes(attach="nobody").shared_stack
    assert "its projects are: somebody" in str(raised.value)


def test_the_report_says_exactly_what_was_looked_at(docker: Engine, processes: Processes) -> None:
    session = processes()
    assert session.versions() == {}
    project = session.shared_stack.project
    known = session.versions()
    assert known == processes().versions()  # also of a process that has not looked itself
    assert (known["project"], known["engine"], known["compose"]) == (project, "20.10.24", "2.30.1")
    assert known["services"]["backend"] == {"role": Role.BACKEND, "image": "shop-backend", "image_id": "sha256:backend"}


def test_of_a_stack_that_did_not_come_up_the_report_knows_no_versions(docker: Engine, processes: Processes) -> None:
    docker.refuse(UP)
    with pytest.raises(errors.StackError):
        _ = processes().shared_stack
    assert processes().versions() == {}


def test_without_anything_named_the_reference_is_brought_up(docker: Engine, tmp_path: Path) -> None:
    session = Session(Settings(state=tmp_path / "state"), Run("run", owner.current()), tmp_path / "reports")
    assert session.shared_stack.name == "reference"
    session.close()
    assert docker.projects() == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, {"way": "reference", "name": "reference"}),
        ({"deployment": "/srv/chat"}, {"way": "directory", "name": "/srv/chat"}),
        ({"attach": "chat"}, {"way": "attached", "name": "chat"}),
        ({"url": "http://chat"}, {"way": "url", "name": "http://chat"}),
    ],
)
def test_what_is_looked_at_is_named_as_the_operator_named_it(
    tmp_path: Path, settings: dict[str, str], named: dict[str, str]
) -> None:
    session = Session(Settings(**settings), Run("run", "owner"), tmp_path)
    assert (session.named(), session.name) == (named, named["name"])


def test_the_browser_is_the_one_that_was_named(tmp_path: Path) -> None:
    chromium = tmp_path / "chromium"
    chromium.touch()
    session = Session(Settings(chromium=chromium, state=tmp_path), Run("run", "owner"), tmp_path)
    assert session.chromium == str(chromium)
