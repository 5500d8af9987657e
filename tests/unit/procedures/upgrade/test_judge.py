"""Pairs go there and back: by our own procedure where the release is a later one, else by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.facts import Aspect, Hindrance, Obstacle
from agentchat_check.findings import Promise, Verdict
from agentchat_check.procedures import starting
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import brought, by_hand, described, pairs, planning, returning, rollback, run
from agentchat_check.procedures.upgrade import trial as trials
from agentchat_check.procedures.upgrade.pairs import Judge
from doors import MakeSettings

GOOD = Promise("test.good", "good", "").judge(kept=True, expected="", actual="")
OLD, NEW = SimpleNamespace(name="ref-1"), SimpleNamespace(name="ref-2")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order; nothing is amiss."""
    made: list[str] = []

    def plan(before: str, after: str, _: str) -> Any:
        older = [Obstacle(Hindrance.DOWNGRADE, "", "")] if after < before else []
        return SimpleNamespace(obstacles=older, variables=(), storage=())

    def with_users(_: Any, act: Any, *__: Any, **___: Any) -> Any:
        return SimpleNamespace(done=act())

    def go_back(*_: Any) -> str:
        made.append("rolled back")
        return "rolled back"

    def judged(memory: str, _: Any, stack: Any, back: str | None, *, subject: str) -> Any:
        made.append(f"{subject}: {memory}, {stack.name}, {back}")
        return (GOOD,)

    monkeypatch.setattr(described, "own", lambda _: "")
    monkeypatch.setattr(described, "read", lambda release, _: release.name)
    monkeypatch.setattr(planning, "plan", plan)
    monkeypatch.setattr(Regular, "arrive", lambda stack, _: SimpleNamespace(stack=stack, live=lambda **_: None))
    monkeypatch.setattr(trials, "before", lambda _: SimpleNamespace(brought="its own"))
    monkeypatch.setattr(trials, "with_users", with_users)
    monkeypatch.setattr(run, "run", lambda _, target, *__: made.append(f"upgraded to {target(None).name}"))
    monkeypatch.setattr(rollback, "rollback", go_back)
    monkeypatch.setattr(by_hand, "brought_in", lambda _, release, *__, **___: made.append(f"{release.name} by hand"))
    monkeypatch.setattr(by_hand, "up", lambda stack, _: made.append(f"{stack.name} up again"))
    monkeypatch.setattr(starting, "newcomer", lambda _: SimpleNamespace(api=None))
    monkeypatch.setattr(brought, "look", lambda stack, _: f"a first start of {stack.name}")
    monkeypatch.setattr(pairs, "judged", lambda _, __, like, **___: made.append(f"like {like}") or {})
    monkeypatch.setattr(returning, "remember", lambda *_: "remembered")
    monkeypatch.setattr(returning, "judged", judged)
    return made


@pytest.fixture
def judge(done: list[str], settings: MakeSettings) -> Judge:
    """Says of each stack when it comes up."""

    @contextmanager
    def bring_up(release: Any) -> Iterator[Any]:
        done.append(f"{release.name} comes up")
        yield SimpleNamespace(name=release.name)
        done.append(f"{release.name} is removed")

    return Judge(bring_up, settings(), Path("backups"))


def test_a_later_release_is_brought_in_by_our_procedure_and_rolled_back(judge: Judge, done: list[str]) -> None:
    found = judge.pair(OLD, NEW)
    assert done == [
        "ref-2 comes up",
        "ref-2 is removed",
        "ref-1 comes up",
        "upgraded to ref-2",
        "like a first start of ref-2",
        "rolled back",
        "ref-1 to ref-2: remembered, ref-1, rolled back",
        "ref-1 is removed",
    ]
    assert (found.before, found.after) == ("ref-1", "ref-2")
    assert found.findings[Aspect.ROLLBACK] == (GOOD,)


def test_an_earlier_release_is_brought_in_by_hand_on_the_data_of_the_later_one(judge: Judge, done: list[str]) -> None:
    judge.pair(NEW, OLD)
    assert done == [
        "ref-2 comes up",
        "ref-1 by hand",
        "like its own",
        "ref-2 up again",
        "ref-2 to ref-1: remembered, ref-2, None",
        "ref-2 is removed",
    ]


def test_a_matrix_goes_through_every_ordered_pair_and_looks_at_first_starts_once(judge: Judge, done: list[str]) -> None:
    third = SimpleNamespace(name="ref-3")
    found = judge.matrix([OLD, NEW, third])
    assert [f"{pair.before}{pair.after[3:]}" for pair in found] == [
        "ref-1-2",
        "ref-1-3",
        "ref-2-1",
        "ref-2-3",
        "ref-3-1",
        "ref-3-2",
    ]
    assert done.count("ref-3 comes up") == 3  # for its first start, and for two pairs
    assert done.count("ref-1 comes up") == 2


def test_of_a_way_to_an_earlier_release_nothing_is_promised(judge: Judge) -> None:
    found = judge.matrix([OLD, NEW])
    assert [f"{pair.before} to {pair.after}" for pair in found] == ["ref-1 to ref-2", "ref-2 to ref-1"]
    assert pairs.onwards(found, ["ref-1", "ref-2"]) == found[:1]
    assert pairs.onwards(found, ["ref-2", "ref-1"]) == found[1:]


def test_what_is_refused_does_not_take_over_and_leaves_the_way_back_unknown(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise errors.DeploymentError("upgrade it", actual="its database would start empty")

    monkeypatch.setattr(run, "run", refuse)
    found = judge.pair(OLD, NEW)
    (refused,) = found.findings[Aspect.WRITES]
    assert refused.check == "upgrade.took_over"
    assert "its database would start empty" in refused.actual
    assert found.verdict(Aspect.ROLLBACK) is Verdict.UNKNOWN
    assert found.whole is Verdict.BROKEN
