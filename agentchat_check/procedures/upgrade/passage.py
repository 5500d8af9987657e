"""What users saw of an upgrade or a rollback, reckoned from what became of their requests."""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.facts import Reply
from agentchat_check.procedures.asking import Asker
from agentchat_check.procedures.meanwhile import Writers


def of(writers: Writers) -> facts.Passage:
    """Reckon how many requests failed, and how long nobody got an answer, for each kind of request by itself.

    A time without an answer is measured from question to question, so it is at most a round of them too long.

    Args:
        writers: Users who wrote all the time.
    """
    kinds: dict[str, list[Reply]] = {}
    for seen in list(writers.rounds):
        for reply in seen.replies:
            kinds.setdefault(reply.what, []).append(reply)
    askers: dict[str, Asker] = {}
    for what, replies in kinds.items():
        replies.sort(key=lambda reply: reply.answer.seen.monotonic)
        askers[what] = Asker()
        for reply in replies:
            askers[what].note(reply.answer.seen.monotonic, good=reply.done)
    everything = [reply.answer for replies in kinds.values() for reply in replies]
    begun = min((answer.seen.monotonic for answer in everything), default=0.0)
    ended = max((answer.seen.monotonic + answer.seconds for answer in everything), default=0.0)
    return facts.Passage(
        seconds=ended - begun,
        asked=len(everything),
        failed=sum(asker.failed for asker in askers.values()),
        downtime={what: asker.downtime() for what, asker in askers.items()},
        failures=tuple(
            str(next(reply for reply in replies if not reply.done))
            for what, replies in kinds.items()
            if askers[what].failed
        ),
        left=tuple(str(replies[-1]) for replies in kinds.values() if not replies[-1].done),
    )


def table(seen: facts.Passage) -> str:
    """How long each kind of request got no answer, and how the first of them failed."""
    lines = [f"{seen.failed} of {seen.asked} requests failed in {seen.seconds:.1f} s"]
    lines += [f"{what:<8}  {seconds:>5.1f} s without an answer" for what, seconds in sorted(seen.downtime.items())]
    return "\n".join([*lines, *seen.failures])
