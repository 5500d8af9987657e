"""A plan is carried out step by step; what was killed is begun again, unless it had ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check.procedures import killing, meanwhile, restarts
from agentchat_check.procedures.meanwhile import Writers
from agentchat_check.procedures.upgrade import aftermath, history, journal, rollback, run
from agentchat_check.procedures.upgrade.chance import Act, Course, Kind, Plan
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.recorded import Recorded
from doors import MakeSettings
from makers import answer, outer


class User:
    """Somebody at a stack whose log-in may be forgotten."""

    def __init__(self, done: list[str], *, forgotten: bool = False) -> None:
        self.stack = SimpleNamespace(project="demo", settle=lambda timeout: done.append(f"settled in {timeout:g}"))
        self._done, self._forgotten = done, forgotten

    def now(self) -> Any:
        """As whom to ask."""
        said = outer(401) if self._forgotten else answer()
        return SimpleNamespace(api=SimpleNamespace(call=lambda _: said))

    def come_again(self) -> None:
        """Log in anew."""
        self._done.append("logged in again")

    def live(self, *, dialogs: int, messages: int) -> None:
        """Write."""
        self._done.append(f"wrote {dialogs} and {messages}")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order."""
    made: list[str] = []

    @contextmanager
    def write(_: Any, **__: float) -> Iterator[Writers]:
        monkeypatch.setattr(Writers, "go_on", lambda *_: None)
        yield Writers()

    monkeypatch.setattr(meanwhile, "users_write", write)
    monkeypatch.setattr(run, "run", lambda _, target, *__: made.append(f"upgraded to {target(None).name}"))
    monkeypatch.setattr(rollback, "rollback", lambda *_: made.append("rolled back"))
    monkeypatch.setattr(
        killing, "killed_at", lambda step, _, what, **__: made.append(f"{' '.join(what[:4])} at {step}")
    )
    monkeypatch.setattr(aftermath, "findings", lambda _, __, subject: (subject,))
    monkeypatch.setattr(journal, "standing", lambda *_: None)
    monkeypatch.setitem(restarts.WAYS, "restart", lambda _: made.append("restarted"))
    return made


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """What is noted of the releases; who noted the first one knew it by another name than the plan does."""
    made = History(tmp_path / "history")
    for number, name in ((1, "an installation"), (2, "ref-2")):
        made.directory(number)
        made.write(Recorded(number, name, "/srv", [], [], [], []))
    monkeypatch.setattr(history, "of", lambda *_: made)
    return made


@pytest.fixture
def course(done: list[str], past: History, settings: MakeSettings) -> Course:
    """A stack of ref-1, and its successor."""
    assert past.current() is None
    releases: Any = {name: SimpleNamespace(name=name) for name in ("ref-1", "ref-2")}
    user: Any = User(done)
    return Course(user, releases, settings(), Path("backups"))


def carried_out(course: Course, *acts: Act) -> list[Any]:
    return list(course.carry_out(Plan(7, acts)))


def test_each_step_is_done_and_judged_by_its_number(course: Course, done: list[str]) -> None:
    acts = Act(Kind.WRITE, "ref-1"), Act(Kind.UPGRADE, "ref-2"), Act(Kind.ROLL_BACK, "ref-1")
    judged = carried_out(course, *acts)
    assert done == ["wrote 1 and 1", "upgraded to ref-2", "rolled back"]
    assert judged == [("step 1, write",), ("step 2, upgrade to ref-2",), ("step 3, roll back to ref-1",)]


def test_a_restart_is_waited_for(course: Course, done: list[str]) -> None:
    carried_out(course, Act(Kind.RESTART, "ref-1", "restart"))
    assert done == ["restarted", "settled in 180"]


def test_what_was_killed_is_run_once_more(course: Course, done: list[str]) -> None:
    carried_out(course, Act(Kind.UPGRADE, "ref-2", "switching to"), Act(Kind.ROLL_BACK, "ref-1", "rolling back"))
    assert done == [
        "upgrade run --to ref-2 at switching to",
        "upgraded to ref-2",
        "upgrade rollback --into backups at rolling back",
        "rolled back",
    ]


def test_what_had_ended_when_it_was_killed_is_not(
    course: Course, done: list[str], past: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(step: str, _: Any, what: list[str], **__: Any) -> None:
        done.append(f"{' '.join(what[:2])} killed at {step}")
        past.settle(**{"run": {"current": 2, "former": 1}, "rollback": {"current": 1}}[what[1]])

    monkeypatch.setattr(killing, "killed_at", end)
    carried_out(course, Act(Kind.UPGRADE, "ref-2", "done"), Act(Kind.ROLL_BACK, "ref-1", "done"))
    assert done == ["upgrade run killed at done", "upgrade rollback killed at done"]
    monkeypatch.setattr(journal, "standing", lambda *_: "halfway")
    carried_out(course, Act(Kind.UPGRADE, "ref-2", "done"))
    assert done[-1] == "upgraded to ref-2"


def test_a_user_whom_the_cache_forgot_logs_in_again(course: Course, done: list[str]) -> None:
    forgotten: Any = User(done, forgotten=True)
    carried_out(Course(forgotten, course.releases, course.settings, course.into), Act(Kind.WRITE, "ref-1"))
    assert done == ["wrote 1 and 1", "logged in again"]
