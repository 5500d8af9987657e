"""The images a deployment's own services run: built when their content changed, pulled when absent, or replaced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
import filelock

from agentchat_check import errors, progress
from agentchat_check.deployment import Configuration, Deployment, Role, image_name
from agentchat_check.settings import Settings
from agentchat_check.stack import complaints, content, debian, images, isolation
from agentchat_check.stack.compose import Compose

if TYPE_CHECKING:
    from docker import DockerClient as Client


@dataclass(frozen=True, slots=True)
class Plan:
    """What each service will run.

    Attributes:
        images: Image by service, where it is not what the compose file says.
        sections: Build section by service, for those that are built here.
        build: Those whose image has to be built now.
        pull: Images that have to come from a registry.
    """

    images: Mapping[str, str]
    sections: Mapping[str, Mapping[str, Any]]
    build: tuple[str, ...]
    pull: tuple[str, ...]

    def running(self, service: str, image: str) -> Plan:
        """The same plan, with one service on another image."""
        sections = {name: section for name, section in self.sections.items() if name != service}
        return replace(self, images={**self.images, service: image}, sections=sections)


def plan(
    client: Client,
    deployment: Deployment,
    configuration: Configuration,
    settings: Settings,
    *,
    stub_model: Mapping[str, Any] | None,
) -> Plan:
    """Decide where each service's image comes from; builds and pulls nothing.

    Args:
        client: The engine.
        deployment: Whose images are replaced on request.
        configuration: Its services.
        settings: Whether to build.
        stub_model: Build section of the stub model, where the deployment has no model.

    Raises:
        errors.DeploymentError: An image is named for a role or service that the deployment does not have.
    """
    replaced = _replacements(deployment, configuration, settings)
    chosen: dict[str, str] = dict(replaced)
    sections: dict[str, dict[str, Any]] = {}
    for name, service in configuration.services.items():
        if name in replaced or not service.get("build"):
            continue
        if settings.build is False:
            chosen[name] = service.get("image") or f"{configuration.project}-{name}"
        else:
            sections[name] = _absolute(service["build"], settings)
            chosen[name] = _tag(deployment.name, name, sections[name])
    if stub_model:
        sections[isolation.MODEL_SERVICE] = _absolute(stub_model, settings)
        chosen[isolation.MODEL_SERVICE] = _tag("stub", isolation.MODEL_SERVICE, sections[isolation.MODEL_SERVICE])
    build = tuple(name for name in sections if settings.build or not content.is_here(client, chosen[name]))
    wanted = {name: chosen.get(name) or service.get("image", "") for name, service in configuration.services.items()}
    pull = tuple(sorted({image for name, image in wanted.items() if name not in sections}))
    return Plan(chosen, sections, build, pull)


def carry_out(client: Client, plan_: Plan, compose: Compose, settings: Settings) -> None:
    """Build and pull what the plan says is missing. One build at a time on a host; a second one finds it done.

    Raises:
        errors.HostError: An image is neither here nor to be had.
        errors.CheckError: A build failed; the error ends in what it printed.
    """
    images.pull(client, plan_.pull, timeout=settings.pull_timeout)
    if not plan_.build:
        return
    with filelock.FileLock(settings.state / "build.lock"):
        missing = [name for name in plan_.build if settings.build or not content.is_here(client, plan_.images[name])]
        if missing:
            with (
                progress.step(f"building {', '.join(missing)}") as show,
                complaints.translated(f"build {', '.join(missing)}"),
                _former_ones_removed(client, [plan_.images[name] for name in missing]),
            ):
                compose.build_images(missing, on_line=show)


@contextmanager
def _former_ones_removed(client: Client, names: Sequence[str]) -> Iterator[None]:
    """What is built anew under an old name leaves the former image without one, to be found by nobody."""
    former = [client.images.get(name) for name in names if content.is_here(client, name)]
    yield
    for image in former:
        with suppress(docker.errors.APIError):  # one that a container still runs stays
            image.reload()
            if not image.tags:
                client.images.remove(str(image.id))


def _replacements(deployment: Deployment, configuration: Configuration, settings: Settings) -> dict[str, str]:
    replaced = {}
    if settings.images == "debian":
        ours = debian.names()
        for name, service in configuration.services.items():
            image = str(service.get("image", ""))
            if image_name(image) in ours and image not in ours.values():
                replaced[name] = ours[image_name(image)]
    for named, image in deployment.replace_images.items():
        role = Role(named) if named in set(Role) else None
        target = configuration.roles.get(role, "") if role else named
        if target not in configuration.services:
            raise errors.DeploymentError(
                f"run the image {image} for {named}",
                expected=f"a role or a service of {deployment.name}: {', '.join(sorted(configuration.services))}",
                actual=f"it has no {named}",
                next_step=f"correct --image {named}={image}",
            )
        replaced[target] = image
    return replaced


def _absolute(section: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A build section as compose rendered it (its context is absolute already), with the proxy's certificates."""
    secrets = [{"source": isolation.CA_SECRET}] if settings.ca_bundle else []
    return {**section, "secrets": [*section.get("secrets", ()), *secrets]}


def _tag(deployment: str, service: str, section: Mapping[str, Any]) -> str:
    context = Path(section["context"])
    dockerfile = context / section.get("dockerfile", "Dockerfile")
    recipe = dockerfile.read_bytes() if dockerfile.is_file() else b""
    settings = {key: value for key, value in section.items() if key not in {"context", "secrets"}}
    key = content.key(json.dumps(settings, sort_keys=True), recipe, content.tree(context) if context.is_dir() else "")
    name = re.sub(r"[^a-z0-9]+", "-", f"{deployment}-{service}".lower()).strip("-")
    return f"agentchat-check/{name}:{key}"
