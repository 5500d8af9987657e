"""Can people get in, and only they; can they talk, and find what was said?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise
from agentchat_check.ledger import Entry, Outcome

REGISTERS = Promise(
    "conversation.registers",
    "a new user can register",
    "read the backend's log at the time of the request: docker compose logs backend",
)
LOGS_IN = Promise(
    "conversation.logs_in",
    "a user can log in and is recognised",
    "check the account, then the backend's log and its JWT_SECRET_KEY",
)
REFUSES_WRONG_PASSWORDS = Promise(
    "conversation.refuses_wrong_passwords",
    "a wrong password is refused",
    "take the installation off the network: anybody can log in as anybody",
)
REFUSES_STRANGERS = Promise(
    "conversation.refuses_strangers",
    "requests without a valid token are refused",
    "take the installation off the network: data can be read without logging in",
)
ANSWERS = Promise(
    "conversation.answers",
    "a message is answered through the stream",
    "look at the agent's model row (address, key) and at the model service, then at the backend's log",
)
REMEMBERS = Promise(
    "conversation.remembers",
    "the history reads back in the order it was written",
    "compare the table history with the answer of GET /api/v1/history",
)
FORGETS = Promise(
    "conversation.forgets",
    "a deleted dialog is gone",
    "look for the dialog's rows in the tables dialog and history",
)
SEEDED_ONCE = Promise(
    "conversation.seeded_once",
    "agents, tools and models are seeded once",
    "compare the tables agent, tool and llm with the release's list; remove what stands twice",
)

SYSTEM_USER = "0"
"""The user that the rows of AgentChat's own belong to; nobody can log in as it."""

EXCUSES = ("您的问题触及到我的知识盲区",)
"""How AgentChat begins what it streams when its model cannot be reached, as if that were an answer (2.2 to 2.5)."""


def registers(answer: facts.HttpAnswer) -> Finding:
    """Registering succeeds by both codes."""
    return REGISTERS.judge(answer.ok, expected="HTTP 200 and inner 200", actual=str(answer))


def logs_in(log_in: facts.HttpAnswer, own: facts.HttpAnswer) -> Finding:
    """Logging in gives a token, and the token opens the user's own list of dialogs."""
    token = bool((log_in.data or {}).get("access_token")) if isinstance(log_in.data, dict) else False
    return LOGS_IN.judge(
        log_in.ok and token and own.ok,
        expected="a token, and a request with it accepted",
        actual=f"{log_in}{'' if token else ', without a token'}\nwith the token: {own}",
    )


def refuses_wrong_passwords(answers: Mapping[str, facts.HttpAnswer]) -> Finding:
    """No wrong password lets anyone in; an error is no refusal either.

    Args:
        answers: The answer to each attempt, by what was wrong with it.
    """
    let_in = {what for what, answer in answers.items() if answer.ok or _gives_token(answer)}
    return _refused(REFUSES_WRONG_PASSWORDS, answers, let_in, expected=f"each refused, none with a token: {_REFUSAL}")


def refuses_strangers(answers: Mapping[str, facts.HttpAnswer]) -> Finding:
    """Neither no token nor a false one opens anything.

    Args:
        answers: The answer to each attempt, by what was tried.
    """
    let_in = {what for what, answer in answers.items() if answer.ok}
    return _refused(REFUSES_STRANGERS, answers, let_in, expected=f"each refused: {_REFUSAL}")


def answers(chat: facts.ChatAnswer, *, containing: str = "") -> Finding:
    """A message is answered through the stream, by the model and without an error in it.

    Args:
        chat: The streamed answer.
        containing: What a model whose answers are known has to say; "" for a real one.
    """
    excuse = next((text for text in EXCUSES if text in chat.text), "")
    streamed = bool(chat.text.strip()) and not chat.errors and not excuse and containing in chat.text
    wanted = f", containing {containing!r}" if containing else ""
    return ANSWERS.judge(
        chat.answer.ok and streamed,
        expected=f"a streamed answer without error{wanted}",
        actual=f"{chat}{'; that is what it says when the model gave no answer' if excuse else ''}",
    )


def remembers(said: Sequence[Entry], found: Sequence[facts.Message], answer: facts.HttpAnswer) -> Finding:
    """What was acknowledged is all there, once, in order; of what nobody answered to, some or nothing.

    Args:
        said: The messages of the dialog as the ledger has them.
        found: The history, as returned.
        answer: The request that returned it.
    """
    wanted = [_message(entry) for entry in said if entry.acknowledged]
    seen = [facts.Message(message.role, message.content.strip()) for message in found]
    if not wanted:
        return REMEMBERS.unknown(
            expected="messages that were acknowledged",
            actual="none was: there is nothing to remember",
            next_step=f"see why: {ANSWERS.next_step}",
        )
    kept = answer.ok and _follows(seen, said)
    actual = f"{len(seen)} messages: {_talk(seen)}" if answer.ok else str(answer)
    if answer.ok and not kept:
        actual += f"\nfirst difference: {_first_difference(seen, wanted)}"
    return REMEMBERS.judge(kept, expected=f"{len(wanted)} messages: {_talk(wanted)}", actual=actual)


