"""Only what ran before is stopped and started again; and the steps that are killed are those that are announced."""

import ast
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import journal, restore, take
from agentchat_check.procedures.backup.take import Wishes
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container


def verbs(programs: Programs) -> list[str]:
    return [line.partition("--project-name demo ")[2].partition("mpose.yml ")[2] or line for line in programs.lines]


def test_nothing_is_stopped_where_nothing_runs(stack: Stack, programs: Programs) -> None:
    take.stop(stack, [])
    take.start(stack, [])
    assert programs.calls == []


def test_what_runs_and_keeps_no_data_is_the_application(engine: Engine, stack: Stack) -> None:
    done = container("migrate", state={"Status": "exited"})
    engine.containers = [container(name) for name in ("backend", "frontend", "mysql", "redis")] + [done]
    assert take.running(stack) == ["backend", "frontend"]


def test_what_is_started_again_is_waited_for_and_nothing_else(engine: Engine, stack: Stack, programs: Programs) -> None:
    programs.answer("docker compose")
    engine.containers = [container("mysql"), container("backend", state={"Status": "exited", "ExitCode": 137})]
    take.start(stack, ["mysql"])
    assert [line.rsplit(maxsplit=2)[-2:] for line in programs.lines] == [["start", "mysql"]]


def test_a_service_that_does_not_run_is_named(engine: Engine, stack: Stack) -> None:
    engine.containers = [container("mysql", state={"Status": "exited"}), container("redis")]
    take.require_running(stack, Role.CACHE, Role.FRONTEND)
    with pytest.raises(errors.StackError) as caught:
        take.require_running(stack, Role.DATABASE, Role.CACHE)
    assert caught.value.expected == "mysql running"
    assert caught.value.next_step == "docker compose --project-name demo start mysql"


def test_secrets_never_go_into_an_open_archive(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        take.take(stack, tmp_path / "archives", Wishes(secrets=True))
    assert caught.value.actual == "nobody is named who could read it"
    assert not (tmp_path / "archives").exists()


@pytest.mark.parametrize(
    ("steps", "told_by"), [(killing.TAKING, [take]), (killing.RESTORING, [restore])], ids=["taking", "restoring"]
)
def test_every_step_that_is_to_be_killed_is_announced(steps: tuple[str, ...], told_by: list[object]) -> None:
    said = [text for module in told_by for text in _told(Path(str(vars(module)["__file__"])))]
    assert [step for step in steps if not any(text.startswith(step.removesuffix("/")) for text in said)] == []


def _told(source: Path) -> list[str]:
    """The beginnings of what a module announces."""
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    texts = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "tell"]
    parts = [text.values[0] if isinstance(text, ast.JoinedStr) else text for text in texts]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant)]


def test_what_a_cold_backup_stops_is_noted_before_and_until_it_runs_again(
    engine: Engine, stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    engine.containers = [{**container(name), "changes": []} for name in ("backend", "mysql", "redis")]
    with journal.of(tmp_path / "state", "demo") as notes:
        seen: list[list[str]] = []
        programs.answer(" (stop|start) ", does=lambda _: seen.append(notes.stopped()))
        with pytest.raises(errors.CheckError):  # nobody answers as the database
            take.take(stack, tmp_path / "archives", Wishes(method="physical", cold=True), notes=notes)
        assert seen == [["mysql", "backend"], ["mysql", "backend"]]
        assert notes.stopped() == []
        programs.answer(" start ", returncode=1)
        with pytest.raises(errors.CheckError):
            take.take(stack, tmp_path / "archives", Wishes(cold=True), notes=notes)
        assert notes.stopped() == ["backend"]


def test_what_a_killed_backup_left_stopped_is_started_but_for_what_is_gone(
    engine: Engine, stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    engine.containers = [container(name) for name in ("backend", "mysql", "redis")]
    told: list[str] = []
    with journal.of(tmp_path, "demo") as notes:
        take.resume(stack, notes, told.append)
        assert (told, programs.calls) == ([], [])
        programs.answer(" start ")
        notes.note_stopped(["mysql", "backend", "renamed"])
        take.resume(stack, notes, told.append)
        assert told == ["starting what a backup that was killed had stopped"]
        assert [line.partition(" start ")[2] for line in programs.lines] == ["mysql backend"]
        assert notes.stopped() == []
