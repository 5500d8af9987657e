"""The backend bears a crowd, and stops without breaking off."""

from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import production
from agentchat_check.findings import Finding, Verdict
from makers import answer, chat, inner, logged_in, unanswered

NOBODY = "nobody was answered: GET /api/v1/dialog/list: connection refused after 0.0 s"


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def somebody(user_id: str) -> facts.HttpAnswer:
    return logged_in(body={"data": {"user_id": user_id, "access_token": "t"}})


def stop(**changes: Any) -> facts.Stop:
    return facts.Stop(
        **{"service": "backend", "exit_code": 0, "killed": False, "seconds": 3.25, "grace": 30.0, **changes}
    )


@pytest.mark.parametrize(
    ("running", "verdict", "actual"),
    [
        (("w", "w"), Verdict.HOLDS, "2 run"),
        (("gunicorn: worker",), Verdict.BROKEN, "1 run\ngunicorn: worker"),
        ((), Verdict.BROKEN, "0 run"),
    ],
)
def test_workers_are_counted(running: tuple[str, ...], verdict: Verdict, actual: str) -> None:
    assert judged(production.workers_run(facts.Workers("backend", 2, running))) == (verdict, actual)


def test_a_crowd_that_can_log_in_holds() -> None:
    found = production.registers_a_crowd([answer(seconds=1.0), answer(seconds=2.5)], [somebody("1"), somebody("2")])
    assert judged(found) == (Verdict.HOLDS, "all of them, the last after 2.5 s")


@pytest.mark.parametrize(
    ("registered", "logged", "actual"),
    [
        (
            [inner(500, "busy")],
            [inner(10600)],
            "not registered: 1\n  GET /api/v1/dialog/list: 200, inner 500 (busy) in 0.02 s",
        ),
        (
            [answer()],
            [inner(10600)],
            "registered, and cannot log in: 1\n  GET /api/v1/dialog/list: 200, inner 10600 (no)",
        ),
        ([answer(), answer()], [somebody("1"), somebody("1")], "one user for several people: 1\n  1"),
        (
            [answer(), unanswered()],
            [somebody("1"), unanswered()],
            "not registered: 1\n  GET /api/v1/dialog/list: connection",
        ),
        ([], [], "all of them, the last after 0.0 s"),
    ],
)
def test_whoever_is_lost_in_a_crowd_is_told(
    registered: list[facts.HttpAnswer], logged: list[facts.HttpAnswer], actual: str
) -> None:
    verdict, said = judged(production.registers_a_crowd(registered, logged))
    assert verdict is Verdict.BROKEN
    assert said.startswith(actual)


def test_a_crowd_that_nobody_answers_proves_nothing() -> None:
    assert judged(production.registers_a_crowd([unanswered()], [unanswered()])) == (Verdict.UNKNOWN, NOBODY)
    assert judged(production.one_name_one_user([unanswered()], [unanswered()])) == (Verdict.UNKNOWN, NOBODY)


@pytest.mark.parametrize(
    ("registered", "logged", "verdict", "actual"),
    [
        ([answer(), inner(500)], [somebody("1"), inner(10600)], Verdict.HOLDS, "1 registered, 1 passwords accepted"),
        ([answer(), answer()], [somebody("1"), inner(10600)], Verdict.BROKEN, "2 registered, 1 passwords accepted"),
        ([inner(500), inner(500)], [inner(10600)] * 2, Verdict.BROKEN, "0 registered, 0 passwords accepted"),
    ],
)
def test_of_rivals_one_wins(
    registered: list[facts.HttpAnswer], logged: list[facts.HttpAnswer], verdict: Verdict, actual: str
) -> None:
    assert judged(production.one_name_one_user(registered, logged)) == (verdict, actual)


@pytest.mark.parametrize(
    ("ended", "verdict", "actual"),
    [
        (stop(), Verdict.HOLDS, "backend ended after 3.2 s with exit code 0"),
        (stop(exit_code=143, seconds=None), Verdict.HOLDS, "backend ended with exit code 143"),
        (stop(exit_code=137, killed=True), Verdict.BROKEN, "backend ended after 3.2 s with exit code 137, killed"),
        (stop(exit_code=1), Verdict.BROKEN, "backend ended after 3.2 s with exit code 1"),
        (stop(seconds=31.0), Verdict.BROKEN, "backend ended after 31.0 s with exit code 0"),
    ],
)
def test_a_stop_is_an_end_of_its_own_in_time(ended: facts.Stop, verdict: Verdict, actual: str) -> None:
    assert judged(production.stops_in_time(ended)) == (verdict, actual)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (chat(), Verdict.HOLDS),
        (chat(text="You said: hel"), Verdict.BROKEN),
        (chat(errors=("cut off: connection reset",)), Verdict.BROKEN),
        (facts.ChatAnswer(unanswered(), "", (), ()), Verdict.BROKEN),
    ],
)
def test_a_stream_is_finished_or_not(said: facts.ChatAnswer, verdict: Verdict) -> None:
    found = production.finishes_stream(said, containing="You said: hello")
    assert judged(found) == (verdict, f"{said}\nits last words: {said.text!r}")
