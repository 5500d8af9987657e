"""People get in, and only they; they talk, and find what was said."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import conversation
from agentchat_check.facts import Message, SeedRow
from agentchat_check.findings import Finding, Promise, Verdict
from agentchat_check.ledger import Entry, Outcome
from makers import answer, chat, entry, inner, logged_in, outer, unanswered

STEP = "read the backend's log at that time: it neither refused nor let in"


def verdict_of(finding: Finding) -> tuple[Verdict, str]:
    """Verdict and cause; whatever does not hold has a next step."""
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (answer(), Verdict.HOLDS),
        (inner(500, "user_name exists"), Verdict.BROKEN),
        (outer(500), Verdict.BROKEN),
        (unanswered(), Verdict.BROKEN),
    ],
)
def test_registering_needs_both_codes(said: facts.HttpAnswer, verdict: Verdict) -> None:
    finding = conversation.registers(said)
    assert verdict_of(finding) == (verdict, str(said))
    assert finding.expected == "HTTP 200 and inner 200"


def test_a_log_in_holds_with_a_token_that_opens_something() -> None:
    assert str(conversation.logs_in(logged_in(), answer())) == (
        "HOLDS: a user can log in and is recognised\n"
        "  expected:   a token, and a request with it accepted\n"
        "  actual:     POST /api/v1/user/login: 200 in 0.02 s\n"
        "              with the token: GET /api/v1/dialog/list: 200 in 0.02 s"
    )


@pytest.mark.parametrize(
    ("said", "own", "cause"),
    [
        (inner(10600, "wrong"), outer(401, "no"), "inner 10600 (wrong) in 0.02 s, without a token\nwith the token: "),
        (logged_in(""), answer(), "200 in 0.02 s, without a token\n"),
        (logged_in(None), answer(), "200 in 0.02 s, without a token\n"),
        (answer(body={"data": ["access_token"]}), answer(), ", without a token\n"),
        (answer(body="access_token"), answer(), ", without a token\n"),
        (answer(body=None), answer(), ", without a token\n"),
        (unanswered(), unanswered(), "connection refused after 0.0 s, without a token\n"),
        (logged_in(), outer(401, "expired"), "with the token: GET /api/v1/dialog/list: 401 (expired) in 0.02 s"),
        (logged_in(), inner(500), "with the token: GET /api/v1/dialog/list: 200, inner 500 (no) in 0.02 s"),
    ],
)
def test_a_log_in_without_a_token_that_works_is_broken(
    said: facts.HttpAnswer, own: facts.HttpAnswer, cause: str
) -> None:
    verdict, actual = verdict_of(conversation.logs_in(said, own))
    assert verdict is Verdict.BROKEN
    assert cause in actual


REFUSALS = [outer(401), outer(403), outer(422), inner(401), inner(403), inner(422), inner(10600)]
ERRORS = [outer(500), outer(502), outer(404), outer(302), inner(500), answer(status=500, inner=401)]
COOKIE = {"set-cookie": "access_token_cookie=x.y.z; HttpOnly"}


def refusing(promise: Promise, answers: dict[str, facts.HttpAnswer]) -> Finding:
    if promise is conversation.REFUSES_STRANGERS:
        return conversation.refuses_strangers(answers)
    return conversation.refuses_wrong_passwords(answers)


both = pytest.mark.parametrize(
    "promise", [conversation.REFUSES_STRANGERS, conversation.REFUSES_WRONG_PASSWORDS], ids=lambda one: one.check
)


@both
@pytest.mark.parametrize("said", REFUSALS)
def test_a_clear_no_holds(promise: Promise, said: facts.HttpAnswer) -> None:
    finding = refusing(promise, {"a stranger": said})
    assert verdict_of(finding) == (Verdict.HOLDS, f"a stranger: {said}")
    assert finding.expected.startswith("each refused")
    assert finding.expected.endswith(": HTTP 401, 403 or 422, or HTTP 200 with an inner refusal")


@both
@pytest.mark.parametrize("said", [answer(), outer(200, "welcome"), outer(204)])
def test_whoever_is_let_in_breaks_it_and_only_they_are_told(promise: Promise, said: facts.HttpAnswer) -> None:
    finding = refusing(promise, {"one": outer(401), "other": said, "third": outer(500)})
    assert verdict_of(finding) == (Verdict.BROKEN, f"other: {said}\nthird: {outer(500)}")
    assert finding.next_step.startswith("take the installation off the network: ")


@both
@pytest.mark.parametrize("said", ERRORS)
def test_an_error_is_no_refusal_and_lets_nobody_in(promise: Promise, said: facts.HttpAnswer) -> None:
    finding = refusing(promise, {"one": outer(401), "other": said, "third": unanswered()})
    assert verdict_of(finding) == (Verdict.BROKEN, f"other: {said}\nthird: {unanswered()}")
    assert finding.next_step == STEP


@both
def test_who_got_no_answer_was_neither_refused_nor_let_in(promise: Promise) -> None:
    finding = refusing(promise, {"one": outer(401), "other": unanswered()})
    assert verdict_of(finding) == (Verdict.UNKNOWN, f"other: {unanswered()}")


@both
def test_nothing_tried_is_no_refusal(promise: Promise) -> None:
    assert verdict_of(refusing(promise, {})) == (Verdict.UNKNOWN, "nothing was tried")


@pytest.mark.parametrize(
    "said",
    [
        inner(10600, data={"access_token": "x.y.z"}),
        outer(401, {"access_token": "x.y.z"}),
        outer(401, "no", headers=COOKIE),
    ],
)
def test_a_refusal_that_brings_a_token_is_none(said: facts.HttpAnswer) -> None:
    finding = conversation.refuses_wrong_passwords({"a wrong password": said})
    assert finding.verdict is Verdict.BROKEN
    assert finding.next_step == "take the installation off the network: anybody can log in as anybody"


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.builds(answer, status=st.integers(0, 599), inner=st.none() | st.sampled_from([200, 401, 500, 10600])),
    )
)
def test_strangers_are_refused_only_if_each_was(answers: dict[str, facts.HttpAnswer]) -> None:
    refused = [
        one.status in {401, 403, 422} or (one.status == 200 and one.inner in {401, 10600}) for one in answers.values()
    ]
    holds = conversation.refuses_strangers(answers).verdict is Verdict.HOLDS
    assert holds == (bool(refused) and all(refused))


def test_an_answer_through_the_stream_holds() -> None:
    assert str(conversation.answers(chat(), containing="hello")) == (
        "HOLDS: a message is answered through the stream\n"
        "  expected:   a streamed answer without error, containing 'hello'\n"
        "  actual:     POST /api/v1/completion: 200 in 0.02 s; 2 chunks, 'You said: hello'"
    )
    assert conversation.answers(chat()).expected == "a streamed answer without error"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"text": "", "chunk_seconds": ()}, "0 chunks, ''"),
        ({"text": " \n"}, "2 chunks, ' \\n'"),
        ({"text": "Something else"}, "2 chunks, 'Something else'"),
        ({"errors": ("The model does not answer",)}, "error in the stream: The model does not answer"),
        ({"answer": outer(500, "boom")}, "500 (boom)"),
        ({"answer": inner(500, "no model")}, "inner 500 (no model)"),
        ({"answer": unanswered(), "text": "", "chunk_seconds": ()}, "connection refused"),
    ],
)
def test_an_answer_that_is_none_is_broken(changes: dict[str, Any], cause: str) -> None:
    verdict, actual = verdict_of(conversation.answers(chat(**changes), containing="hello"))
    assert verdict is Verdict.BROKEN
    assert cause in actual


HELLO, REPLY = entry("user", "hello"), entry("assistant", "You said: hello")


def found(*texts: str) -> list[Message]:
    """Messages of user and assistant in turn."""
    return [Message(("user", "assistant")[place % 2], text) for place, text in enumerate(texts)]


def remembered(said: Sequence[Entry], messages: Sequence[Message]) -> tuple[Verdict, str]:
    return verdict_of(conversation.remembers(said, messages, answer()))


def test_a_history_that_is_what_was_said_holds() -> None:
    finding = conversation.remembers([HELLO, REPLY], found("hello ", "\nYou said: hello"), answer())
    assert str(finding) == (
        "HOLDS: the history reads back in the order it was written\n"
        "  expected:   2 messages: user: 'hello' · assistant: 'You said: hello'\n"
        "  actual:     2 messages: user: 'hello' · assistant: 'You said: hello'"
    )


@pytest.mark.parametrize(
    ("messages", "difference"),
    [
        ([], "message 1 is none, should be user: 'hello'"),
        (found("hello"), "message 2 is none, should be assistant: 'You said: hello'"),
        (found("hello", "You said: hello", "hello"), "message 3 is user: 'hello', should be none"),
        (found("hello", "You said: hel"), "message 2 is assistant: 'You said: hel', should be assistant: 'You said: h"),
        (found("hello", "You said: hello")[::-1], "message 1 is assistant: 'You said: hello', should be user: 'hello'"),
        ([Message("human", "hello"), *found("", "You said: hello")[1:]], "message 1 is human: 'hello', should be user"),
    ],
)
def test_a_history_that_lost_doubled_or_changed_something_is_broken_where_it_differs(
    messages: list[Message], difference: str
) -> None:
    verdict, actual = remembered([HELLO, REPLY], messages)
    assert verdict is Verdict.BROKEN
    assert actual.startswith(f"{len(messages)} messages: ")
    assert f"\nfirst difference: {difference}" in actual


def test_a_difference_late_in_a_long_history_is_shown() -> None:
    said = [entry(("user", "assistant")[number % 2], f"message {number}") for number in range(10)]
    messages = found(*(one.value for one in said))
    messages[8] = Message("user", "你好")
    verdict, actual = remembered(said, messages)
    assert verdict is Verdict.BROKEN
    assert actual == (
        "10 messages: user: 'message 0' · assistant: 'message 1' · user: 'message 2' · assistant: 'message 3'"
        " · user: 'message 4' · assistant: 'message 5' …\n"
        "first difference: message 9 is user: '你好', should be user: 'message 8'"
    )


def test_a_history_that_cannot_be_read_is_broken() -> None:
    said = outer(500, "boom")
    assert verdict_of(conversation.remembers([HELLO], found("hello"), said)) == (Verdict.BROKEN, str(said))


def test_what_nobody_answered_to_may_be_there_or_not() -> None:
    lost = entry("user", "lost?", Outcome.UNKNOWN)
    assert remembered([HELLO, REPLY, lost], found("hello", "You said: hello"))[0] is Verdict.HOLDS
    assert remembered([HELLO, REPLY, lost], found("hello", "You said: hello", "lost?"))[0] is Verdict.HOLDS
    assert remembered([lost, HELLO], found("hello"))[0] is Verdict.HOLDS
    assert remembered([HELLO, REPLY, lost], [*found("hello"), Message("user", "lost?")])[0] is Verdict.BROKEN


def test_what_was_refused_must_not_be_there() -> None:
    refused = entry("user", "hello", Outcome.REFUSED)
    assert remembered([HELLO, refused], found("hello"))[0] is Verdict.HOLDS
    assert remembered([HELLO, refused], found("hello")[:1] * 2)[0] is Verdict.BROKEN


@pytest.mark.parametrize("said", [[], [entry("user", "hello", Outcome.UNKNOWN)]])
@pytest.mark.parametrize("messages", [[], found("hello")])
def test_where_nothing_was_acknowledged_there_is_nothing_to_remember(
    said: list[Entry], messages: list[Message]
) -> None:
    assert remembered(said, messages) == (Verdict.UNKNOWN, "none was: there is nothing to remember")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(Outcome), st.booleans()), max_size=8))
def test_every_history_that_keeps_what_was_acknowledged_in_order_holds(
    written: list[tuple[str, Outcome, bool]],
) -> None:
    said = [entry("user", text, outcome) for text, outcome, _ in written]
    kept = [
        Message("user", text)
        for text, outcome, arrived in written
        if outcome is Outcome.ACKNOWLEDGED or (outcome is Outcome.UNKNOWN and arrived)
    ]
    acknowledged = [one for one in said if one.acknowledged]
    assert remembered(said, kept)[0] is (Verdict.HOLDS if acknowledged else Verdict.UNKNOWN)
    one_more = [*kept, Message("user", "c")]
    assert remembered(said, one_more)[0] is (Verdict.BROKEN if acknowledged else Verdict.UNKNOWN)


DELETED = answer(method="DELETE", url="http://127.0.0.1/api/v1/dialog")
LISTED = answer()


def forgotten(
    *,
    deleted: facts.HttpAnswer = DELETED,
    left: Sequence[Message] = (),
    listed: Sequence[Any] = (),
    history: facts.HttpAnswer = LISTED,
    listing: facts.HttpAnswer = LISTED,
) -> tuple[Verdict, str]:
    return verdict_of(conversation.forgets(deleted, left, listed, "7", history=history, listing=listing))


@pytest.mark.parametrize("history", [answer(), outer(404), inner(500, "no such dialog"), outer(500)])
def test_a_deleted_dialog_that_is_nowhere_is_gone(history: facts.HttpAnswer) -> None:
    assert forgotten(listed=["6", "77"], history=history) == (
        Verdict.HOLDS,
        "DELETE /api/v1/dialog: 200 in 0.02 s",
    )


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"left": found("hello", "You said: hello")}, "\n2 messages are still returned"),
        ({"listed": ["6", "7"]}, "\nthe list of dialogs still shows it"),
        ({"listed": [7]}, "\nthe list of dialogs still shows it"),
        ({"listed": ["7"], "history": unanswered()}, "\nthe list of dialogs still shows it"),
        ({"left": found("hello"), "listing": outer(500)}, "\n1 messages are still returned"),
        ({"deleted": inner(500, "locked", method="DELETE")}, "inner 500 (locked)"),
        ({"deleted": unanswered(method="DELETE"), "listing": unanswered()}, "connection refused"),
    ],
)
def test_a_deleted_dialog_that_is_still_somewhere_is_broken(seen: dict[str, Any], cause: str) -> None:
    verdict, actual = forgotten(**seen)
    assert verdict is Verdict.BROKEN
    assert cause in actual


@pytest.mark.parametrize(
    ("seen", "unseen"),
    [
        ({"history": unanswered()}, [unanswered()]),
        ({"listing": outer(500)}, [outer(500)]),
        ({"history": unanswered(), "listing": inner(500)}, [unanswered(), inner(500)]),
    ],
)
def test_where_nobody_could_look_a_dialog_is_not_gone(seen: dict[str, Any], unseen: list[facts.HttpAnswer]) -> None:
    assert forgotten(**seen) == (Verdict.UNKNOWN, "\n".join(["not seen:", *map(str, unseen)]))


def test_where_nobody_could_look_it_is_said_what_to_do() -> None:
    finding = conversation.forgets(DELETED, (), (), "7", history=LISTED, listing=outer(500, "locked"))
    assert str(finding) == (
        "UNKNOWN: a deleted dialog is gone\n"
        "  expected:   no dialog, no messages\n"
        "  actual:     not seen:\n"
        "              GET /api/v1/dialog/list: 500 (locked) in 0.02 s\n"
        "  next step:  read the backend's log at that time, and run again"
    )


SEEDS = [SeedRow("agent", "Helper", "0"), SeedRow("tool", "search", "0"), SeedRow("model", "gpt", "0")]


def seeded(rows: Sequence[SeedRow], *answers: facts.HttpAnswer) -> tuple[Verdict, str]:
    return verdict_of(conversation.seeded_once(rows, answers or (answer(),)))


def test_seeds_that_stand_once_hold() -> None:
    rows = [*SEEDS, SeedRow("agent", "Helper", "7"), SeedRow("tool", "Helper", "0")]
    assert str(conversation.seeded_once(rows, [answer()])) == (
        "HOLDS: agents, tools and models are seeded once\n"
        "  expected:   at least one agent, tool and model of the application's own, none of them twice\n"
        "  actual:     1 agents, 2 tools, 1 models"
    )


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([], "no agent\nno tool\nno model"),
        (SEEDS[:2], "no model"),
        (
            [*SEEDS, SEEDS[1], SEEDS[1], SEEDS[0]],
            "agent 'Helper' stands more than once\ntool 'search' stands more than",
        ),
        ([*SEEDS, SeedRow("tool", "", ""), SeedRow("tool", "", "")], "tool '' stands more than once"),
    ],
)
def test_seeds_that_are_missing_or_stand_twice_are_broken(rows: list[SeedRow], cause: str) -> None:
    verdict, actual = seeded(rows)
    assert verdict is Verdict.BROKEN
    assert actual.startswith(cause)


@pytest.mark.parametrize("said", [outer(500, "boom"), inner(500), unanswered()])
def test_seeds_that_cannot_be_listed_are_broken(said: facts.HttpAnswer) -> None:
    assert seeded(SEEDS, answer(), said) == (Verdict.BROKEN, str(said))
