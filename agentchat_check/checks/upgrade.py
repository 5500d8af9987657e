"""Does the release that was brought in do its work, and is there a way back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.checks import backup, durability
from agentchat_check.facts import ContractLook
from agentchat_check.findings import Finding, Promise, Verdict, few, worst
from agentchat_check.ledger import Entry

WORKS_AFTER = Promise(
    "upgrade.works_after",
    "every call of the contract works, and finds what was written before",
    "go back to the former release: `agentchat-check upgrade rollback`; then read the backend's log at that time",
)
SESSIONS_LIVE_ON = Promise(
    "upgrade.sessions_live_on",
    "passwords still open what they opened, and whoever was logged in still is, or the loss is stated",
    "keep JWT_SECRET_KEY and the cache's volume over the upgrade, or tell users that they have to log in again",
)
EXACT_IMAGES = Promise(
    "upgrade.exact_images",
    "every service runs the very image that is recorded",
    "name images by digest: a tag may mean something else tomorrow; `agentchat-check upgrade rollback` pins them",
)
SHORT_DOWNTIME = Promise(
    "upgrade.short_downtime",
    "users are served again soon",
    "upgrade at a quiet hour; let the images be here before, and the new release's health check look more often",
)
COMES_BACK = Promise(
    "upgrade.comes_back",
    "the former release works again after the newer one ran",
    "restore the backup that was taken before the upgrade: `agentchat-check upgrade rollback --lose-newer-writes`",
)
TOOK_OVER = Promise(
    "upgrade.took_over",
    "the new release comes up, works, and stays",
    "read why it was rolled back; the former release runs, and its data are as users left them",
)
FINISHES_OR_UNDOES = Promise(
    "upgrade.finishes_or_undoes",
    "an upgrade that is cut short is finished or undone by the next run",
    "see `agentchat-check upgrade status`; run it once more, or roll back",
)
REFUSED_UNTOUCHED = Promise(
    "upgrade.refused_untouched",
    "what may not be done is refused, and nothing is touched",
    "do not upgrade with this version: it would touch what it cannot bring back",
)
TELLS_THE_LOSS = Promise(
    "upgrade.tells_the_loss",
    "a rollback says what is lost of what was written since, before it loses it",
    "do not roll back with --lose-newer-writes; copy what was written since by hand",
)
GATE = Promise(
    "upgrade.gate",
    "the new release may take over",
    "the former release is to run again: `agentchat-check upgrade rollback`",
)


def works_after(look: ContractLook, subject: str, before: ContractLook | None = None) -> Finding:
    """Every call got what it asked for; one that was there before is there.

    Args:
        look: Every call, made once.
        subject: The releases, or which calls: ``ref-1 to ref-2``.
        before: The same calls before; a call that was left out then may be left out now.
    """
    promise = WORKS_AFTER.about(subject)
    made = len(look.replies)
    expected = f"{made} calls, by both codes, with what was written before"
    if not made:
        return promise.unknown(
            expected="calls", actual="none was made", next_step="see whether the backend answers: docker compose ps"
        )
    wrong = _broken(look)
    had = {reply.what for reply in before.replies} if before else set()
    wrong += [f"{name}: {why}; the former release has it" for name, why in look.left_out.items() if name in had]
    left = f"; left out: {'; '.join(f'{name} ({why})' for name, why in look.left_out.items())}" if look.left_out else ""
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or f"{made} calls, each did{left}")


def sessions_live_on(
    read: facts.HttpAnswer, log_ins: Mapping[str, facts.HttpAnswer], *, stated: str = "", subject: str
) -> Finding:
    """Every account logs in with its password, and the token of before is accepted; where not, the release says so.

    Args:
        read: A read with the token of before.
        log_ins: The answer to each account's log-in, by its name.
        stated: What the release states about sessions that end with the upgrade, or "".
        subject: The releases.
    """
    promise = SESSIONS_LIVE_ON.about(subject)
    expected = f"{len(log_ins)} log-ins with the passwords of before, and the token of before"
    token = durability.sessions_live(read, subject)
    unheard = [answer for answer in log_ins.values() if answer.error or answer.status >= _SERVER_ERROR]
    if token.verdict is Verdict.UNKNOWN or unheard or not log_ins:
        seen = [str(answer) for answer in unheard] or [token.actual if log_ins else "nobody logged in"]
        return promise.unknown(expected=expected, actual=few(seen), next_step="read the backend's log at that time")
    wrong = [f"{name} cannot log in: {answer}" for name, answer in log_ins.items() if not answer.ok]
    lost = token.verdict is Verdict.BROKEN
    wrong += [f"the token of before is refused: {token.actual}"] if lost and not stated else []
    note = f"; whoever was logged in has to log in again, as is stated: {stated}" if lost else ", and the token"
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or f"{len(log_ins)} log-ins{note}")


def exact_images(recorded: Sequence[facts.Image], running: Sequence[facts.Service], *, subject: str) -> Finding:
    """Each service runs the image whose id was recorded; that its name is the same proves nothing.

    Args:
        recorded: What is to run.
        running: What runs.
        subject: The release.
    """
    promise, expected = EXACT_IMAGES.about(subject), f"{len(recorded)} services, each with its image"
    nameless = [image.service for image in recorded if not image.id]
    if not recorded or nameless:
        return promise.unknown(
            expected="the id of each service's image",
            actual=f"not recorded for {', '.join(nameless)}" if nameless else "none was recorded",
            next_step="record what runs while it runs: `agentchat-check upgrade status`",
        )
    there = {service.name: service for service in running}
    wrong = []
    for image in recorded:
        service = there.get(image.service)
        if service is None:
            wrong.append(f"{image.service} does not run")
        elif service.image_id != image.id:
            moved = f"; {service.image} means something else now" if service.image == image.name else ""
            wrong.append(f"{image.service}: {_short(service.image_id)} instead of {_short(image.id)}{moved}")
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or "each, by its id")


def short_downtime(passage: facts.Passage, *, limit: float | None, subject: str) -> Finding:
    """Every kind of request is answered again at the end, and none went without an answer for longer than it may.

    Args:
        passage: What users saw.
        limit: Seconds that users may go without an answer; None where nobody set a limit, and the time is told only.
        subject: The releases.
    """
    promise = SHORT_DOWNTIME.about(subject)
    expected = "every request answered at the end" + (f", none for {limit:g} s without" if limit is not None else "")
    if not passage.asked:
        return promise.unknown(expected=expected, actual="nobody asked", next_step="upgrade while users write")
    told = f"{passage.failed} of {passage.asked} requests failed in {passage.seconds:.1f} s"
    told += f"; the longest time without an answer: {_longest(passage)}"
    late = limit is not None and passage.longest > limit
    wrong = [*(f"not answered at the end: {line}" for line in passage.left), *([told] if late else [])]
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or told)


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
    broken = _broken(first) if first else [way.obstacle or "nothing was asked"]
    if not way.restored:
        told = "each did: the data stay" if first else ""
        return promise.judge(
            not broken,
            expected="every call on the data as the newer release left them, or on the backup",
            actual="\n".join(["on the newer schema:", few(broken), "the backup was not restored"])
            if broken
            else f"{len(first.replies) if first else 0} calls on the newer schema, {told}",
        )
    after = _broken(last) if last else ["it was not asked after the restore"]
    why = ["on the newer schema, which is why the backup was restored:", few(broken)] if broken else []
    told = few(after) or "every call did"
    return promise.judge(
        not after, expected="every call on the backup", actual="\n".join([f"on the backup: {told}", *why])
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


def gate(findings: Sequence[Finding], *, subject: str) -> Finding:
    """Everything that has to hold before an upgrade counts as done does.

    Args:
        findings: What was judged.
        subject: The releases.
    """
    promise, expected = GATE.about(subject), f"{len(findings)} promises, each kept"
    open_ = [finding for finding in findings if finding.verdict is not Verdict.HOLDS]
    lines = [f"{one.verdict}: {one.promise}: {(one.actual.splitlines() or [''])[0]}" for one in open_]
    verdict = worst(finding.verdict for finding in findings)
    if verdict is Verdict.UNKNOWN:
        first = open_[0].next_step if open_ else "see why nothing was looked at"
        return promise.unknown(expected=expected, actual=few(lines) or "nothing was looked at", next_step=first)
    return promise.judge(verdict is Verdict.HOLDS, expected=expected, actual=few(lines) or "so it is")


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


def took_over(why: str, *, subject: str) -> Finding:
    """The new release came up, and every call worked; so it was not rolled back.

    Args:
        why: What it was rolled back for, or "".
        subject: The releases.
    """
    return TOOK_OVER.about(subject).judge(not why, expected="it is not rolled back", actual=why or "it was not")


_TABLES = {"account": "user", "dialog": "dialog", "user": "history", "assistant": "history", "file": "files"}
"""Where each kind of write ends."""

_SERVER_ERROR = 500
_ID = 12


def _broken(look: ContractLook) -> list[str]:
    return [str(reply) for reply in look.replies if not reply.done] if look.replies else ["no call was made"]


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:_ID] or "none"


def _longest(passage: facts.Passage) -> str:
    what = max(passage.downtime, key=passage.downtime.__getitem__, default="")
    return f"{passage.longest:.1f} s ({what})" if passage.longest else "none"
