"""Images under names that only one stack uses, so that a name can be given to another image and harms nobody."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from agentchat_check.deployment import Deployment, Role
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_APPLICATION = (Role.BACKEND, Role.FRONTEND)


@contextmanager
def given(made: Stack, deployment: Deployment) -> Iterator[Deployment]:
    """The deployment with names of its own for the application's images; the names go at the end.

    Args:
        made: A stack of the deployment, whose images are here; nothing of it has to run.
        deployment: The deployment.

    Raises:
        errors.StackError: The engine refuses.
    """
    services, names = made.compose.rendered()["services"], {}
    try:
        with complaints.translated(f"name the images of {deployment.name}"):
            for role in _APPLICATION:
                if role in made.roles:
                    names[str(role)] = f"agentchat-check/apart-{role}:{secrets.token_hex(4)}"
                    made.client.images.get(services[made.roles[role]]["image"]).tag(names[str(role)])
        yield replace(deployment, replace_images={**deployment.replace_images, **names})
    finally:
        for name in names.values():
            made.client.images.remove(name, force=True)


def moved(stack: Stack, names: Deployment) -> None:
    """Let each of those names mean what its service runs now.

    Args:
        stack: A stack that came to another release since.
        names: The deployment with names of its own.

    Raises:
        errors.StackError: The engine refuses.
    """
    with complaints.translated(f"move the names of the images of {stack.project}"):
        for role in _APPLICATION:
            if name := names.replace_images.get(role, ""):
                stack.client.images.get(stack.service(role).image_id).tag(name)
