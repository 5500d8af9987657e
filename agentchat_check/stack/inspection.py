"""A container as the engine's inspection describes it, read into facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchat_check import facts
from agentchat_check.deployment import Role
from agentchat_check.stack import labels


def service(attrs: Mapping[str, Any], roles: Mapping[str, Role]) -> facts.Service:
    """A container as the engine's inspection describes it, as facts."""
    tags, state, host = attrs["Config"]["Labels"], attrs["State"], attrs["HostConfig"]
    health = state.get("Health") or {}
    log = health.get("Log") or [{}]
    name = tags[labels.SERVICE]
    return facts.Service(
        name=name,
        role=roles.get(name, ""),
        container=attrs["Id"],
        image=attrs["Config"]["Image"],
        image_id=attrs["Image"],
        state=state["Status"],
        health="" if health.get("Status") in {None, "none"} else health["Status"],
        exit_code=state["ExitCode"],
        restarts=attrs["RestartCount"],
        restart_policy=host["RestartPolicy"]["Name"],
        oom_killed=state["OOMKilled"],
        started=state["StartedAt"],
        health_output=str(log[-1].get("Output", "")).strip(),
        ports=tuple(_ports(attrs)),
        addresses=tuple(
            network["IPAddress"] for network in attrs["NetworkSettings"]["Networks"].values() if network["IPAddress"]
        ),
        added_ports=tuple(int(port) for port in tags.get(labels.ADDED_PORTS, "").split(",") if port),
        seen=facts.Moment.now(),
    )


def _ports(attrs: Mapping[str, Any]) -> list[facts.Port]:
    ports = []
    for exposed, bindings in sorted((attrs["NetworkSettings"]["Ports"] or {}).items()):
        target, _, protocol = exposed.partition("/")
        for binding in bindings or [{}]:
            published = int(binding["HostPort"]) if binding.get("HostPort") else None
            ports.append(facts.Port(int(target), binding.get("HostIp", ""), published, protocol))
    return ports
