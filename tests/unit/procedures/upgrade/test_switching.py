"""A release is brought up on exactly its images; who keeps data may be too busy to answer for a while."""

from collections.abc import Callable, Sequence

import pytest

from agentchat_check import errors
from agentchat_check.procedures.upgrade import switching
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.stack import pinning
from agentchat_check.stack.running import Stack
from engines import Engine, container

RECORDED = Recorded(2, "ref-2", "/srv", [], [], [], [])
SICK = {"Health": {"Status": "unhealthy", "Log": []}}


@pytest.fixture
def bring_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Brings ref-2 up; what was done, in order. Each ``up`` ends as it is said."""

    def act(*ends: errors.CheckError | None) -> list[str]:
        done, left = [], list(ends)

        def up(_: Stack, *, timeout: float, unhealthy_too: bool, patient: bool, options: Sequence[str]) -> None:
            assert (patient, unhealthy_too) == (True, False)
            done.append(f"up {' '.join(options)} within {timeout:g} s")
            if error := left.pop(0):
                raise error

        monkeypatch.setattr(Stack, "up", up)
        monkeypatch.setattr(Stack, "settle", lambda _, *, timeout, only: done.append(f"settle {only}: {timeout:g} s"))
        monkeypatch.setattr(pinning, "named_as_before", lambda *_: done.append("named"))
        switching.bring_up(stack, RECORDED, timeout=60.0, tell=done.append)
        return done

    return act


UP = "up --pull never --remove-orphans within 60 s"


def test_no_tag_is_followed_and_what_a_release_does_not_have_goes(bring_up: Callable[..., list[str]]) -> None:
    assert bring_up(None) == ["waiting for every service", UP, "named"]


def test_a_database_that_is_too_busy_to_answer_is_waited_for(
    bring_up: Callable[..., list[str]], engine: Engine
) -> None:
    engine.containers = [container("backend"), container("mysql", state=SICK)]
    gave_up = errors.StackError("bring up ref-2")
    assert bring_up(gave_up, None)[1:] == [UP, "settle ['mysql']: 60 s", UP, "named"]


def test_a_database_that_was_killed_is_not(bring_up: Callable[..., list[str]], engine: Engine) -> None:
    engine.containers = [container("backend"), container("mysql", state={**SICK, "Status": "exited"})]
    with pytest.raises(errors.StackError, match="bring up ref-2"):
        bring_up(errors.StackError("bring up ref-2"))


def test_a_backend_that_is_sick_is_not(bring_up: Callable[..., list[str]], engine: Engine) -> None:
    engine.containers = [container("backend", state=SICK), container("mysql")]
    with pytest.raises(errors.StackError, match="bring up ref-2"):
        bring_up(errors.StackError("bring up ref-2"))
