"""What the engine has of a project."""

from __future__ import annotations

from typing import Any

from docker import DockerClient as Client

from agentchat_check import facts
from agentchat_check.stack import complaints, labels
from agentchat_check.stack.running import Stack


def of(client: Client, project: str) -> facts.Belongings:
    """Everything that is labelled as a project's.

    Args:
        client: The engine.
        project: The compose project.
    """
    mine: dict[str, Any] = {"label": f"{labels.PROJECT}={project}"}
    with complaints.translated(f"look for what belongs to {project}"):
        containers = client.containers.list(all=True, filters=mine, ignore_removed=True)
        return facts.Belongings(
            project=project,
            containers={one.name or "": one.status for one in containers},
            volumes=tuple(sorted(one.name for one in client.volumes.list(filters=mine))),
            networks=tuple(sorted(one.name or "" for one in client.networks.list(filters=mine))),
            images=tuple(sorted({str(one.attrs["Image"]) for one in containers})),
        )


def networks(stack: Stack) -> tuple[facts.Network, ...]:
    """The networks that a project's containers are on."""
    with complaints.translated(f"look at the networks of {stack.project}"):
        names = {name for attrs in stack.inspect().values() for name in attrs["NetworkSettings"]["Networks"]}
        return tuple(
            facts.Network(name, bool(stack.client.networks.get(name).attrs.get("Internal"))) for name in sorted(names)
        )


def has_images(client: Client, images: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these images, by id, are still on the engine."""
    with complaints.translated("look for images"):
        here = {image.id for image in client.images.list(all=True)}
    return tuple(image for image in images if image in here)
