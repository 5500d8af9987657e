"""Is every service there, is it well, and does it say so truly?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

HEALTH_SECONDS = 1.0
"""The manual's alarm for a response; a health check that takes longer is no use to anyone who waits for it."""

ALL_RUN = Promise(
    "health.all_run",
    "every service runs and is healthy",
    "read the log of the service named above: docker compose logs SERVICE",
)
UNDISTURBED = Promise(
    "health.undisturbed",
    "no service was restarted or ran out of memory",
    "find out why it ended: docker compose logs SERVICE, and compare its memory with its limit",
)
TELLS_THE_TRUTH = Promise(
    "health.tells_the_truth",
    "what /health says agrees with a real read and write",
    "do not rely on /health: watch a log-in or a read instead, and look at the database and the cache",
)
ANSWERS_IN_TIME = Promise(
    "health.answers_in_time",
    "the health endpoint answers within 1 s",
    "look at what the backend waits for: the database and the cache first",
)


def all_run(services: Sequence[facts.Service]) -> Finding:
    """Every container of the project is where it should be."""
    astray = [service for service in services if not service.settled]
    detail = "\n".join(f"{s}{_said(s)}" for s in astray)
    return ALL_RUN.judge(
        bool(services) and not astray,
        expected="every service running and, where it has a health check, healthy",
        actual=detail or ", ".join(map(str, services)) or "the project has no containers",
    )


def undisturbed(
    before: Sequence[facts.Service], after: Sequence[facts.Service], oom_kills: Mapping[str, int]
) -> Finding:
    """Since they were made, and while we looked, nothing was restarted, replaced or killed for memory.

    Args:
        before: The services at the beginning of the run.
        after: The same at its end.
        oom_kills: Processes killed for memory, by service, as their cgroups counted them.
    """
    earlier = {service.container: service for service in before}
    new = {service.name for service in after if service.container not in earlier}
    left = {service.container for service in after}
    events = []
    for service in after:
        if service.oom_killed or oom_kills.get(service.name):
            events.append(f"{service.name}: killed for memory")
        if service.restarts:
            events.append(f"{service.name}: restarted {service.restarts} times since it was made")
        known = earlier.get(service.container)
        if known and known.started != service.started and not service.restarts:
            events.append(f"{service.name}: started again during the run")
    for service in before:
        if service.container not in left:
            how = "replaced by another container during" if service.name in new else "gone since the beginning of"
            events.append(f"{service.name}: {how} the run")
    expected = "no restart, no process killed for memory"
    if not before and not events:
        return UNDISTURBED.unknown(
            expected=expected,
            actual="there was no container at the beginning of the run",
            next_step=ALL_RUN.next_step,
        )
    return UNDISTURBED.judge(not events, expected=expected, actual="\n".join(events) or "none")


def tells_the_truth(health: facts.HttpAnswer, read: facts.HttpAnswer, write: facts.HttpAnswer) -> Finding:
    """Health says OK exactly when the application reads and writes; an application that is not in reach says nothing.

    Args:
        health: The health endpoint's answer.
        read: A read through the API.
        write: A write through the API.
    """
    says = says_ok(health)
    works = read.ok and write.ok
    expected = "OK when a read and a write succeed, and not OK when they do not"
    said = "nothing" if health.error else "OK" if says else "not OK"
    actual = f"it says {said} ({health})\nread:  {read}\nwrite: {write}"
    if health.error and not works:
        return TELLS_THE_TRUTH.unknown(
            expected=expected, actual=actual, next_step="see whether the backend runs: docker compose ps"
        )
    return TELLS_THE_TRUTH.judge(says == works, expected=expected, actual=actual)


def answers_in_time(health: facts.HttpAnswer) -> Finding:
    """The health endpoint answers, well or not, within a second."""
    return ANSWERS_IN_TIME.judge(
        not health.error and health.seconds <= HEALTH_SECONDS,
        expected=f"an answer within {HEALTH_SECONDS:g} s",
        actual=str(health),
    )


def says_ok(health: facts.HttpAnswer) -> bool:
    """Whether a health answer says that all is well."""
    status = health.body.get("status", "") if isinstance(health.body, dict) else ""
    return health.ok and str(status).lower() in {"ok", "healthy", "up"}


def _said(service: facts.Service) -> str:
    return f": {service.health_output.splitlines()[-1]}" if service.health_output else ""
