"""Is nothing done that cannot be undone: is there a way back, and is what it costs said before?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.checks import backup, upgrade
from agentchat_check.findings import Finding, Promise, few
from agentchat_check.ledger import Entry

COMES_BACK = Promise(
    "undoing.comes_back",
    "the former release works again after the newer one ran",
    "restore the backup that was taken before the upgrade: `agentchat-check upgrade rollback --lose-newer-writes`",
)
FINISHES_OR_UNDOES = Promise(
    "undoing.finishes_or_undoes",
    "an upgrade that is cut short is finished or undone by the next run",
    "see `agentchat-check upgrade status`; run it once more, or roll back",
)
REFUSED_UNTOUCHED = Promise(
    "undoing.refused_untouched",
    "what may not be done is refused, and nothing is touched",
    "do not upgrade with this version: it would touch what it cannot bring back",
)
TELLS_THE_LOSS = Promise(
    "undoing.tells_the_loss",
    "a rollback says what is lost of what was written since, before it loses it",
    "do not roll back with --lose-newer-writes; copy what was written since by hand",
)


def comes_back(way: facts.WayBack, *, subject: str) -> Finding:
    """The former release does every call on the data as they were left, or on the backup that was restored for it.

    Args:
        way: What was seen of it.
        subject: The releases.
    """
    promise = COMES_BACK.about(subject)
    first, last = way.on_new_schema, way.at_last
    if first is None and last is None and not way.obstacle:
        return promise.unknown(
            expected="every call of the former release",
            actual="it was not run again",
            next_step="see why the rollback did not begin",
        )
    broken = upgrade.failing(first) if first else [way.obstacle or "nothing was asked"]
    if not way.restored:
        told = "each did: the data stay" if first else ""
        return promise.judge(
            not broken,
            expected="every call on the data as the newer release left them, or on the backup",
            actual="\n".join(["on the newer schema:", few(broken), "the backup was not restored"])
            if broken
            else f"{len(first.replies) if first else 0} calls on the newer schema, {told}",
        )
    after = upgrade.failing(last) if last else ["it was not asked after the restore"]
    why = ["on the newer schema, which is why the backup was restored:", few(broken)] if broken else []
    told = few(after) or "every call did"
    return promise.judge(
        not after, expected="every call on the backup", actual="\n".join([f"on the backup: {told}", *why])
    )


def tells_the_loss(said: str, since: Sequence[Entry], *, restored: bool, subject: str) -> Finding:
    """Where the backup was put back, every table that loses something acknowledged was named before.

    Args:
        said: What the rollback stopped for and asked; "" where it went through.
        since: The writes since the backup, as the ledger has them.
        restored: Whether the backup was put back.
        subject: The releases.
    """
    promise = TELLS_THE_LOSS.about(subject)
    written = {_TABLES[entry.kind] for entry in since if entry.acknowledged and entry.kind in _TABLES}
    if restored and not written:
        return promise.unknown(
            expected="writes since the backup", actual="none was acknowledged", next_step="see why nobody could write"
        )
    unsaid = [f"{table} is not named" for table in sorted(written) if restored and f"{table}: " not in said]
    fine = "they were" if restored else "it loses nothing: the data stay"
    return promise.judge(
        not unsaid,
        expected=f"{', '.join(sorted(written))}, named before they are lost" if restored else "what it loses, before",
        actual="\n".join([few(unsaid), f"it said: {said or 'nothing'}"]) if unsaid else fine,
    )


def finishes_or_undoes(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that it was cut short there was nothing amiss after the next run: one release, whole, with all writes.

    Args:
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
    """
    return backup.judged_cut_short(FINISHES_OR_UNDOES, found, good="one release or the other, whole")


def refused_untouched(
    attempts: Mapping[str, str], *, before: Sequence[facts.Service], after: Sequence[facts.Service]
) -> Finding:
    """Each attempt was refused with a reason, and every container is the one that it was, and never stopped.

    Args:
        attempts: The reason by what was tried; "" where it was done.
        before: The services before.
        after: The services after.
    """
    if not attempts:
        return REFUSED_UNTOUCHED.unknown(
            expected="attempts", actual="none was made", next_step="see whether the installation runs"
        )
    wrong = [f"done: {what}" for what, reason in attempts.items() if not reason]
    was, is_ = ({one.name: (one.container, one.started) for one in services} for services in (before, after))
    for name in sorted(was.keys() | is_.keys()):
        if was.get(name) != is_.get(name):
            same = name in was and name in is_ and was[name][0] == is_[name][0]
            wrong.append(f"{name} was {'started again' if same else 'made anew, or removed'}")
    expected = f"{len(attempts)} attempts, each refused, and every container as it was"
    return REFUSED_UNTOUCHED.judge(not wrong, expected=expected, actual=few(wrong) or "so it is")


_TABLES = {"account": "user", "dialog": "dialog", "user": "history", "assistant": "history", "file": "files"}
"""Where each kind of write ends."""
