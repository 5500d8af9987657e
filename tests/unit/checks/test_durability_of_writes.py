"""What was acknowledged is there, once, and whoever was logged in still is."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import durability
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Entry, Outcome
from makers import answer, inner, moment, outer, unanswered


def entry(kind: str, key: str, value: str, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Entry:
    """A write."""
    return Entry(kind, key, value, outcome, moment(), moment(1))


SAID = [
    entry("dialog", "7", "d1"),
    entry("user", "d1", "hello"),
    entry("assistant", "d1", "You said: hello"),
    entry("user", "d1", "nobody answered", Outcome.UNKNOWN),
    entry("file", "/upload/1", "note"),
    entry("account", "eve", "eve"),
]
MESSAGES = (facts.Message("user", "hello"), facts.Message("assistant", "You said: hello"))
FOUND = facts.ReadBack({"eve": answer()}, answer(), ("d1",), {"d1": (answer(), MESSAGES)}, {"/upload/1": "note"})


def judged(finding: Finding) -> tuple[Verdict, str]:
    """A finding's verdict and what was seen; a next step is named exactly where one is needed."""
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    assert finding.promise.endswith(": restart")
    return finding.verdict, finding.actual


def found(**changes: Any) -> tuple[Verdict, str]:
    """What is said of these writes when something else was read back."""
    return judged(durability.nothing_lost(SAID, replace(FOUND, **changes), "restart"))


def test_all_of_it_is_all_of_it() -> None:
    finding = durability.nothing_lost(SAID, FOUND, "restart")
    assert judged(finding) == (Verdict.HOLDS, "all of it")
    assert finding.expected == "1 accounts, 1 answers, 1 dialogs, 1 files, 1 messages"


def test_messages_of_one_second_come_in_any_order() -> None:
    assert found(histories={"d1": (answer(), MESSAGES[::-1])})[0] is Verdict.HOLDS


def test_what_nobody_acknowledged_may_be_there_or_not() -> None:
    more = (*MESSAGES, facts.Message("user", "nobody answered"))
    assert found(histories={"d1": (answer(), more)})[0] is Verdict.HOLDS
    said = [*SAID, entry("account", "bob", "bob", Outcome.UNKNOWN)]
    back = replace(FOUND, log_ins={**FOUND.log_ins, "bob": inner(10600, "no such user")})
    assert durability.nothing_lost(said, back, "restart").verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"dialogs": ()}, "the dialog d1 is not listed"),
        ({"files": {"/upload/1": None}}, "the file /upload/1 is not returned, or not as it was"),
        ({"files": {"/upload/1": "other"}}, "the file /upload/1 is not returned, or not as it was"),
        (
            {"histories": {"d1": (answer(), MESSAGES[:1])}},
            "in the dialog d1: assistant: 'You said: hello' is there 0 times, was written 1 times",
        ),
        (
            {"histories": {"d1": (answer(), (*MESSAGES, MESSAGES[0]))}},
            "in the dialog d1: user: 'hello' is there 2 times, was written 1 times",
        ),
        (
            {"histories": {"d1": (inner(404, "not found"), ())}},
            "in the dialog d1: GET /api/v1/dialog/list: 200, inner 404 (not found) in 0.02 s",
        ),
        (
            {"log_ins": {"eve": inner(10600, "no such user")}},
            "the account eve cannot log in: GET /api/v1/dialog/list: 200, inner 10600 (no such user) in 0.02 s",
        ),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], lost: str) -> None:
    assert found(**changes) == (Verdict.BROKEN, lost)


def test_of_much_that_is_lost_the_first_is_told() -> None:
    said = [entry("dialog", "7", f"d{number}") for number in range(9)]
    finding = durability.nothing_lost(said, replace(FOUND, histories={}), "restart")
    assert finding.actual.splitlines()[0] == "the dialog d0 is not listed"
    assert finding.actual.splitlines()[-1] == "… and 3 more"


@pytest.mark.parametrize(
    "changes",
    [
        {"listing": unanswered()},
        {"log_ins": {"eve": outer(503)}},
        {"histories": {"d1": (outer(500), ())}},
    ],
    ids=["no answer", "no log-in", "no history"],
)
def test_what_could_not_be_read_back_is_not_lost(changes: dict[str, Any]) -> None:
    verdict, actual = found(**changes)
    assert verdict is Verdict.UNKNOWN
    assert actual.startswith("could not be read back:\nGET /api/v1/dialog/list: ")


def test_where_nothing_was_acknowledged_nothing_is_known() -> None:
    said = [replace(one, outcome=Outcome.UNKNOWN) for one in SAID]
    assert judged(durability.nothing_lost(said, FOUND, "restart")) == (
        Verdict.UNKNOWN,
        "none was: there is nothing to lose",
    )


@pytest.mark.parametrize(
    ("read", "forgetful", "verdict"),
    [
        (answer(), False, Verdict.HOLDS),
        (answer(), True, Verdict.HOLDS),
        (outer(401), False, Verdict.BROKEN),
        (inner(401), False, Verdict.BROKEN),
        (outer(401), True, Verdict.HOLDS),
        (outer(503), True, Verdict.UNKNOWN),
        (unanswered(), False, Verdict.UNKNOWN),
    ],
)
def test_a_token_of_before_is_accepted_or_the_cache_may_have_forgotten(
    read: facts.HttpAnswer, forgetful: bool, verdict: Verdict
) -> None:
    said, actual = judged(durability.sessions_live(read, "restart", forgetful=forgetful))
    assert said is verdict
    assert ("the cache keeps no log of its writes" in actual) == (read.status == 401 and forgetful)


HELPER = facts.SeedRow("agent", "helper", "0")
SEARCH = facts.SeedRow("tool", "search", "0")


@pytest.mark.parametrize(
    ("after", "verdict", "actual"),
    [
        ((SEARCH, HELPER), Verdict.HOLDS, "the same, each as often"),
        ((HELPER, SEARCH, SEARCH), Verdict.BROKEN, "tool 'search': 1 before, 2 after"),
        ((SEARCH,), Verdict.BROKEN, "agent 'helper': 1 before, 0 after"),
    ],
)
def test_seeds_are_listed_as_before(after: tuple[facts.SeedRow, ...], verdict: Verdict, actual: str) -> None:
    assert judged(durability.seeded_once((HELPER, SEARCH), after, [answer()], "restart")) == (verdict, actual)


def test_seeds_that_could_not_be_listed_are_unknown() -> None:
    verdict, actual = judged(durability.seeded_once((HELPER,), (), [answer(), outer(401)], "restart"))
    assert (verdict, actual) == (Verdict.UNKNOWN, "GET /api/v1/dialog/list: 401 in 0.02 s")
