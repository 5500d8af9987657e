"""Starts that are watched closely, or made harder than usual."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from agentchat_check import errors, facts, wait
from agentchat_check.deployment import Role
from agentchat_check.probes import api as apis
from agentchat_check.probes import database
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack

_CUT_OFF = "agentchat-check.cut-off.json"
"""A compose file of ours beside the others: networks that lead nowhere."""

_LOOK_EVERY = 0.05
"""Seconds between two attempts to log in: less than an engine takes to start a container."""

_REST = 0.5
"""Seconds between two looks at services that nobody waits for."""


def watched(stack: Stack, *, timeout: float) -> facts.Course:
    """Bring every service up, and meanwhile try to log in to the database until it accepts.

    Args:
        stack: A stack of which nothing runs.
        timeout: Seconds.

    Raises:
        errors.DeploymentError: No service plays the database.
    """
    stack.service_name(Role.DATABASE)
    attempts: list[facts.LogIn] = []
    came_up = False
    command = [*stack.compose.compose_command_property, "up", "--detach", "--no-build"]
    with (
        suppress(errors.TimeoutError, errors.StackError),
        process.running(command, environment=stack.compose.environment) as up,
    ):
        wait.until(
            lambda: _attempt(stack, attempts),
            lambda accepted: accepted,
            hopeless=lambda _: "docker compose up gave up" if up.done() and up.completed().returncode else "",
            what="the database accepts the application's account",
            timeout=timeout,
            delay=_LOOK_EVERY,
        )
        stack.settle(timeout=timeout, beside=up)
        came_up = True
    return facts.Course(
        services={str(role): name for role, name in stack.roles.items()},
        events=stack.timeline.events(),
        passed=_passed(stack),
        log_ins=tuple(attempts),
        came_up=came_up,
    )


def cut_off(stack: Stack) -> Stack:
    """The same stack, with networks that lead nowhere but to its own containers; nothing is started.

    The engine publishes no port of such a network; this host reaches the containers by their own addresses.
    """
    networks = (stack.configuration.networks if stack.configuration else {}) or {"default": {}}
    file = stack.directory / _CUT_OFF
    file.write_text(json.dumps({"networks": {name: {"internal": True} for name in networks}}))
    files = [*(stack.compose.compose_file_name or ()), str(file)]
    return replace(stack, compose=replace(stack.compose, compose_file_name=files))


def tried(stack: Stack, *, timeout: float) -> tuple[facts.Service, ...]:
    """Bring every service up, if it will come up.

    Args:
        stack: The stack.
        timeout: Seconds.

    Returns:
        How every service is in the end.
    """
    with suppress(errors.StackError, errors.TimeoutError):
        stack.up(timeout=timeout)
    return stack.services()


def at_rest(stack: Stack, *, timeout: float) -> tuple[facts.Service, ...]:
    """Wait until no service is on its way up any more, well or not.

    Args:
        stack: The stack.
        timeout: Seconds; one that is still on its way then is seen so.

    Returns:
        How every service is in the end.
    """
    with suppress(errors.TimeoutError):
        wait.until(
            stack.services,
            lambda services: not any(one.state == "running" and one.health == "starting" for one in services),
            what="no service on its way up",
            timeout=timeout,
            delay=_REST,
        )
    return stack.services()


def newcomer(stack: Stack) -> Guest:
    """A new user of a stack, wherever it answers now.

    Raises:
        errors.CheckError: The application is not in reach, or refuses them.
    """
    host, port = stack.address(Role.BACKEND)
    return visit.arrive(apis.discover(f"http://{host}:{port}"))


def seeds(stack: Stack) -> tuple[tuple[facts.SeedRow, ...], tuple[facts.HttpAnswer, ...]]:
    """The agents, tools and models that a new user sees, and the answers that listed them.

    Where a service is not well nobody is asked, and nothing is seen.
    """
    if not all(map(stack.is_at_rest, stack.services())):
        return (), ()
    return newcomer(stack).api.seeds()


def _attempt(stack: Stack, attempts: list[facts.LogIn]) -> bool:
    """One attempt to log in; before the container is there, there is nobody to ask."""
    with suppress(errors.StackError):
        attempts.append(database.log_in(stack, database.credentials(stack)))
    return bool(attempts) and attempts[-1].accepted


def _passed(stack: Stack) -> dict[str, datetime]:
    """When each service's health check first passed, as far back as its log goes."""
    passed = {}
    for service, attrs in stack.inspect().items():
        log = (attrs["State"].get("Health") or {}).get("Log") or ()
        times = [datetime.fromisoformat(entry["End"]).astimezone(UTC) for entry in log if entry["ExitCode"] == 0]
        if times:
            passed[service] = min(times)
    return passed
