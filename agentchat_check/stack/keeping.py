"""Images that must not be lost, however their tags move and whoever prunes: each keeps a tag of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import docker.errors

from agentchat_check import facts
from agentchat_check.stack import complaints

if TYPE_CHECKING:
    from docker import DockerClient as Client

REPOSITORY = "agentchat-check/kept"


def keep(client: Client, project: str, number: int, images: Iterable[facts.Image]) -> None:
    """Give each image of a project's release a tag of ours.

    Raises:
        errors.StackError: An image is not there any more.
    """
    with complaints.translated(f"keep the images of {project}"):
        for image in images:
            client.images.get(image.id).tag(REPOSITORY, _tag(project, image.service, number))


def forget(client: Client, project: str, number: int | None = None) -> None:
    """Take our tags from the images of a project's release, or of all of them; who has another name stays."""
    end = "" if number is None else f".{number}"
    with complaints.translated(f"forget images of {project}"):
        for image in client.images.list(name=REPOSITORY):
            for tag in image.tags:
                if project_of(tag) == project and tag.endswith(end):
                    with contextlib.suppress(docker.errors.APIError):  # who runs it still keeps it
                        client.images.remove(tag)


def projects(client: Client) -> set[str]:
    """The projects for which images are kept.

    Raises:
        errors.StackError: The engine does not say.
    """
    with complaints.translated("look for images that are kept"):
        tags = [tag for image in client.images.list(name=REPOSITORY) for tag in image.tags]
    return {project_of(tag) for tag in tags} - {""}


def project_of(name: str) -> str:
    """The project for which an image is kept under a name; "" where the name is none of ours."""
    repository, _, tag = name.rpartition(":")
    return tag.partition(".")[0] if repository == REPOSITORY else ""


def _tag(project: str, service: str, number: int) -> str:
    """Apart by what no project's name has in it, so that ``shop`` and ``shop-2`` are never taken for one another."""
    return f"{project}.{service}.{number}"
