"""The override that keeps a stack of ours apart from everything else on the host.

A pure function from what compose rendered to an override file: own names, ports on 127.0.0.1 chosen by the engine,
own volumes, bind mounts inside the scratch copy. The deployment's compose files run unmodified beneath it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.deployment import Configuration, Role
from agentchat_check.stack import labels
from agentchat_check.stack.compose_yaml import Override, Reset

FILE = "agentchat-check.override.yml"

PINS = "agentchat-check.pins.yml"
"""The override that says exactly what services run."""

CA_SECRET = "ca_bundle"  # noqa: S105 - the id of a build secret, not one
"""Build secret with the certificates of a proxy that inspects TLS; a Dockerfile may mount it."""

MODEL_SERVICE = "model"
"""The stub model's service, in deployments that bring none of their own."""

PORTS = {
    Role.FRONTEND: 8090,
    Role.BACKEND: 7860,
    Role.DATABASE: 3306,
    Role.CACHE: 6379,
    Role.MODEL: 8000,
}
"""Where a role listens when its service does not say; published for probes even when the deployment does not."""

STATE_PATHS = {
    Role.DATABASE: ("/var/lib/mysql",),
    Role.CACHE: ("/data",),
    Role.OBJECTS: ("/data", "/minio_data"),
}
"""Where a role keeps its data: a bind mount there starts empty, whatever the deployment has in it."""


_UNHURRIED = 4
"""How much more seldom a service is asked that nobody waits for and that waits for nobody: each look costs the host a
tenth of a processor second, and its start delays nothing."""


@dataclass(frozen=True, slots=True)
class Mounts:
    """Where the sources of bind mounts are for our stack, by their path in the deployment."""

    moved: Mapping[str, Path]

    def source(self, path: str) -> str:
        """The path to mount instead; the same where it is read in place."""
        return str(self.moved.get(path, path))


@dataclass(frozen=True, slots=True)
class Isolation:
    """What keeps one stack apart.

    Attributes:
        labels: Put on everything made, so that it is found and removed.
        mounts: Where bind mounts lead for this stack.
        builds: Build sections that replace the deployment's, by service; paths absolute.
        images: The image each service runs, where it is not the deployment's own. With one for the stub model in a
            deployment that has no model, the stub joins the backend's networks.
        env_files: Absolute env files, for services whose own lie outside the directory.
        ca_bundle: Certificates given to builds as a secret, for proxies that inspect TLS.
        health_interval: Seconds between health checks; 0 keeps the deployment's own.
        start_interval: Whether the engine knows an interval for the start alone (since 25), so that services are asked
            often only until they are healthy.
    """

    labels: Mapping[str, str]
    mounts: Mounts
    builds: Mapping[str, Mapping[str, Any]]
    images: Mapping[str, str]
    env_files: Mapping[str, list[str]]
    ca_bundle: Path | None
    health_interval: float
    start_interval: bool


def override(configuration: Configuration, isolation: Isolation) -> dict[str, Any]:
    """The override for one stack, as plain data.

    Args:
        configuration: What compose rendered from the deployment.
        isolation: What keeps the stack apart.

    Raises:
        errors.DeploymentError: A service shares the host's network and so cannot be kept apart.
    """
    ours = dict(isolation.labels)
    waited_for = {
        name
        for service in configuration.services.values()
        for name, dependency in (service.get("depends_on") or {}).items()
        if dependency.get("condition") != "service_started"
    }
    services = {
        name: _changes(name, service, configuration.role_of(name), isolation, is_waited_for=name in waited_for)
        for name, service in configuration.services.items()
    }
    if MODEL_SERVICE in isolation.images and MODEL_SERVICE not in services:
        services[MODEL_SERVICE] = _stub_model(configuration, isolation)
    return {
        "services": services,
        "networks": {
            name: Override({"labels": ours, **({"internal": True} if network.get("internal") else {})})
            for name, network in configuration.networks.items()
        },
        "volumes": {name: Override({"labels": ours}) for name in configuration.volumes},
        "secrets": {CA_SECRET: {"file": str(isolation.ca_bundle)}} if isolation.ca_bundle else {},
    }


def pins(configuration: Configuration, images: Mapping[str, str], mounts: Mounts) -> dict[str, Any]:
    """The override that makes services run other images than their files name, and read files from elsewhere.

    Args:
        configuration: What compose rendered from the files beneath it.
        images: Names or ids, by service; those that are to be as their files say are not in it.
        mounts: Where bind mounts lead.

    Returns:
        Nothing where all is as the files say.
    """
    services: dict[str, Any] = {}
    for name, service in configuration.services.items():
        volumes = service.get("volumes") or []
        moved = [_moved(volume, mounts) for volume in volumes]
        changes: dict[str, Any] = {"image": images[name]} if name in images else {}
        if moved != volumes:
            changes["volumes"] = Override(moved)
        if changes:
            services[name] = changes
    return {"services": services} if services else {}


