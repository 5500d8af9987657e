"""Can a secret be changed, and is the old one worth nothing then?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

ROTATES = Promise(
    "rotation.rotates",
    "a secret is changed, and everything goes on with the new one",
    "put the old one back in the env file, and where it was changed besides; then `docker compose up --detach`",
)
RETIRES = Promise(
    "rotation.retires",
    "a secret that was changed opens nothing any more",
    "end the old one where it is kept: ALTER USER … DISCARD OLD PASSWORD, or restart what still takes it",
)
KEEPS = Promise(
    "rotation.keeps",
    "what was stored before a secret was changed is there afterwards",
    "do not rotate before there is a backup; look whether the volumes that are named in the compose file are mounted",
)


def rotates(rotation: facts.Rotation) -> Finding:
    """The change can be made, users are served again, and the new secret is taken."""
    promise, expected = ROTATES.about(rotation.what), "good answers again, and the new one accepted"
    if rotation.obstacle:
        step = "let the backend read it from a variable of the env file, and from nowhere else; then change it there"
        return promise.judge(kept=False, expected=expected, actual=rotation.obstacle, next_step=step)
    refused = [f"with the new one, {what}: {seen}" for what, seen in (rotation.with_new or {}).items() if not _in(seen)]
    silent = [] if rotation.came_back else ["no good answer came any more"]
    return promise.judge(
        not silent + refused, expected=expected, actual="\n".join(silent + refused) or noticed(rotation)
    )


def retires(rotation: facts.Rotation) -> Finding:
    """Nothing takes the old secret."""
    promise, expected = RETIRES.about(rotation.what), "the old one refused"
    tried = rotation.with_old or {}
    let_in = [f"with the old one, {what}: {seen}" for what, seen in tried.items() if _in(seen)]
    silent = [f"{what}: {seen}" for what, seen in tried.items() if _says_nothing(seen)]
    if not let_in and (silent or not tried):
        return _unknown(promise, rotation, expected, "\n".join(silent))
    return promise.judge(
        not let_in, expected=expected, actual="\n".join(let_in or [f"{what}: {seen}" for what, seen in tried.items()])
    )


def keeps(rotation: facts.Rotation) -> Finding:
    """The volumes are the same, and every row is there as it was."""
    promise, expected = KEEPS.about(rotation.what), "the same volumes, and every row as it was"
    if rotation.obstacle:
        return _unknown(promise, rotation, expected, "")
    lost = [] if rotation.volumes_kept else ["a container has other volumes than before"]
    lost += [] if rotation.rows_kept else ["rows that were there before are not, or are others"]
    return promise.judge(not lost, expected=expected, actual="\n".join(lost) or "they are")


def _in(seen: facts.LogIn | facts.HttpAnswer) -> bool:
    return seen.accepted if isinstance(seen, facts.LogIn) else seen.ok


def _says_nothing(seen: facts.LogIn | facts.HttpAnswer) -> bool:
    """Whether an attempt was neither let in nor refused."""
    return isinstance(seen, facts.HttpAnswer) and (bool(seen.error) or seen.status >= 500)  # noqa: PLR2004 - HTTP's own


def noticed(rotation: facts.Rotation) -> str:
    """What the users noticed of it, in a line."""
    if rotation.obstacle:
        return "it was not changed"
    return (
        f"users went without an answer for {rotation.downtime:.1f} s ({rotation.failed} of {rotation.asked} requests)"
    )


def _unknown(promise: Promise, rotation: facts.Rotation, expected: str, why: str) -> Finding:
    return promise.unknown(
        expected=expected,
        actual=why or rotation.obstacle or "nothing was tried with it",
        next_step="change the secret by hand, and try the old one",
    )
