"""A stack brought from one release to another: in the order that compose knows, and to exactly the images it named."""

from __future__ import annotations

from agentchat_check import errors
from agentchat_check.checks import upgrade
from agentchat_check.deployment import Role
from agentchat_check.findings import Finding, Verdict
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.procedures.upgrade.outcome import Tell
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.stack import pinning
from agentchat_check.stack.running import Stack

_KEEPERS = {Role.DATABASE, Role.CACHE}

OPTIONS = ("--pull", "never", "--remove-orphans")
"""No tag that moves meanwhile is followed, and services that a release does not have go; their volumes stay."""


def bring_up(stack: Stack, recorded: Recorded, *, timeout: float, tell: Tell) -> None:
    """Bring every service of a release up; whoever is as it was is not touched.

    Args:
        stack: The stack as that release makes it.
        recorded: The release.
        timeout: Seconds until every service has to be healthy.
        tell: Is told each step as it begins.

    Raises:
        errors.CheckError: A service does not come up; the error ends in its last log lines.
    """
    tell("waiting for every service")
    try:
        _up(stack, timeout)
    except errors.StackError:
        # Under the load of a migration they may be too busy for their health check, and compose gives up at once.
        runs = [one for one in stack.services() if one.state == "running"]  # nobody starts one that was killed
        busy = [one.name for one in runs if one.role in _KEEPERS and one.health == "unhealthy"]
        if not busy:
            raise
        stack.settle(timeout=timeout, only=busy)
        _up(stack, timeout)
    pinning.named_as_before(stack, recorded.images)


def _up(stack: Stack, timeout: float) -> None:
    stack.up(timeout=timeout, unhealthy_too=bool(stack.unhealthy), patient=True, options=OPTIONS)


def tried(stack: Stack, recorded: Recorded, gate: Gate, *, tell: Tell) -> tuple[Finding, ...]:
    """Try every call of a release that was brought up.

    Raises:
        errors.CheckError: One does not work, or a service runs another image than was recorded.
    """
    tell("trying every call")
    findings = gate.findings(stack, recorded.images)
    passed = upgrade.gate(findings, subject=recorded.name)
    if passed.verdict is not Verdict.HOLDS:
        raise errors.StackError(
            f"try every call of {recorded.name}",
            expected=passed.expected,
            actual=passed.actual,
            next_step=f"docker compose --project-name {stack.project} logs",
        )
    return (*findings, passed)
