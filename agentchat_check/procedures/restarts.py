"""The ways in which a stack is started again, each as an administrator or a host does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import cache
from agentchat_check.procedures.regular import Regular
from agentchat_check.settings import Settings
from agentchat_check.stack import complaints, provision, sweep
from agentchat_check.stack.running import Stack

PATIENCE = 180.0
"""Seconds that everything has to be up again."""

STOP = 180.0
"""Seconds that everything has to stop: the longest grace periods, one after the other."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How it is after a start, and what has to be known of before it.

    Attributes:
        way: What was done.
        services: Every service, once they had time to come up.
        seeds_before: Agents, tools and models as they were listed before.
        seeds_after: The same, as they are listed now.
        listings: The requests that listed them.
        read: A read with the token of before.
        found: What of the user's writes is returned.
        forgetful: Whether the cache was killed and, as it is configured, may have forgotten who was logged in.
    """

    way: str
    services: tuple[facts.Service, ...]
    seeds_before: tuple[facts.SeedRow, ...]
    seeds_after: tuple[facts.SeedRow, ...]
    listings: tuple[facts.HttpAnswer, ...]
    read: facts.HttpAnswer
    found: facts.ReadBack
    forgetful: bool


def restart(stack: Stack) -> None:
    """``docker compose restart``."""
    stack.act("restart", timeout=STOP)


def stop_and_start(stack: Stack) -> None:
    """``docker compose stop``, then ``start``."""
    stack.act("stop", timeout=STOP)
    stack.act("start", timeout=PATIENCE)


def down_and_up(stack: Stack) -> None:
    """``docker compose down``, which keeps the volumes, then ``up``."""
    with sweep.forsaken(stack.client, stack.project):
        stack.act("down", timeout=STOP)
    stack.up(timeout=PATIENCE)


def recreate(stack: Stack, service: str) -> None:
    """Recreate a service, as after a change of its configuration."""
    stack.act("up", "--detach", "--no-deps", "--no-build", "--force-recreate", service, timeout=STOP)


def lose_power(stack: Stack) -> None:
    """As a host goes down and comes up: every process is killed, and the engine starts all at once, in no order."""
    stack.act("kill")
    with complaints.translated(f"start the containers of {stack.project}"):
        stopped = [stack.client.containers.get(service.container) for service in stack.services()]
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(lambda container: container.start(), stopped))


def lose_engine(stack: Stack, settings: Settings) -> None:
    """The engine is lost and comes again: itself where it may be restarted, else all its containers are killed.

    Raises:
        errors.CheckError: They do not start again.
    """
    if provision.may_restart(stack.client, settings, stack.project):
        provision.restart(stack.client, settings)
    else:
        lose_power(stack)


WAYS = {
    "restart": restart,
    "stop, start": stop_and_start,
    "down, up": down_and_up,
    "reboot of the host": lose_power,
}
"""Each way to start a whole stack again, by its name."""


def survive(way: str, regular: Regular, settings: Settings) -> Aftermath:
    """Start a stack again in one of the ways, and look what is left of what was written before.

    Args:
        way: Which, a name of ``WAYS``.
        regular: Who wrote it, and is still logged in.
        settings: Whether the engine itself may be restarted, where it is ours and nobody else's.

    Raises:
        errors.CheckError: The stack does not come up again.
    """
    stack, act = regular.stack, WAYS[way]
    if act is lose_power and provision.may_restart(stack.client, settings, stack.project):
        return _survived(f"{way}, by its engine", lambda _: provision.restart(stack.client, settings), regular)
    forgetful = act is lose_power and Role.CACHE in stack.roles and cache.persistence(stack).forgets
    return _survived(way, act, regular, forgetful=forgetful)


def survive_recreation(regular: Regular, services: Sequence[str] = ()) -> tuple[Aftermath, ...]:
    """Recreate services, one after the other, and look each time what is left of what was written before.

    Args:
        regular: Who wrote it, and is still logged in.
        services: Which; all of them when none is named.

    Raises:
        errors.CheckError: A service does not come up again.
    """
    return tuple(
        _survived(f"recreation of {name}", partial(recreate, service=name), regular)
        for name in services or [service.name for service in regular.stack.services()]
    )


def _survived(
    way: str, start_again: Callable[[Stack], None], regular: Regular, *, forgetful: bool = False
) -> Aftermath:
    seeds_before, before = regular.now().api.seeds()
    start_again(regular.stack)
    with suppress(errors.TimeoutError):  # whoever does not come up is seen in the services
        regular.stack.settle(timeout=PATIENCE)
    services = regular.stack.services()
    read = regular.now().api.call("dialogs")
    if not read.ok:  # told by itself; what else is left may be seen all the same
        with suppress(errors.CheckError):
            regular.come_again()
    seeds_after, after = regular.now().api.seeds()
    listings = (*before, *after)
    return Aftermath(way, services, seeds_before, seeds_after, listings, read, regular.read_back(), forgetful)
