"""Is what was written still there, and is what was not ours untouched?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

NO_TRACE = Promise(
    "durability.no_trace",
    "our visit left no trace",
    "remove the dialog named agentchat-check by hand, and report the rows above",
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
