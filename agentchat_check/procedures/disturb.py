"""Disturbs a running stack by a plan, and keeps asking it: what is seen is told, and nothing judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from agentchat_check import errors, facts, progress, wait
from agentchat_check.checks import health
from agentchat_check.deployment import Role
from agentchat_check.facts import Ordeal, Round, Trouble
from agentchat_check.probes import cache, http
from agentchat_check.procedures import troubles
from agentchat_check.procedures.plan import Disturbance, Plan
from agentchat_check.procedures.regular import Regular
from agentchat_check.stack.running import Stack

RECOVERY = 30.0
"""Seconds in which everything has to work again."""

START = 60.0
"""Seconds more for a backend that ended because it was started too soon: its engine waits up to a minute by then."""

_LOGGED_OUT = 401


def dependencies(stack: Stack) -> tuple[Role, ...]:
    """What the application of this stack depends on."""
    return tuple(role for role in (Role.DATABASE, Role.CACHE, Role.OBJECTS) if role in stack.roles)


def require(stack: Stack, dependency: Role) -> Role:
    """A dependency that is part of this deployment.

    Raises:
        errors.InapplicableError: It is not.
    """
    if dependency not in stack.roles:
        raise errors.InapplicableError(
            f"find the service that plays {dependency}",
            expected=f"a service that plays {dependency}",
            actual=f"{stack.name} has no service for {dependency}",
            next_step=f"nothing is to be done where nothing depends on {dependency}",
        )
    return dependency


def follow(plan: Plan, regular: Regular, *, patience: float = RECOVERY, clock: wait.Clock = time) -> tuple[Ordeal, ...]:
    """Carry a plan out, one disturbance after the other.

    One that cannot be made is told as an obstacle, and the plan goes on. A backend that did not recover is restarted,
    as somebody has to do then, so that it can be seen how it stands the next.

    Args:
        plan: What to do.
        regular: Who asks meanwhile.
        patience: Seconds in which everything has to work again.
        clock: Where time comes from.
    """
    ordeals = []
    for step in plan.steps:
        service = regular.stack.service_name(step.dependency)
        with progress.step(f"{service} {step.trouble}"):
            try:
                ordeals.append(endure(step, regular, patience=patience, clock=clock))
            except errors.CheckError as error:
                obstacle = f"{error.tried}: {error.actual}"
                ordeals.append(Ordeal(service, step.trouble, obstacle, limit=http.TIMEOUT, patience=patience))
        if ordeals[-1].recovered is None:
            with suppress(errors.CheckError):
                regular.stack.act("restart", regular.stack.service_name(Role.BACKEND), timeout=troubles.PATIENCE)
    with suppress(errors.TimeoutError):  # the findings say more of a stack that does not come to rest
        regular.stack.settle(timeout=troubles.PATIENCE)
    return tuple(ordeals)


def endure(step: Disturbance, regular: Regular, *, patience: float, clock: wait.Clock) -> Ordeal:
    """One disturbance from the calm before it to the calm after it.

    Args:
        step: Which.
        regular: Who asks meanwhile.
        patience: Seconds in which everything has to work again.
        clock: Where time comes from.

    Raises:
        errors.CheckError: The application did not work before, or the trouble cannot be made or ended.
    """
    stack, uploads = regular.stack, step.dependency is Role.OBJECTS
    _require_calm(regular, clock, uploads=uploads)
    clock.sleep(step.after)
    seen = Ordeal(
        stack.service_name(step.dependency),
        step.trouble,
        limit=http.TIMEOUT,
        patience=patience + (START if step.trouble is Trouble.LATE else 0.0),
        backend_before=stack.service(Role.BACKEND),
        forgetful=_forgets_when_killed(stack, step),
    )
    during: list[Round] = []
    with troubles.made(stack, step.dependency, step.trouble):
        began = clock.monotonic()

        def seconds() -> float:
            return clock.monotonic() - began

        def look() -> float:
            during.append(regular.ask(seconds, uploads=uploads))
            return during[-1].begun

        wait.until(
            look,
            lambda begun: begun >= step.lasts,
            show=lambda _: "it goes on",
            what="the end of the trouble",
            timeout=step.lasts + 10 * http.TIMEOUT,
            delay=step.lasts / 10,
            clock=clock,
        )
    troubles.well(stack, step.dependency)
    came_back, after = seconds(), _until_all_is_well(regular, seconds, seen, clock, uploads=uploads)
    well = next((max(one.begun - came_back, 0.0) for one in after if one.works), None)
    return replace(
        seen, during=tuple(during), after=tuple(after), recovered=well, backend_after=stack.service(Role.BACKEND)
    )


def table(ordeals: Sequence[Ordeal]) -> str:
    """One line per disturbance: what was said at the end of it, the slowest answer, and how soon all was well."""
    heads = ("dependency", "trouble", "health", "read", "write", "chat", "log in", "slowest", "works again after")
    rows = [heads, *map(_row, ordeals)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _require_calm(regular: Regular, clock: wait.Clock, *, uploads: bool) -> None:
    """Where it does not work as it is, nothing can be learned from a trouble."""
    wait.until(
        lambda: regular.ask(lambda: 0.0, uploads=uploads),
        lambda seen: seen.works,
        show=lambda seen: "; ".join(str(reply) for reply in seen.replies if not reply.done),
        what="an application that works, before the trouble",
        timeout=RECOVERY,
        next_step="read the backend's log",
        clock=clock,
    )


def _forgets_when_killed(stack: Stack, step: Disturbance) -> bool:
    kills = step.trouble in {Trouble.KILLED, Trouble.KILLED_AND_BACK}
    return kills and step.dependency is Role.CACHE and cache.persistence(stack).forgets


def _until_all_is_well(
    regular: Regular, seconds: Callable[[], float], seen: Ordeal, clock: wait.Clock, *, uploads: bool
) -> list[Round]:
    """Ask until everything works and health says so, or patience ends."""
    rounds: list[Round] = []

    def look() -> Round:
        rounds.append(regular.ask(seconds, uploads=uploads))
        lost = any(reply.what == "read" and reply.answer.status == _LOGGED_OUT for reply in rounds[-1].replies)
        if lost and seen.forgetful:
            with suppress(errors.CheckError):
                regular.come_again()
        return rounds[-1]

    with suppress(errors.TimeoutError):
        wait.until(
            look,
            lambda one: one.works and health.says_ok(one.health),
            show=lambda one: "all is well" if one.works else "it does not work yet",
            what="everything works again",
            timeout=seen.patience,
            clock=clock,
        )
    return rounds


def _row(ordeal: Ordeal) -> tuple[str, ...]:
    last = ordeal.during[-1] if ordeal.during else None
    if last is None:
        return (ordeal.dependency, ordeal.trouble, "not looked at", *[""] * 6)
    replies = {reply.what: _short(reply.answer) for reply in last.replies}
    slowest = max(reply.answer.seconds for seen in ordeal.rounds for reply in seen.replies)
    again = "never" if ordeal.recovered is None else f"{ordeal.recovered:.1f} s"
    said = [replies.get(what, "") for what in ("read", "write", "chat", "log in")]
    return (ordeal.dependency, ordeal.trouble, _short(last.health), *said, f"{slowest:.1f} s", again)


def _short(answer: facts.HttpAnswer) -> str:
    if answer.error:
        return answer.error.partition(" after ")[0]
    return f"{answer.status}" + (f"/{answer.inner}" if answer.inner not in {None, answer.status} else "")
