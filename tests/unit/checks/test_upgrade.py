"""What is brought in does its work and takes over, and images are the very ones."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import upgrade
from agentchat_check.facts import ContractLook, Reply
from agentchat_check.findings import Finding, Verdict
from contract_looks import ILL, LOOK, NO_COLUMN, WELL
from makers import answer, finding, inner, outer, service, unanswered

HOLDS, BROKEN, UNKNOWN = Verdict.HOLDS, Verdict.BROKEN, Verdict.UNKNOWN
PAIR = "ref-1 to ref-2"


def judged(found: Finding, *, subject: str = PAIR) -> tuple[Verdict, str]:
    """A finding's verdict and what was seen; a next step is named exactly where one is needed."""
    assert bool(found.next_step) == (found.verdict is not HOLDS)
    assert found.promise.endswith(f": {subject}")
    return found.verdict, found.actual


def test_every_call_works() -> None:
    assert judged(upgrade.works_after(LOOK, PAIR)) == (HOLDS, "2 calls, each did")


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (ILL, NO_COLUMN),
        (Reply("chat", answer(), told="not stored"), "chat: GET /api/v1/dialog/list: 200 in 0.02 s; in the stream: no"),
        (Reply("agents", answer(), missing="1 of 2"), "agents: GET /api/v1/dialog/list: 200 in 0.02 s; without 1 of 2"),
        (Reply("user", unanswered()), "user: GET /api/v1/dialog/list: connection refused after 0.0 s"),
    ],
)
def test_a_call_that_does_not_is_named(reply: Reply, line: str) -> None:
    verdict, actual = judged(upgrade.works_after(replace(LOOK, writes=(reply,)), PAIR))
    assert (verdict, actual[: len(line)]) == (BROKEN, line)


def test_a_call_that_never_was_is_left_out_and_one_that_was_is_missed() -> None:
    look = replace(LOOK, left_out={"usage": "404"})
    assert judged(upgrade.works_after(look, PAIR)) == (HOLDS, "2 calls, each did; left out: usage (404)")
    assert judged(upgrade.works_after(look, PAIR, before=look))[0] is HOLDS
    had = replace(LOOK, reads=(WELL, Reply("usage", answer())))
    assert judged(upgrade.works_after(look, PAIR, before=had)) == (BROKEN, "usage: 404; the former release has it")


def test_without_a_call_nothing_is_known() -> None:
    assert judged(upgrade.works_after(ContractLook(), PAIR)) == (UNKNOWN, "none was made")


@pytest.mark.parametrize(
    ("read", "log_ins", "stated", "verdict", "actual"),
    [
        (answer(), {"eve": answer()}, "", HOLDS, "1 log-ins, and the token"),
        (
            outer(401),
            {"eve": answer()},
            "",
            BROKEN,
            "the token of before is refused: GET /api/v1/dialog/list: 401 in 0.02 s",
        ),
        (
            outer(401),
            {"eve": answer()},
            "the key changes",
            HOLDS,
            "1 log-ins; whoever was logged in has to log in again, as is stated: the key changes",
        ),
        (
            answer(),
            {"eve": inner(10600, "wrong")},
            "the key changes",
            BROKEN,
            "eve cannot log in: GET /api/v1/dialog/list: 200, inner 10600 (wrong) in 0.02 s",
        ),
        (answer(), {"eve": outer(503)}, "", UNKNOWN, "GET /api/v1/dialog/list: 503 in 0.02 s"),
        (unanswered(), {"eve": answer()}, "", UNKNOWN, "GET /api/v1/dialog/list: connection refused after 0.0 s"),
        (answer(), {}, "", UNKNOWN, "nobody logged in"),
    ],
)
def test_passwords_and_tokens_live_on_or_the_loss_is_stated(
    read: facts.HttpAnswer, log_ins: dict[str, facts.HttpAnswer], stated: str, verdict: Verdict, actual: str
) -> None:
    found = upgrade.sessions_live_on(read, log_ins, stated=stated, subject=PAIR)
    assert judged(found) == (verdict, actual)


