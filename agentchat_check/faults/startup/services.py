"""Defects of the compose file that show when a deployment starts: by file, what to write instead, for a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import reconfigured
from agentchat_check.stack.running import Stack

Changes = dict[str, dict[str, str]]


def nobody_waits() -> Changes:
    """Neither the backend nor the frontend waits for what it needs to be healthy."""
    return {
        "docker-compose.yml": {
            "mysql: {condition: service_healthy}\n      redis: {condition: service_healthy}": (
                "mysql: {condition: service_started}\n      redis: {condition: service_started}"
            ),
            "backend: {condition: service_healthy}": "backend: {condition: service_started}",
        }
    }


def fetches_at_start() -> Changes:
    """The model fetches something from the internet before it starts."""
    fetch = 'entrypoint: [sh, -c, "curl -sS --max-time 5 http://example.org/ && exec python main.py"]'
    model = "  model:\n    <<: *every-service\n"
    return {"docker-compose.yml": {model: f"{model}    {fetch}\n"}}


def data_in_memory() -> Changes:
    """The database keeps its data in memory, where they go with the container."""
    return {
        "docker-compose.yml": {"    volumes:\n      - mysql_data:/var/lib/mysql\n": "    tmpfs: [/var/lib/mysql]\n"}
    }


@contextmanager
def stays_away(stack: Stack) -> Iterator[None]:
    """The cache has no restart policy."""
    with reconfigured(stack, stack.service_name(Role.CACHE), {"restart": "no"}):
        yield
