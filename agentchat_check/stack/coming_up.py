"""When a stack counts as up, when it never will, and why it did not come there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from agentchat_check import errors, facts, wait
from agentchat_check.stack import complaints, process

HOPELESS_RESTARTS = 3
"""Restarts during a start after which more waiting is pointless."""

_LOOK_EVERY = 0.5
"""Seconds between looks while nothing happens; an event is looked at when it is told."""

_Services = tuple[facts.Service, ...]


def wait_until_settled(
    look: Callable[[], _Services],
    is_at_rest: Callable[[facts.Service], bool],
    *,
    expected: Collection[str],
    timeout: float,
    beside: process.Running | None,
    before: Mapping[str, int],
    unhealthy_too: bool,
    patient: bool,
    clock: wait.Clock,
) -> None:
    """Wait until every service is where it should be.

    Args:
        look: The services, as they are now.
        is_at_rest: Whether one is where it should be.
        expected: The services that have to be there.
        timeout: Seconds.
        beside: A program that brings them there, and has to end, too.
        before: The containers that were there before it, with their restarts until then: it may yet replace them.
        unhealthy_too: Whether a service that runs, and that the engine calls unhealthy, will do.
        patient: Whether such a one may yet recover, or be replaced.
        clock: What tells of events, and of the time.

    Raises:
        errors.StackError: The program failed, or a service it brings up will not come there.
        errors.TimeoutError: It took too long.
    """

    def ready(services: _Services) -> bool:
        there = set(expected) <= {service.name for service in services}
        brought = beside is None or (beside.done() and beside.completed().returncode == 0)
        return there and all(map(will_do, services)) and brought

    def will_do(service: facts.Service) -> bool:
        return is_at_rest(service) or (unhealthy_too and _is_sick(service) and not service.restarts)

    def hopeless(services: _Services) -> str:
        if beside is None:  # whatever happened to them, they may yet recover
            return ""
        if beside.done() and beside.completed().returncode != 0:
            return "docker compose up gave up"
        judged = [service for service in services if beside.done() or service.container not in before]
        return next((f"{service} will not come up" for service in judged if is_lost(service)), "")

    def is_lost(service: facts.Service) -> bool:
        since = service.restarts - before.get(service.container, 0)
        return (
            _has_ended(service) or since >= HOPELESS_RESTARTS or (_is_sick(service) and not (unhealthy_too or patient))
        )

    wait.until(
        look,
        ready,
        hopeless=hopeless,
        show=lambda services: ", ".join(map(str, services)) or "no container yet",
        what="every service running and healthy",
        timeout=timeout,
        delay=_LOOK_EVERY,
        clock=clock,
    )


def why_not(
    tried: str,
    error: errors.CheckError,
    said: str,
    *,
    look: Callable[[], _Services],
    last_lines: Callable[[str], str],
) -> errors.CheckError:
    """The error of a stack that did not come up, with the words of whoever is to blame.

    Args:
        tried: What was being done.
        error: How the waiting ended.
        said: What compose said, if it has ended.
        look: The services, as they are now; not asked where compose's words say it all.
        last_lines: The last lines that a service printed.
    """
    known = complaints.meaning(tried, said)
    if said and not isinstance(known, errors.StackError):
        return known
    unsettled = [service for service in look() if not service.settled]
    blame = next((s for s in unsettled if s.state != "created"), None)
    parts = [error.actual, complaints.without_progress(said)]
    if blame:
        parts += [f"its health check said: {said}" for said in blame.health_output.splitlines()[-1:]]
        parts += [f"last lines of {blame.name}:\n{last_lines(blame.name).rstrip()}"]
    return type(error)(
        tried,
        expected=error.expected,
        actual="\n".join(filter(None, parts)),
        next_step=f"read the lines of {blame.name} above" if blame else "run `agentchat-check doctor`",
    )


def _has_ended(service: facts.Service) -> bool:
    """Whether it failed, and nobody starts it again."""
    return service.state in {"exited", "dead"} and service.restart_policy in {"", "no"} and service.exit_code != 0


def _is_sick(service: facts.Service) -> bool:
    """Whether it runs and is unhealthy; one that ended and is to be started again the engine calls unhealthy, too."""
    return service.state == "running" and service.health == "unhealthy"
