"""What goes wrong while a deployment is started, and who is not to be harmed: made, and taken back."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psutil

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import belongings
from agentchat_check.stack import complaints, labels, lifecycle
from agentchat_check.stack.running import Stack


def hopeless(stack: Stack) -> dict[str, dict[str, Any]]:
    """Changes with which a service that nobody waits for ends at once, with an error, whenever it is started."""
    return {last(stack): {"entrypoint": ["/bin/sh", "-c", "exit 1"], "restart": "no"}}


def last(stack: Stack) -> str:
    """A service that comes up last: nobody waits for it. Of several the frontend."""
    services = _services(stack)
    waited_for = {name for service in services.values() for name in service.get("depends_on") or ()}
    free = [name for name in services if name not in waited_for]
    frontend = stack.roles.get(Role.FRONTEND, "")
    return frontend if frontend in free else free[0]


@contextmanager
def occupied_port(stack: Stack) -> Iterator[tuple[facts.Holder, dict[str, dict[str, Any]]]]:
    """Hold a port of this host that the first service with a published port is to have.

    Yields:
        Who holds which port, and the changes with which the service wants it.

    Raises:
        errors.InapplicableError: The deployment publishes no port.
    """
    declared = {name: ports for name, ports in (stack.declared_ports() or {}).items() if ports}
    order = [stack.roles[role] for role in Role if role in stack.roles]
    name = min(declared, key=lambda name: (name not in order, name in _waiting(stack)), default=None)
    if name is None:
        raise errors.InapplicableError(
            f"occupy a port of {stack.name}",
            expected="a service that publishes a port",
            actual="this deployment publishes no port",
            next_step="nothing is to be done",
        )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, ours = taken.getsockname()[1], psutil.Process()
        wanted = {"target": declared[name][0].target, "published": str(port), "host_ip": "127.0.0.1"}
        yield facts.Holder(port, ours.name(), ours.pid), {name: {"ports": [wanted]}}


@contextmanager
def neighbour(stack: Stack) -> Iterator[facts.Belongings]:
    """Another project beside a stack, with nearly its name: a container, a volume, a network. Removed afterwards."""
    cache = stack.service(Role.CACHE)
    project = f"{stack.project}2"
    ours = {name: value for name, value in _labels(stack).items() if name in {labels.OWNER, labels.RUN}}
    service = {
        "image": cache.image,
        "entrypoint": ["sleep", "3600"],
        "init": True,
        "volumes": ["kept:/kept"],
        "labels": ours,
    }
    made = {"labels": ours}
    content = {"services": {"redis": service}, "volumes": {"kept": made}, "networks": {"default": made}}
    file = stack.directory.parent / "neighbour.json"
    file.write_text(json.dumps(content))
    beside = replace(stack.compose, project=project, compose_file_name=[str(file)], env_file=[])
    try:
        with complaints.translated(f"bring up {project}"):
            beside("up", "--detach", timeout=120)
        yield belongings.of(stack.client, project)
    finally:
        lifecycle.remove(stack.client, project)


def _waiting(stack: Stack) -> set[str]:
    """Services that wait for others."""
    return {name for name, service in _services(stack).items() if service.get("depends_on")}


def _services(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    return stack.configuration.services if stack.configuration else {}


def _labels(stack: Stack) -> dict[str, str]:
    return dict(stack.inspect()[stack.service_name(Role.CACHE)]["Config"]["Labels"])
