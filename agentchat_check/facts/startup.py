"""How a deployment came up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agentchat_check.facts.services import Event
from agentchat_check.facts.storage import LogIn


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a start.

    Attributes:
        services: The service that plays each role.
        events: What the engine told of the containers, in order.
        passed: When each service's health check is first known to have passed, from the checks' own logs.
        log_ins: Attempts to log in to the database with the application's account, in order, until one was accepted.
        came_up: Whether every service came up in the end.
    """

    services: Mapping[str, str]
    events: tuple[Event, ...]
    passed: Mapping[str, datetime]
    log_ins: tuple[LogIn, ...]
    came_up: bool

    def started(self, role: str) -> datetime | None:
        """When a role's container was first started."""
        return next((e.time for e in self.events if e.service == self.services.get(role) and e.what == "start"), None)

    def healthy(self, role: str) -> datetime | None:
        """When a role's service was first known to be healthy, from either source."""
        service = self.services.get(role)
        told = (e.time for e in self.events if e.service == service and e.what == "health_status: healthy")
        known = [next(told, None), self.passed.get(service or "")]
        return min((time for time in known if time), default=None)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of a project.

    Attributes:
        name: Its name.
        internal: Whether it leads nowhere but to its own containers.
    """

    name: str
    internal: bool
