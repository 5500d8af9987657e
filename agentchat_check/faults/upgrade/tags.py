"""A tag that moves: what an image is called means something else tomorrow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import PATIENCE
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack


@contextmanager
def named_by_itself(stack: Stack, role: Role) -> Iterator[Stack]:
    """A service runs its image under a name that no other stack uses; afterwards the stack is as it was.

    Args:
        stack: A stack of ours.
        role: Whose service.
    """
    service = stack.service(role)
    image = f"agentchat-check/fault-{service.name}:{stack.project}"
    with tempfile.TemporaryDirectory(prefix="agentchat-check-fault-") as directory:
        override = Path(directory) / "fault.json"
        override.write_text(json.dumps({"services": {service.name: {"image": image}}}))
        files = [*(stack.compose.compose_file_name or ()), str(override)]
        try:
            with complaints.translated(f"name the image of {service.name}"):
                stack.client.images.get(service.image_id).tag(image)
            named = replace(stack, compose=replace(stack.compose, compose_file_name=files))
            named.up(timeout=PATIENCE, patient=True)
            yield named
        finally:
            stack.up(timeout=PATIENCE, patient=True)
            with complaints.translated(f"remove {image}"):
                stack.client.images.remove(image, force=True)


def move(stack: Stack, role: Role) -> None:
    """Give the name of a service's image to another one: what its container is now, alike in all but its id.

    Args:
        stack: A stack whose image of that service is ``named_by_itself``.
        role: Whose service.
    """
    service = stack.service_name(role)
    image = str(stack.compose.rendered()["services"][service]["image"])
    with complaints.translated(f"move the tag {image}"):
        stack.container(service).commit(*image.rsplit(":", 1))
