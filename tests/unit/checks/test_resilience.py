"""Nobody is lied to, nothing hangs, and it passes; what could not be looked at is neither."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import resilience
from agentchat_check.facts import Ordeal, Reply, Round, Trouble
from agentchat_check.findings import Finding, Verdict
from makers import answer, inner, outer, service, unanswered

OK = outer(200, {"status": "OK"}, url="http://127.0.0.1:7860/health")
DOWN = outer(503, {"status": "DOWN"}, url="http://127.0.0.1:7860/health")
REFUSED = outer(503, {"detail": "The cache does not answer"})
HUNG = unanswered(error="no answer after 10.0 s", seconds=10.0)
CUT = unanswered(error="connection reset after 0.0 s", seconds=0.0)


def seen(*answers: facts.HttpAnswer, health: facts.HttpAnswer = DOWN, begun: float = 0.0) -> Round:
    """A round in which a read, a write and a log-in got these answers."""
    return Round(begun, health, tuple(map(Reply, ("read", "write", "log in"), answers)))


WELL = seen(answer(), answer(), answer(), health=OK, begun=4.0)
TROUBLED = seen(REFUSED, REFUSED, REFUSED)


def ordeal(**changes: Any) -> Ordeal:
    """A cache that was paused, and a backend that stood it as it should."""
    made = Ordeal(
        "redis",
        Trouble.PAUSED,
        limit=10.0,
        during=(TROUBLED,),
        after=(WELL,),
        recovered=0.5,
        patience=30.0,
        backend_before=service(),
        backend_after=service(),
    )
    return replace(made, **changes)


def judged(finding: Finding) -> tuple[Verdict, str]:
    """A finding's verdict and what was seen; a next step is named exactly where one is needed."""
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    assert ": redis, " in finding.promise
    return finding.verdict, finding.actual


def test_an_application_that_stands_it_keeps_every_promise() -> None:
    found = resilience.of(ordeal())
    assert [finding.verdict for finding in found] == [Verdict.HOLDS] * 4
    assert [finding.actual for finding in found] == [
        "during: GET /health: 503 ({'status': 'DOWN'}) in 0.02 s; after: GET /health: 200 in 0.02 s",
        "8 requests, none that hung; the slowest: health: GET /health: 503 ({'status': 'DOWN'}) in 0.02 s",
        "none in 2 rounds of requests",
        "after 0.5 s",
    ]


def test_what_could_not_be_looked_at_is_unknown_in_every_respect() -> None:
    for finding in resilience.of(Ordeal("redis", Trouble.PAUSED, "could not pause redis", limit=10.0)):
        assert judged(finding) == (Verdict.UNKNOWN, "could not pause redis")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"during": (seen(REFUSED, health=OK),)}, "during: it says OK (GET /health: 200 in 0.02 s)\nread: GET"),
        ({"during": (TROUBLED, seen(REFUSED, health=OK))}, "during: it says OK"),
        ({"during": (seen(answer(), health=DOWN),)}, "during: it says not OK"),
        ({"after": (seen(answer(), health=DOWN),)}, "after: it says not OK"),
        ({"after": (seen(REFUSED, health=OK),), "recovered": None}, "after: it says OK"),
        ({"trouble": Trouble.KILLED_AND_BACK, "after": (seen(REFUSED, health=OK),)}, "after: it says OK"),
    ],
)
def test_health_that_says_something_else_lies(changes: dict[str, Any], cause: str) -> None:
    verdict, actual = judged(resilience.tells_the_truth(ordeal(**changes)))
    assert verdict is Verdict.BROKEN
    assert actual.startswith(cause)


@pytest.mark.parametrize(
    "changes",
    [
        {"during": (seen(REFUSED, health=HUNG),)},
        {"during": (seen(REFUSED, health=OK), TROUBLED)},
        {"trouble": Trouble.KILLED_AND_BACK, "during": (seen(REFUSED, health=OK),)},
    ],
    ids=["no answer is not OK", "a moment behind", "while it comes and goes"],
)
def test_health_that_does_not_claim_too_much_is_true(changes: dict[str, Any]) -> None:
    assert resilience.tells_the_truth(ordeal(**changes)).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("during", "cause"),
    [
        (seen(HUNG), "read: GET /api/v1/dialog/list: no answer after 10.0 s"),
        (seen(CUT), "read: GET /api/v1/dialog/list: connection reset after 0.0 s"),
        (seen(REFUSED, health=HUNG), "health: GET /api/v1/dialog/list: no answer after 10.0 s"),
        (seen(answer(seconds=10.5)), "read: GET /api/v1/dialog/list: 200 in 10.50 s"),
        (
            Round(0.0, DOWN, (Reply("read", answer(), missing="the dialog"),)),
            "read: GET /api/v1/dialog/list: 200 in 0.02 s; without the dialog",
        ),
    ],
    ids=["hung", "broke off", "health hung", "late", "hollow"],
)
def test_a_request_that_hangs_breaks_off_or_is_hollow_is_no_honest_answer(during: Round, cause: str) -> None:
    assert judged(resilience.answers_honestly(ordeal(during=(during,)))) == (Verdict.BROKEN, cause)


