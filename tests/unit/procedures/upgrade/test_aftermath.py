"""What is amiss after an upgrade was cut short, and whether the next run ended it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.procedures import killing
from agentchat_check.procedures.upgrade import aftermath
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded

RUN, ROLLBACK = ["upgrade", "run", "--to", "ref-2"], ["upgrade", "rollback"]
BEFORE = {"current": None, "former": None, "halfway": None}
AFTER = {"current": {"name": "ref-2"}, "former": {"name": "ref-1"}, "halfway": None}
HALFWAY = {**BEFORE, "halfway": {"phase": "switching"}}

REGULAR: Any = SimpleNamespace(stack=None)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Scripts what `upgrade status` says in turn; returns what was run besides."""
    monkeypatch.setattr(aftermath, "seen", lambda *_: ["history: 1 of 2 messages"])

    def script(*statuses: dict[str, Any], fails: str = "") -> list[str]:
        left, run = list(statuses), []

        def command(_: Any, arguments: Sequence[str], **__: Any) -> dict[str, Any]:
            if arguments == ["upgrade", "status"]:
                return left.pop(0)
            run.append(" ".join(arguments))
            if fails:
                raise errors.StackError("upgrade", expected="a result", actual=fails)
            return {}

        monkeypatch.setattr(killing, "run", command)
        return run

    return script


@pytest.mark.parametrize("status", [BEFORE, HALFWAY])
def test_what_had_not_ended_is_run_once_more(
    runs: Callable[..., list[str]], tmp_path: Path, status: dict[str, Any]
) -> None:
    run = runs(status, AFTER)
    assert aftermath.of_run(REGULAR, RUN, state=tmp_path) == ["history: 1 of 2 messages"]
    assert run == ["upgrade run --to ref-2"]


def test_what_had_ended_is_not_run_again(runs: Callable[..., list[str]], tmp_path: Path) -> None:
    run = runs(AFTER, AFTER)
    aftermath.of_run(REGULAR, RUN, state=tmp_path)
    assert run == []
    run = runs(BEFORE, BEFORE)
    aftermath.of_rollback(REGULAR, ROLLBACK, state=tmp_path)
    assert run == []


def test_a_rollback_that_had_not_begun_is_run_once_more(runs: Callable[..., list[str]], tmp_path: Path) -> None:
    run = runs(AFTER, BEFORE)
    aftermath.of_rollback(REGULAR, ROLLBACK, state=tmp_path)
    assert run == ["upgrade rollback"]


def test_what_still_stands_halfway_is_told(runs: Callable[..., list[str]], tmp_path: Path) -> None:
    runs(HALFWAY, HALFWAY)
    amiss = aftermath.of_run(REGULAR, RUN, state=tmp_path)
    assert amiss[0] == "it stands halfway still: {'phase': 'switching'}"


def test_a_next_run_that_fails_is_told(runs: Callable[..., list[str]], tmp_path: Path) -> None:
    runs(HALFWAY, fails="its journal is gone")
    assert aftermath.of_run(REGULAR, RUN, state=tmp_path) == ["the next one fails: its journal is gone"]


def test_a_release_that_does_not_work_is_undone_and_says_why() -> None:
    back: Any = RolledBack("ref-2", "ref-1", "backend is unhealthy", (), "", None, None, (), 1.0, None)
    assert aftermath.not_undone(back, "unhealthy") == []
    assert aftermath.not_undone(back, "dialog") == ["it does not say why it was rolled back: backend is unhealthy"]
    done = Upgraded("ref-1", "ref-2", None, (), None, 1.0, None)
    assert aftermath.not_undone(done, "unhealthy") == ["ref-2 took over"]
