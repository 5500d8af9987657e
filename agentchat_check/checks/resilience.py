"""Does the application say the truth, answer in time and come back, when what it depends on is in trouble?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.checks import health
from agentchat_check.facts import Ordeal, Reply, Round, Trouble
from agentchat_check.findings import Finding, Promise, few

LAST_WAIT = 0.95
"""Share of the time limit from which a request without an answer counts as one that hung."""

TELLS_THE_TRUTH = Promise(
    "resilience.tells_the_truth",
    "health tells the truth when a dependency is in trouble",
    "do not let anything route or alarm by /health alone: watch a log-in and a read, too",
)
ANSWERS_HONESTLY = Promise(
    "resilience.answers_honestly",
    "requests get what they ask for or an honest error, in time, when a dependency is in trouble",
    "give the backend's connections to that service a time limit, and let their failures be errors (HTTP 503)",
)
TOKENS_STAY_VALID = Promise(
    "resilience.tokens_stay_valid",
    "nobody is taken for logged out when a dependency is in trouble",
    "let the backend answer 503 where it cannot look a token up: after a 401 the page throws the log-in away",
)
RECOVERS = Promise(
    "resilience.recovers",
    "the application works again by itself once its dependency does",
    "restart the backend: docker compose restart backend; then see whether its connections are tried again",
)

_NOT_LOOKED = "see what kept us from it, and run again with the same --plan-seed"
_SHOWN = 4


def of(ordeal: Ordeal) -> tuple[Finding, ...]:
    """Every promise, judged on one ordeal."""
    checks = (tells_the_truth, answers_honestly, tokens_stay_valid, recovers)
    return tuple(check(ordeal) for check in checks)


def tells_the_truth(ordeal: Ordeal) -> Finding:
    """Health says OK exactly when everything works: at the end of the trouble, and at the end of it all.

    No answer at all is not OK to whoever watches; that it is late, another check says. While something comes and goes
    health may be a moment behind, so only what has settled is judged.
    """
    expected = "not OK while something fails, OK when everything works"
    settled = [] if ordeal.trouble is Trouble.KILLED_AND_BACK else ["during"]
    looks = {"during": ordeal.during[-1:], "after": ordeal.after[-1:]}
    wrong = [
        f"{when}: it says {'OK' if health.says_ok(seen.health) else 'not OK'} ({seen.health})\n{_lines(seen)}"
        for when in [*settled, "after"]
        for seen in looks[when]
        if health.says_ok(seen.health) != seen.works
    ]
    if not ordeal.after:
        return _not_looked(TELLS_THE_TRUTH, ordeal, expected)
    said = "; ".join(f"{when}: {seen.health}" for when, last in looks.items() for seen in last)
    return TELLS_THE_TRUTH.about(ordeal.subject).judge(not wrong, expected=expected, actual="\n".join(wrong) or said)


def answers_honestly(ordeal: Ordeal) -> Finding:
    """Whatever was asked was done, or refused with an error, within the time limit; nothing hung, nothing was hollow.

    A backend that has not begun to serve may be out of reach, as whatever stands before it tells; it may not hang.
    """
    expected = f"success or an error within {ordeal.limit:g} s each"
    if not ordeal.rounds:
        return _not_looked(ANSWERS_HONESTLY, ordeal, expected)
    replies = [reply for seen in ordeal.rounds for reply in (facts.Reply("health", seen.health), *seen.replies)]
    wrong = [str(reply) for reply in replies if not _is_honest(reply, ordeal)]
    slowest = max(replies, key=lambda reply: reply.answer.seconds)
    fine = f"{len(replies)} requests, none that hung; the slowest: {slowest}"
    return ANSWERS_HONESTLY.about(ordeal.subject).judge(not wrong, expected=expected, actual=few(wrong, _SHOWN) or fine)


def tokens_stay_valid(ordeal: Ordeal) -> Finding:
    """A token that was good is never refused, nor a right password called wrong: not during the trouble, not after it.

    What is killed and writes no log of its own may forget who was logged in; that is what the deployment chose, and it
    is told.
    """
    expected = "no 401, no 403 and no wrong password for somebody who has a right to come in"
    if not ordeal.rounds:
        return _not_looked(TOKENS_STAY_VALID, ordeal, expected)
    excused = ordeal.rounds if ordeal.trouble is Trouble.KILLED_AND_BACK else ordeal.after
    strict = [seen for seen in ordeal.rounds if not ordeal.forgetful or seen not in excused]
    wrong = [line for seen in strict for line in _refusals(seen)]
    lost = ordeal.forgetful and any(map(_refusals, excused))
    note = f"none by mistake; {ordeal.dependency} keeps no log of its writes, and forgot at its end who was logged in"
    return TOKENS_STAY_VALID.about(ordeal.subject).judge(
        not wrong,
        expected=expected,
        actual=few(wrong, _SHOWN) or (note if lost else f"none in {len(ordeal.rounds)} rounds of requests"),
    )


def recovers(ordeal: Ordeal) -> Finding:
    """Everything works again soon after the dependency does, and nobody had to start the backend again.

    A backend that was started before its dependency was there may end, and be started again by its restart policy.
    """
    expected = f"everything works within {ordeal.patience:g} s, without a restart of the backend"
    before, after = ordeal.backend_before, ordeal.backend_after
    if before is None or after is None:
        return _not_looked(RECOVERS, ordeal, expected)
    again = (before.container, before.started) != (after.container, after.started)
    again = again and ordeal.trouble is not Trouble.LATE
    actual = [f"after {ordeal.recovered:.1f} s"] if ordeal.recovered is not None else []
    if ordeal.recovered is None:
        actual += [f"not after {ordeal.patience:g} s; {after}", *map(_lines, ordeal.after[-1:])]
    actual += [f"the backend was started again: {after}"] if again else []
    return RECOVERS.about(ordeal.subject).judge(
        ordeal.recovered is not None and not again, expected=expected, actual="\n".join(actual)
    )


def _not_looked(promise: Promise, ordeal: Ordeal, expected: str) -> Finding:
    actual = ordeal.obstacle or "nothing was asked"
    return promise.about(ordeal.subject).unknown(expected=expected, actual=actual, next_step=_NOT_LOOKED)


def _is_honest(reply: Reply, ordeal: Ordeal) -> bool:
    answer = reply.answer
    hung = answer.seconds > ordeal.limit or (answer.error and answer.seconds >= LAST_WAIT * ordeal.limit)
    if hung or answer.error:
        return not hung and ordeal.trouble is Trouble.LATE
    return not (answer.ok and reply.missing)


_REFUSALS = (401, 403)
_WRONG_PASSWORD = 10600


def _refusals(seen: Round) -> list[str]:
    """Replies that take somebody who may come in for somebody who may not."""
    refused = []
    for reply in seen.replies:
        codes = {reply.answer.status, reply.answer.inner}
        if codes & set(_REFUSALS) or (reply.what == "log in" and _WRONG_PASSWORD in codes):
            refused.append(str(reply))
    return refused


def _lines(seen: Round) -> str:
    return "\n".join(map(str, seen.replies))