def test_of_many_dishonest_answers_the_first_are_told() -> None:
    verdict, actual = judged(resilience.answers_honestly(ordeal(during=(seen(HUNG, HUNG, HUNG, health=HUNG),) * 2)))
    assert verdict is Verdict.BROKEN
    assert actual.splitlines()[4:] == ["… and 4 more"]


@pytest.mark.parametrize(
    "during",
    [
        seen(inner(500), REFUSED, answer()),
        Round(0.0, DOWN, (Reply("chat", answer(), told="it could not be stored"),)),
    ],
    ids=["errors of either kind", "an error in the stream"],
)
def test_an_error_in_time_is_honest(during: Round) -> None:
    assert resilience.answers_honestly(ordeal(during=(during,))).verdict is Verdict.HOLDS


@pytest.mark.parametrize(("reply", "verdict"), [(CUT, Verdict.HOLDS), (HUNG, Verdict.BROKEN)])
def test_a_backend_that_has_not_begun_may_be_out_of_reach_and_may_not_hang(
    reply: facts.HttpAnswer, verdict: Verdict
) -> None:
    late = ordeal(trouble=Trouble.LATE, during=(seen(reply, health=CUT),))
    assert resilience.answers_honestly(late).verdict is verdict


@pytest.mark.parametrize(
    "during",
    [seen(outer(401)), seen(answer(), outer(403)), seen(inner(401)), seen(answer(), answer(), inner(10600))],
    ids=["401", "403", "an inner 401", "a wrong password"],
)
def test_whoever_may_come_in_is_not_taken_for_logged_out(during: Round) -> None:
    for changes in ({"during": (during,)}, {"after": (during, WELL)}):
        verdict, actual = judged(resilience.tokens_stay_valid(ordeal(**changes)))
        assert verdict is Verdict.BROKEN
        assert actual.count("\n") == 0


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"trouble": Trouble.KILLED, "after": (seen(outer(401)), WELL)}, Verdict.HOLDS),
        ({"trouble": Trouble.KILLED_AND_BACK, "during": (seen(outer(401)),)}, Verdict.HOLDS),
        ({"trouble": Trouble.KILLED, "during": (seen(outer(401)),)}, Verdict.BROKEN),
    ],
    ids=["when it is back", "while it comes back", "not while it is away"],
)
def test_what_was_killed_without_a_log_may_have_forgotten_and_that_is_told(
    changes: dict[str, Any], verdict: Verdict
) -> None:
    finding = resilience.tokens_stay_valid(ordeal(forgetful=True, **changes))
    assert finding.verdict is verdict
    assert ("redis keeps no log of its writes" in finding.actual) == (verdict is Verdict.HOLDS)
    assert resilience.tokens_stay_valid(ordeal(forgetful=False, **changes)).verdict is Verdict.BROKEN


def test_what_does_not_work_again_is_told_with_the_last_answers() -> None:
    verdict, actual = judged(resilience.recovers(ordeal(recovered=None, after=(seen(REFUSED),))))
    assert verdict is Verdict.BROKEN
    assert actual.splitlines() == [
        "not after 30 s; backend running (healthy)",
        "read: GET /api/v1/dialog/list: 503 (The cache does not answer) in 0.02 s",
    ]


@pytest.mark.parametrize(
    ("trouble", "verdict"), [(Trouble.PAUSED, Verdict.BROKEN), (Trouble.LATE, Verdict.HOLDS)], ids=str
)
def test_a_backend_that_was_started_again_did_not_recover_unless_it_came_too_soon(
    trouble: Trouble, verdict: Verdict
) -> None:
    again = service(started="2026-11-24T12:01:00Z", restarts=1)
    finding = resilience.recovers(ordeal(trouble=trouble, backend_after=again))
    assert finding.verdict is verdict
    assert ("started again: backend running (healthy, 1 restarts)" in finding.actual) == (verdict is Verdict.BROKEN)


def test_an_ordeal_knows_its_rounds_in_order() -> None:
    assert ordeal().rounds == (TROUBLED, WELL)
    assert (ordeal().subject, TROUBLED.works, WELL.works) == ("redis, paused", False, True)