RECORDED = (facts.Image("backend", "chat:2.4", "sha256:1234567890abcdef"),)


@pytest.mark.parametrize(
    ("changes", "verdict", "actual"),
    [
        ({"image": "sha256:1234567890abcdef"}, HOLDS, "each, by its id"),
        (
            {"image": "chat:2.4", "image_id": "sha256:fedcba0987654321"},
            BROKEN,
            "backend: fedcba098765 instead of 1234567890ab; chat:2.4 means something else now",
        ),
        (
            {"image": "chat:2.5", "image_id": "sha256:fedcba0987654321"},
            BROKEN,
            "backend: fedcba098765 instead of 1234567890ab",
        ),
        ({"name": "other"}, BROKEN, "backend does not run"),
    ],
)
def test_an_image_is_the_recorded_one_by_its_id(changes: dict[str, Any], verdict: Verdict, actual: str) -> None:
    running = service(**{"image_id": "sha256:1234567890abcdef", **changes})
    assert judged(upgrade.exact_images(RECORDED, [running], subject=PAIR)) == (verdict, actual)


def test_what_was_not_recorded_cannot_be_compared() -> None:
    assert judged(upgrade.exact_images((), [service()], subject=PAIR)) == (UNKNOWN, "none was recorded")
    nameless = (*RECORDED, facts.Image("redis", "redis:7", ""))
    assert judged(upgrade.exact_images(nameless, [], subject=PAIR)) == (UNKNOWN, "not recorded for redis")


PASSAGE = facts.Passage(60.0, 100, 7, {"read": 2.5, "write": 4.0}, (), ())
TOLD = "7 of 100 requests failed in 60.0 s; the longest time without an answer: 4.0 s (write)"


@pytest.mark.parametrize(
    ("changes", "limit", "verdict", "actual"),
    [
        ({}, None, HOLDS, TOLD),
        ({}, 4.0, HOLDS, TOLD),
        ({}, 3.9, BROKEN, TOLD),
        ({"left": ("write: 503",)}, None, BROKEN, "not answered at the end: write: 503"),
        ({"asked": 0}, None, UNKNOWN, "nobody asked"),
        (
            {"failed": 0, "downtime": {"read": 0.0}},
            1.0,
            HOLDS,
            "0 of 100 requests failed in 60.0 s; the longest time without an answer: none",
        ),
    ],
)
def test_users_are_served_again_and_soon_where_there_is_a_limit(
    changes: dict[str, Any], limit: float | None, verdict: Verdict, actual: str
) -> None:
    found = upgrade.short_downtime(replace(PASSAGE, **changes), limit=limit, subject=PAIR)
    assert judged(found) == (verdict, actual)


def test_the_gate_is_as_good_as_its_worst_finding() -> None:
    assert judged(upgrade.gate([finding()], subject=PAIR)) == (HOLDS, "so it is")
    assert judged(upgrade.gate([], subject=PAIR)) == (UNKNOWN, "nothing was looked at")
    seen = [finding(), finding(UNKNOWN, actual="no answer\nat\nall\nday")]
    assert judged(upgrade.gate(seen, subject=PAIR)) == (
        UNKNOWN,
        "UNKNOWN: the page is served: no answer; at; all; … and 1 more",
    )
    seen.append(finding(BROKEN))
    assert judged(upgrade.gate(seen, subject=PAIR)) == (
        BROKEN,
        "UNKNOWN: the page is served: no answer; at; all; … and 1 more\nBROKEN: the page is served: GET /: 200",
    )


def test_a_release_that_was_not_rolled_back_took_over() -> None:
    finding = upgrade.took_over("", subject="ref-1 to ref-2")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "it was not")
    finding = upgrade.took_over("backend is unhealthy", subject="ref-1 to ref-2")
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, "backend is unhealthy")
