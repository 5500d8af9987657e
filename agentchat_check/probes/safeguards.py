"""What keeps one service from taking everything: where its log ends, and what it may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.probes import cgroups
from agentchat_check.stack.running import Stack


def rotations(stack: Stack) -> tuple[facts.LogRotation, ...]:
    """Where each container's log goes; the engine has put in what its own configuration says of all."""
    found = []
    for name, attrs in sorted(stack.inspect().items()):
        log = attrs["HostConfig"]["LogConfig"]
        options = log.get("Config") or {}
        found.append(facts.LogRotation(name, log["Type"], options.get("max-size", ""), options.get("max-file", "")))
    return tuple(found)


def limits(stack: Stack) -> tuple[facts.Limited, ...]:
    """The limits of every running service that declares some.

    Raises:
        errors.InapplicableError: None does.
    """
    services = stack.configuration.services if stack.configuration else {}
    wanted = {name: declared(service) for name, service in services.items()}
    if not any(limit.memory or limit.cpus for limit in wanted.values()):
        raise errors.InapplicableError(
            f"read the limits of {stack.name}",
            expected="a service with a limit for memory or processors",
            actual=f"{stack.name} declares no limits",
            next_step="give each service limits: deploy.resources.limits",
        )
    found = stack.inspect()
    return tuple(
        facts.Limited(name, limit, cgroups.limits(stack, found[name]))
        for name, limit in sorted(wanted.items())
        if (limit.memory or limit.cpus) and name in found and found[name]["State"]["Running"]
    )


def declared(service: Mapping[str, Any]) -> facts.Limits:
    """The limits of a service as compose rendered it, in either of compose's two places."""
    limits = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    memory = int(limits.get("memory") or service.get("mem_limit") or 0)
    cpus = float(limits.get("cpus") or service.get("cpus") or 0)
    return facts.Limits(memory or None, cpus or None)
