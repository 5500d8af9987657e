"""Is what was written still there, and is what was not ours untouched?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise, few
from agentchat_check.ledger import Entry, Outcome

NO_TRACE = Promise(
    "durability.no_trace",
    "our visit left no trace",
    "remove the dialog named agentchat-check by hand, and report the rows above",
)
NOTHING_LOST = Promise(
    "durability.nothing_lost",
    "every acknowledged write is still there",
    "do not do this to an installation that is in use; copy its volumes first, and look where the missing rows were",
)
SESSIONS_LIVE = Promise(
    "durability.sessions_live",
    "whoever was logged in still is",
    "let the cache save at its end (no `save `), on a named volume at its data directory; keep JWT_SECRET_KEY",
)
SEEDED_ONCE = Promise(
    "durability.seeded_once",
    "a start on existing data seeds nothing again",
    "remove the rows named above that stand twice, and let the backend seed only what is not there",
)

OWN_ROWS = ("dialog", "history")
"""Tables whose rows of our own account must be as before, too: we make such rows and remove them again."""


def no_trace(before: facts.RowDigests, after: facts.RowDigests, user_id: str) -> Finding:
    """Nobody else's rows changed, and of ours no dialog and no message stayed.

    What the application notes of our account for itself (how much it used, say) cannot be removed through the API; it
    is told, and is no trace.

    Other people may be at work meanwhile: a change in rows of another account proves neither us nor them, so that
    verdict is UNKNOWN.

    Args:
        before: Digests before the visit.
        after: Digests after it.
        user_id: The account that visited.
    """
    expected = "every other row as before, no dialog and no message of ours"
    if not (before.groups and user_id):
        return NO_TRACE.unknown(
            expected=expected,
            actual="the database showed no rows" if user_id else "nobody knows whose rows are ours",
            next_step="look at the tables with the application's account, and at the answer to the log-in",
        )
    ours, others, noted = [], [], []
    for table, owner in sorted(before.groups.keys() | after.groups.keys()):
        was, is_ = before.groups.get((table, owner), (0, "")), after.groups.get((table, owner), (0, ""))
        if was == is_:
            continue
        change = f"{table}: {was[0]} rows before, {is_[0]} after" + (", contents differ" if was[0] == is_[0] else "")
        if owner == user_id and table not in OWN_ROWS:
            noted.append(f"noted of our account by the application: {change}")
        elif owner in {"", user_id}:
            ours.append(change)
        else:
            others.append(f"{change} (user {owner})")
    if others and not ours:
        return NO_TRACE.unknown(
            expected=expected,
            actual="\n".join(["others were at work:", *others]),
            next_step="run again at a quieter moment",
        )
    rows = sum(number for number, _ in after.groups.values())
    seen = ours + others or [f"{rows} rows, those of others and our dialogs as before"]
    return NO_TRACE.judge(not ours, expected=expected, actual="\n".join(seen + noted))


def nothing_lost(said: Sequence[Entry], found: facts.ReadBack, subject: str) -> Finding:
    """Every account, dialog, message and file that was acknowledged is returned, as it was written.

    Args:
        said: The writes, as the ledger has them.
        found: What the application returns.
        subject: What was done in between.
    """
    promise = NOTHING_LOST.about(subject)
    acknowledged = Counter(entry.kind for entry in said if entry.acknowledged)
    written = ", ".join(f"{number} {_KINDS.get(kind, kind)}" for kind, number in sorted(acknowledged.items()))
    looks = [*found.log_ins.values(), found.listing, *(answer for answer, _ in found.histories.values())]
    lost = list(_lost(said, found))
    if failed := [str(answer) for answer in looks if answer.error or answer.status >= _SERVER_ERROR]:
        return promise.unknown(
            expected=written,
            actual="\n".join(["could not be read back:", *failed[:_SHOWN]]),
            next_step="read the backend's log at that time",
        )
    if not acknowledged:
        return promise.unknown(
            expected="writes that were acknowledged",
            actual="none was: there is nothing to lose",
            next_step="see why no write succeeds: run suites/smoke",
        )
    return promise.judge(not lost, expected=written, actual=few(lost, _SHOWN) or "all of it")


def sessions_live(read: facts.HttpAnswer, subject: str, *, forgetful: bool = False) -> Finding:
    """The token of before still opens what it opened.

    A cache that was killed and keeps no log of its writes may have forgotten its last ones. That is what the
    deployment chose; it is told.

    Args:
        read: A read with the token of before.
        subject: What was done in between.
        forgetful: Whether the cache was killed and, as it is configured, may have forgotten who was logged in.
    """
    promise, expected = SESSIONS_LIVE.about(subject), "the token of before is accepted"
    refused = bool({read.status, read.inner} & {401, 403})
    if not (read.ok or refused):
        return promise.unknown(expected=expected, actual=str(read), next_step="read the backend's log at that time")
    note = "; the cache keeps no log of its writes, and forgot at its end who was logged in" if refused else ""
    return promise.judge(read.ok or forgetful, expected=expected, actual=f"{read}{note if forgetful else ''}")


def seeded_once(
    before: Sequence[facts.SeedRow], after: Sequence[facts.SeedRow], answers: Sequence[facts.HttpAnswer], subject: str
) -> Finding:
    """Agents, tools and models are listed as before: none came a second time, none is gone.

    Args:
        before: What was listed before.
        after: What is listed now.
        answers: The requests that listed either.
        subject: What was done in between.
    """
    promise, expected = SEEDED_ONCE.about(subject), f"the {len(before)} agents, tools and models of before"
    if failed := [str(answer) for answer in answers if not answer.ok]:
        return promise.unknown(
            expected=expected, actual="\n".join(failed), next_step="read the backend's log at that time"
        )
    was, is_ = Counter(before), Counter(after)
    changes = [f"{row.kind} {row.name!r}: {was[row]} before, {is_[row]} after" for row in {**was, **is_}]
    changes = [change for change, row in zip(changes, {**was, **is_}, strict=True) if was[row] != is_[row]]
    return promise.judge(not changes, expected=expected, actual=few(changes, _SHOWN) or "the same, each as often")


_KINDS = {"account": "accounts", "assistant": "answers", "dialog": "dialogs", "file": "files", "user": "messages"}
_SERVER_ERROR = 500
_SHOWN = 5


def _lost(said: Sequence[Entry], found: facts.ReadBack) -> Iterator[str]:
    """What was acknowledged and is not returned."""
    for entry in said:
        if not entry.acknowledged:
            continue
        if entry.kind == "dialog" and entry.value not in found.dialogs:
            yield f"the dialog {entry.value} is not listed"
        if entry.kind == "file" and found.files.get(entry.key) != entry.value:
            yield f"the file {entry.key} is not returned, or not as it was"
    never_there = {entry.value for entry in said if entry.kind == "account" and not entry.acknowledged}
    for name, log_in in found.log_ins.items():
        if not log_in.ok and name not in never_there:
            yield f"the account {name} cannot log in: {log_in}"
    for dialog_id, (answer, messages) in found.histories.items():
        spoken = [entry for entry in said if entry.key == dialog_id]
        yield from (f"in the dialog {dialog_id}: {change}" for change in _changes(spoken, answer, messages))


def _changes(said: Sequence[Entry], answer: facts.HttpAnswer, messages: Sequence[facts.Message]) -> Iterator[str]:
    """Messages that are gone, or that stand more often than they were written.

    Their order is not looked at: AgentChat's releases return messages of one second in any, restarted or not.
    """
    if not answer.ok and any(entry.acknowledged for entry in said):
        yield str(answer)
        return
    found = Counter((message.role, message.content.strip()) for message in messages)
    attempted = Counter((entry.kind, entry.value.strip()) for entry in said if entry.outcome is not Outcome.REFUSED)
    wanted = Counter((entry.kind, entry.value.strip()) for entry in said if entry.acknowledged)
    for role, content in attempted:
        seen = found[role, content]
        if not wanted[role, content] <= seen <= attempted[role, content]:
            yield f"{role}: {content[:80]!r} is there {seen} times, was written {wanted[role, content]} times"
