"""Exactly which images a stack's services run, whatever their tags mean by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agentchat_check import deployment as deployments
from agentchat_check import facts
from agentchat_check.deployment import Configuration
from agentchat_check.stack import complaints, compose_yaml, content, isolation, own_files
from agentchat_check.stack.running import Stack

_HEADER = """\
Made by agentchat-check: this release runs exactly these images, whatever their tags mean by now, and reads these files
as they were when it was recorded."""


def running(stack: Stack) -> tuple[facts.Image, ...]:
    """The image that each service runs, under the name that the stack's files have for it, by service."""
    known = stack.compose.compose_file_name
    named = _names(stack, _rendered(_without_pins(stack))) if known else {}
    return tuple(facts.Image(one.name, named.get(one.name) or one.image, one.image_id) for one in stack.services())


def images_of(stack: Stack) -> tuple[facts.Image, ...]:
    """The image that each service of a stack's files names, and what that is on this engine now, by service.

    Raises:
        errors.DeploymentError: Compose cannot read the files.
        errors.HostError: An image is not here.
    """
    return tuple(
        facts.Image(service, name, _id(stack, name))
        for service, name in sorted(_names(stack, _rendered(stack)).items())
    )


def pinned(
    stack: Stack, wanted: Sequence[facts.Image], *, into: Path, mounts: Mapping[str, Path] | None = None
) -> Stack:
    """A stack whose services run exactly the images of a record, each by its name where that still means the same.

    Args:
        stack: The stack.
        wanted: What each service is to run.
        into: A directory for the override, where one is needed.
        mounts: Where bind mounts lead that do not lead where the files say.

    Raises:
        errors.DeploymentError: Compose cannot read the files.
        errors.HostError: The override cannot be written.
    """
    bare = _without_pins(stack)
    rendered = _rendered(bare)
    named, changed = _names(stack, rendered), {}
    for image in wanted:
        name = next(
            (name for name in (named.get(image.service), image.name) if name and _is(stack, name, image.id)), ""
        )
        if image.service in named and name != named[image.service]:
            changed[image.service] = name or image.id
    files = [*(bare.compose.compose_file_name or ()), *override(rendered, changed, into=into, mounts=mounts)]
    return replace(stack, compose=replace(stack.compose, compose_file_name=list(map(str, files))))


def override(
    configuration: Configuration, images: Mapping[str, str], *, into: Path, mounts: Mapping[str, Path] | None = None
) -> list[Path]:
    """The file that goes on top of a release's own so that it runs these images; none where nothing is changed.

    Args:
        configuration: What the release's files say.
        images: The image of each service that is to run another one.
        into: A directory for the file.
        mounts: Where bind mounts lead that do not lead where the files say.

    Raises:
        errors.HostError: It cannot be written.
    """
    changes = isolation.pins(configuration, images, isolation.Mounts(mounts or {}))
    return [own_files.write(into / isolation.PINS, compose_yaml.as_yaml(changes, header=_HEADER))] if changes else []


def named_as_before(stack: Stack, wanted: Sequence[facts.Image]) -> None:
    """Give images that are built here the names by which compose finds them, as a build of that release would.

    An administrator's next ``docker compose up`` would run what was built last, whatever runs now.
    """
    rendered = _rendered(stack)
    with complaints.translated(f"name the images of {stack.project}"):
        for image in wanted:
            if (rendered.services.get(image.service) or {}).get("build") and not _is(stack, image.name, image.id):
                stack.client.images.get(image.id).tag(image.name)


def _without_pins(stack: Stack) -> Stack:
    files = [file for file in stack.compose.compose_file_name or () if Path(file).name != isolation.PINS]
    return replace(stack, compose=replace(stack.compose, compose_file_name=files))


def _rendered(stack: Stack) -> Configuration:
    return deployments.configuration(stack.compose.rendered(), {})


def _names(stack: Stack, rendered: Configuration) -> dict[str, str]:
    """The image of each service, as compose calls it."""
    return {name: str(service.get("image") or f"{stack.project}-{name}") for name, service in rendered.services.items()}


def _id(stack: Stack, image: str) -> str:
    with complaints.translated(f"look at the image {image}"):
        return str(stack.client.images.get(image).id)


def _is(stack: Stack, image: str, wanted: str) -> bool:
    return content.is_here(stack.client, image) and _id(stack, image) == wanted