def forgets(
    deleted: facts.HttpAnswer,
    left: Sequence[facts.Message],
    listed: Sequence[str],
    dialog_id: str,
    *,
    history: facts.HttpAnswer,
    listing: facts.HttpAnswer,
) -> Finding:
    """After a delete neither the dialog nor its messages are returned.

    Args:
        deleted: The answer to the delete.
        left: The messages that are returned after it.
        listed: The ids of the dialogs that are listed after it.
        dialog_id: The dialog.
        history: The request that returned the messages; that it is refused now is as good as none.
        listing: The request that listed the dialogs.
    """
    expected = "no dialog, no messages"
    remains = [f"{len(left)} messages are still returned"] if left else []
    remains += ["the list of dialogs still shows it"] if dialog_id in map(str, listed) else []
    unseen = [str(look) for look, seen in ((history, not history.error), (listing, listing.ok)) if not seen]
    if deleted.ok and unseen and not remains:
        return FORGETS.unknown(
            expected=expected,
            actual="\n".join(["not seen:", *unseen]),
            next_step="read the backend's log at that time, and run again",
        )
    return FORGETS.judge(deleted.ok and not remains, expected=expected, actual="\n".join([str(deleted), *remains]))


def seeded_once(rows: Sequence[facts.SeedRow], answers: Sequence[facts.HttpAnswer]) -> Finding:
    """The application brought agents, tools and models, and none of them twice; what users made is theirs.

    Args:
        rows: What the API lists.
        answers: The requests that listed it.
    """
    failed = [str(answer) for answer in answers if not answer.ok]
    kinds = ("agent", "tool", "model")
    seeds = [row for row in rows if row.owner in {SYSTEM_USER, ""}]
    count = {kind: sum(row.kind == kind for row in seeds) for kind in kinds}
    twice = sorted({f"{row.kind} {row.name!r}" for row in seeds if seeds.count(row) > 1})
    missing = [f"no {kind}" for kind in kinds if not count[kind]]
    faults = failed + missing + [f"{name} stands more than once" for name in twice]
    return SEEDED_ONCE.judge(
        not faults,
        expected="at least one agent, tool and model of the application's own, none of them twice",
        actual="\n".join(faults) or ", ".join(f"{number} {kind}s" for kind, number in count.items()),
    )


_REFUSALS = (401, 403, 422)
_REFUSAL = "HTTP 401, 403 or 422, or HTTP 200 with an inner refusal"
_WRONG_PASSWORD = 10600


def _refused(promise: Promise, answers: Mapping[str, facts.HttpAnswer], let_in: set[str], *, expected: str) -> Finding:
    """Each attempt was refused; one that got no answer proves nothing, one that got an error lets nobody in."""
    astray = {what: answer for what, answer in answers.items() if what in let_in or not _is_refusal(answer)}
    actual = "\n".join(f"{what}: {answer}" for what, answer in (astray or answers).items())
    step = "read the backend's log at that time: it neither refused nor let in"
    if all(answer.error for answer in (astray or answers).values()):
        return promise.unknown(expected=expected, actual=actual or "nothing was tried", next_step=step)
    return promise.judge(not astray, expected=expected, actual=actual, next_step="" if let_in else step)


def _is_refusal(answer: facts.HttpAnswer) -> bool:
    """A clear no, by the outer or the inner code; an error of the server is none."""
    if answer.status in _REFUSALS:
        return True
    return answer.status == 200 and answer.inner in {*_REFUSALS, _WRONG_PASSWORD}  # noqa: PLR2004 - HTTP's own number


def _gives_token(answer: facts.HttpAnswer) -> bool:
    return "access_token" in str(answer.body) or "access_token_cookie" in answer.headers.get("set-cookie", "")


def _message(entry: Entry) -> facts.Message:
    return facts.Message(entry.kind, entry.value.strip())


def _follows(seen: Sequence[facts.Message], said: Sequence[Entry]) -> bool:
    """Whether a history is what was said, in order: all that was acknowledged, none that was refused."""
    places = {0}  # how much of the history may be accounted for so far
    for entry in said:
        after = {place + 1 for place in places if place < len(seen) and seen[place] == _message(entry)}
        if entry.acknowledged:
            places = after
        elif entry.outcome is Outcome.UNKNOWN:
            places |= after
    return len(seen) in places


def _first_difference(seen: Sequence[facts.Message], wanted: Sequence[facts.Message]) -> str:
    """Where a history departs from what was said; they are told by their beginnings, and those may be the same."""
    pairs = enumerate(zip_longest(seen, wanted), start=1)
    return next(
        f"message {place} is {_whole(is_)}, should be {_whole(should)}"
        for place, (is_, should) in pairs
        if is_ != should
    )


def _whole(message: facts.Message | None) -> str:
    return f"{message.role}: {message.content[:200]!r}" if message else "none"


def _talk(messages: Sequence[facts.Message]) -> str:
    shown = [f"{message.role}: {message.content[:40]!r}" for message in messages[:6]]
    return " · ".join(shown) + (" …" if len(messages) > len(shown) else "")
