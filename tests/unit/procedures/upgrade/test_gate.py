"""What tries every call gives what has just come up a little time, and no more."""

from typing import Any

import pytest

from agentchat_check import facts, wait
from agentchat_check.findings import Verdict
from agentchat_check.probes.api import Account
from agentchat_check.procedures.upgrade import gate
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.stack.running import Stack
from engines import Engine, container
from makers import Clock, answer, outer

GOOD, LATE = facts.Reply("health", answer()), facts.Reply("health", outer(503))


@pytest.fixture
def tries(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[facts.Reply]:
    """What each round of calls sees, the last one for good; a round takes two seconds."""
    engine.containers = [container("backend")]
    left: list[facts.Reply] = []

    def every_call(*_: Any) -> facts.ContractLook:
        clock.sleep(2.0)
        return facts.ContractLook(reads=(left.pop(0) if len(left) > 1 else left[0],))

    monkeypatch.setattr(Gate, "_every_call", every_call)
    until = wait.until
    monkeypatch.setattr(gate.wait, "until", lambda *given, **more: until(*given, **more, clock=clock))
    return left


def test_every_call_is_tried_again_while_one_may_be_late(tries: list[facts.Reply], stack: Stack, clock: Clock) -> None:
    tries += [LATE, LATE, GOOD]
    assert {one.verdict for one in Gate(None).findings(stack)} == {Verdict.HOLDS}
    assert clock.slept == [2.0, 1.0, 2.0, 1.0, 2.0]


def test_one_that_does_not_work_is_broken_soon(tries: list[facts.Reply], stack: Stack, clock: Clock) -> None:
    tries += [LATE]
    last = Gate(None).findings(stack)[-1]
    assert (last.check, last.verdict) == ("upgrade.works_after", Verdict.BROKEN)
    assert "503" in last.actual
    assert sum(clock.slept) <= gate._PATIENCE + 3.0  # noqa: SLF001 - a round, and the pause before it


def test_what_runs_is_compared_with_what_was_recorded(tries: list[facts.Reply], stack: Stack) -> None:
    tries += [GOOD]
    right, wrong = (facts.Image("backend", "chat:1", identity) for identity in ("sha256:backend", "sha256:other"))
    assert [one.verdict for one in Gate(None).findings(stack, [right])] == [Verdict.HOLDS] * 3
    assert [one.verdict for one in Gate(None).findings(stack, [wrong])][1] is Verdict.BROKEN


def test_our_own_accounts_are_known() -> None:
    assert Gate(Account("check", "word")).users == ["check"]
    assert (Gate(None).users, Gate(None).files) == ([], [])
