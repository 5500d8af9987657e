"""Does the release that was brought in do its work, and is there a way back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.checks import durability
from agentchat_check.facts import ContractLook
from agentchat_check.findings import Finding, Promise, Verdict, few, worst

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
TOOK_OVER = Promise(
    "upgrade.took_over",
    "the new release comes up, works, and stays",
    "read why it was rolled back; the former release runs, and its data are as users left them",
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
    wrong = failing(look)
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


def gate(findings: Sequence[Finding], *, subject: str) -> Finding:
    """Everything that has to hold before an upgrade counts as done does.

    Args:
        findings: What was judged.
        subject: The releases.
    """
    promise, expected = GATE.about(subject), f"{len(findings)} promises, each kept"
    open_ = [finding for finding in findings if finding.verdict is not Verdict.HOLDS]
    lines = [
        f"{one.verdict}: {one.promise}: {'; '.join(few(one.actual.splitlines(), 3).splitlines())}" for one in open_
    ]
    verdict = worst(finding.verdict for finding in findings)
    if verdict is Verdict.UNKNOWN:
        first = open_[0].next_step if open_ else "see why nothing was looked at"
        return promise.unknown(expected=expected, actual=few(lines) or "nothing was looked at", next_step=first)
    return promise.judge(verdict is Verdict.HOLDS, expected=expected, actual=few(lines) or "so it is")


def took_over(why: str, *, subject: str) -> Finding:
    """The new release came up, and every call worked; so it was not rolled back.

    Args:
        why: What it was rolled back for, or "".
        subject: The releases.
    """
    return TOOK_OVER.about(subject).judge(not why, expected="it is not rolled back", actual=why or "it was not")


def failing(look: ContractLook) -> list[str]:
    """The calls that did not do what they were asked for, a line for each."""
    return [str(reply) for reply in look.replies if not reply.done] if look.replies else ["no call was made"]


_SERVER_ERROR = 500
_ID = 12


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:_ID] or "none"


def _longest(passage: facts.Passage) -> str:
    what = max(passage.downtime, key=passage.downtime.__getitem__, default="")
    return f"{passage.longest:.1f} s ({what})" if passage.longest else "none"
