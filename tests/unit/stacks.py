"""A running project on an engine of a test's, whose containers' commands answer by script."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import DockerClient

from agentchat_check.deployment import Role
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.running import Stack
from agentchat_check.stack.timeline import Timeline

ROLES = {Role.BACKEND: "backend", Role.DATABASE: "mysql", Role.CACHE: "redis"}


@dataclass(frozen=True, slots=True)
class Scripted(Stack):
    """A stack; what its containers' commands print is said by the test.

    Attributes:
        prints: Exit status and output, by service and command line; an error is raised.
    """

    prints: Mapping[tuple[str, str], tuple[int, str] | Exception] = field(default_factory=dict)

    def execute(self, service: str, command: Sequence[str], *, user: str = "") -> tuple[int, str]:  # noqa: ARG002 - as a stack's
        """As the script says; a command that is not in it is not in the container."""
        said = self.prints.get((service, " ".join(command)), (127, f"{command[0]}: not found"))
        if isinstance(said, Exception):
            raise said
        return said


@contextlib.contextmanager
def attached(client: DockerClient, **given: Any) -> Iterator[Scripted]:
    """The stack of the project ``demo`` on that engine."""
    timeline = Timeline(client, "demo")
    defaults: dict[str, Any] = {
        "project": "demo",
        "name": "demo",
        "compose": Compose(Path.cwd(), project="demo"),
        "configuration": None,
        "roles": ROLES,
        "live": False,
    }
    try:
        yield Scripted(client=client, timeline=timeline, **{**defaults, **given})
    finally:
        timeline.close()
