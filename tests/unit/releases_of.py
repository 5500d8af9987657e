"""Releases as their compose files would have them; a test says what is otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentchat_check import deployment, facts
from agentchat_check.deployment import Configuration
from agentchat_check.procedures.upgrade import data_places
from agentchat_check.procedures.upgrade.planning import Described

SERVICES: dict[str, dict[str, Any]] = {
    "mysql": {
        "image": "mysql:8.0",
        "environment": {"MYSQL_PASSWORD": "p"},
        "volumes": [{"type": "volume", "source": "mysql_data", "target": "/var/lib/mysql"}],
    },
    "redis": {
        "image": "redis:7.0",
        "volumes": [{"type": "volume", "source": "redis_data", "target": "/data"}],
    },
    "backend": {
        "image": "chat:2.4",
        "environment": {"LIMIT": "20", "TZ": "utc"},
        "ports": [{"target": 7860, "published": "7860", "host_ip": "127.0.0.1", "protocol": "tcp"}],
    },
    "frontend": {"image": "page:2.4"},
}


def configuration(
    project: str = "agentchat", volumes: Mapping[str, Any] | None = None, **services: Any
) -> Configuration:
    """Four services, some of which are otherwise; None takes one out."""
    every = {name: {**SERVICES.get(name, {}), **(services.get(name) or {})} for name in {**SERVICES, **services}}
    kept = {name: service for name, service in every.items() if services.get(name, service) is not None}
    named = {key: {"name": f"{project}_{key}"} for key in ("mysql_data", "redis_data")}
    return deployment.configuration({"name": project, "services": kept, "volumes": {**named, **(volumes or {})}}, {})


def described(name: str = "v2.4", config: Configuration | None = None, **changes: Any) -> Described:
    """A release with that configuration."""
    config = config or configuration()
    images = tuple(facts.Image(service, str(one.get("image", "")), "") for service, one in config.services.items())
    made = Described(facts.Release(name, images), config, data_places.declared(config, project="agentchat"))
    return replace(made, **changes)