def _changes(
    name: str, service: Mapping[str, Any], role: Role | None, isolation: Isolation, *, is_waited_for: bool
) -> dict[str, Any]:
    """What changes for one service; everything else stays as the deployment says."""
    if service.get("network_mode") == "host":
        raise errors.DeploymentError(
            f"isolate the service {name}",
            expected="a network of its own",
            actual="network_mode: host; a second copy would answer on the installation's own ports",
            next_step="look at the running installation instead: --attach PROJECT",
        )
    ports, added = _ports(service, role)
    changes: dict[str, Any] = {
        "ports": Override(ports),
        "labels": {**isolation.labels, labels.ADDED_PORTS: ",".join(str(port) for port in added)},
    }
    if "container_name" in service:
        changes["container_name"] = Reset()
    if any(volume.get("type") == "bind" for volume in service.get("volumes") or ()):
        changes["volumes"] = Override([_moved(volume, isolation.mounts) for volume in service["volumes"]])
    networks = _networks(service)
    if networks != (service.get("networks") or dict.fromkeys(networks)):
        changes["networks"] = Override(networks)
    if name in isolation.env_files:
        changes["env_file"] = Override(isolation.env_files[name])
    if name in isolation.images:
        changes["image"] = isolation.images[name]
        changes["build"] = isolation.builds.get(name, Reset())
    check = service.get("healthcheck") or {}
    if isolation.health_interval and check and not check.get("disable"):
        hurried = isolation.health_interval * (1 if is_waited_for or service.get("depends_on") else _UNHURRIED)
        changes["healthcheck"] = _eager(check, hurried, at_start=isolation.start_interval)
    return changes


def _ports(service: Mapping[str, Any], role: Role | None) -> tuple[list[dict[str, Any]], list[int]]:
    declared = [(port["target"], port.get("protocol", "tcp")) for port in service.get("ports") or ()]
    added = [PORTS[role]] if role in PORTS and not declared else []
    every = dict.fromkeys([*declared, *((port, "tcp") for port in added)])
    return [{"target": target, "protocol": protocol, "host_ip": "127.0.0.1"} for target, protocol in every], added


def _moved(volume: Mapping[str, Any], mounts: Mounts) -> dict[str, Any]:
    if volume.get("type") != "bind":
        return dict(volume)
    return {**volume, "source": mounts.source(volume["source"])}


def _networks(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service's networks without fixed addresses, which only fit the subnets of the original.

    Its own container name, which it loses, stays an alias: others of the deployment may reach it by that.
    """
    if "network_mode" in service:
        return {}
    fixed = {"ipv4_address", "ipv6_address", "link_local_ips", "mac_address"}
    lost = [service["container_name"]] if "container_name" in service else []
    networks = {}
    for name, given in (service.get("networks") or {"default": None}).items():
        settings = {key: value for key, value in (given or {}).items() if key not in fixed}
        if aliases := list(dict.fromkeys([*settings.get("aliases", ()), *lost])):
            settings["aliases"] = aliases
        networks[name] = settings or None
    return networks


def _eager(check: Mapping[str, Any], interval: float, *, at_start: bool) -> dict[str, str]:
    """Look often, and be exactly as patient as before: failures in the time the original would wait do not count."""
    patience = seconds(check.get("interval", "30s")) * int(check.get("retries", 3))
    return {
        "start_interval" if at_start else "interval": f"{interval:g}s",
        "start_period": f"{seconds(check.get('start_period', '0s')) + patience:g}s",
    }


def _stub_model(configuration: Configuration, isolation: Isolation) -> dict[str, Any]:
    backend = configuration.roles.get(Role.BACKEND, "")
    networks = configuration.services.get(backend, {}).get("networks") or {"default": None}
    port = PORTS[Role.MODEL]
    return {
        "image": isolation.images[MODEL_SERVICE],
        "build": isolation.builds[MODEL_SERVICE],
        "networks": list(networks),
        "ports": [{"target": port, "host_ip": "127.0.0.1"}],
        "labels": {**isolation.labels, labels.ADDED_PORTS: str(port)},
        "healthcheck": {
            "test": ["CMD", "curl", "-fsS", f"http://localhost:{port}/health"],
            "interval": f"{_UNHURRIED * isolation.health_interval or 5:g}s",
            "timeout": "5s",
            "retries": 20,
        },
    }


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: str) -> float:
    """Seconds of a duration as compose renders it: ``1m30s`` is 90.0."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", duration))
