"""The next release of a running stack, in the same project: its containers change, its volumes and networks stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import dotenv

from agentchat_check import deployment as deployments
from agentchat_check import errors, facts, progress
from agentchat_check.deployment import Configuration, Deployment, Role
from agentchat_check.settings import Settings
from agentchat_check.stack import (
    build,
    complaints,
    compose_yaml,
    content,
    env_files,
    images,
    isolation,
    labels,
    making,
    prepared,
    workspace,
)
from agentchat_check.stack.compose import Compose, project_of
from agentchat_check.stack.running import Stack

_OURS = (labels.OWNER, labels.RUN, labels.SCRATCH, labels.KEEP)

_PINS_HEADER = """\
Made by agentchat-check: this release runs exactly these images, whatever their tags mean by now, and reads these files
as they were when it was recorded."""


def successor(stack: Stack, deployment: Deployment, settings: Settings, *, number: int, into: Path) -> Stack:
    """The stack as another release makes it: its images are here, nothing of what runs is touched.

    Of a stack of ours the release's files go to a further directory of its scratch copy, isolated like the first; an
    installation runs them where they are.

    Args:
        stack: What runs.
        deployment: The release.
        settings: Where images come from, and how a stack of ours is to be.
        number: Which release of the project it is.
        into: A directory for what is written on top of the release's own files.

    Raises:
        errors.DeploymentError: The release's files are at fault.
        errors.HostError: An image is neither here nor to be had.
    """
    configuration = making.read(deployment)
    succeed = _in_place if stack.live else _isolated
    compose = succeed(stack, deployment, configuration, settings, number, into)
    stub = {Role.MODEL: isolation.MODEL_SERVICE} if not stack.live else {}
    return replace(
        stack,
        name=deployment.name,
        compose=compose,
        configuration=configuration,
        roles={**stub, **configuration.roles},
    )


def deployment_of(stack: Stack, role_names: Mapping[str, str]) -> Deployment:
    """The deployment that a stack was brought up from, without what we put on top of its files.

    Args:
        stack: The stack.
        role_names: Services named by the operator, by role.

    Raises:
        errors.StackError: Its files are not here.
    """
    files = [Path(file) for file in stack.compose.compose_file_name or ()]
    own = tuple(file for file in files if file.name not in {isolation.FILE, isolation.PINS})
    if not own:
        raise errors.StackError(
            f"find the files of {stack.project}",
            expected="the compose files that it was started from",
            actual="they are not on this host, or are not there any more",
            next_step="put them back, and start it from there: docker compose up --detach",
        )
    env = [Path(file) for file in stack.compose.env_file or ()]
    variables = [value for file in env if file.name == making.ENV_FILE for value in dotenv.dotenv_values(file).items()]
    return Deployment(
        name=stack.name,
        directory=stack.directory,
        compose_files=own,
        env_file=next((file for file in env if file.name != making.ENV_FILE), None),
        variables={name: value for name, value in variables if value is not None},
        role_names=dict(role_names),
    )


def made_otherwise(stack: Stack) -> tuple[str, ...]:
    """The services whose containers were made from other files than the stack's, or that are not there at all.

    Raises:
        errors.CheckError: Compose cannot read the files.
    """
    with complaints.translated(f"read the compose files of {stack.directory}"):
        told = dict(line.split()[:2] for line in stack.compose("config", "--hash", "*").stdout.splitlines() if line)
    found = {name: attrs["Config"]["Labels"].get(labels.CONFIG_HASH, "") for name, attrs in stack.inspect().items()}
    return tuple(sorted(name for name in told if found.get(name) != told[name]))


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
    changes = isolation.pins(rendered, changed, isolation.Mounts(mounts or {}))
    if not changes:
        return bare
    override = _written(into / isolation.PINS, compose_yaml.as_yaml(changes, header=_PINS_HEADER))
    files = [*(bare.compose.compose_file_name or ()), str(override)]
    return replace(stack, compose=replace(stack.compose, compose_file_name=files))


def named_as_before(stack: Stack, wanted: Sequence[facts.Image]) -> None:
    """Give images that are built here the names by which compose finds them, as a build of that release would.

    An administrator's next ``docker compose up`` would run what was built last, whatever runs now.
    """
    rendered = _rendered(stack)
    with complaints.translated(f"name the images of {stack.project}"):
        for image in wanted:
            if (rendered.services.get(image.service) or {}).get("build") and not _is(stack, image.name, image.id):
                stack.client.images.get(image.id).tag(image.name)


def _isolated(
    stack: Stack, deployment: Deployment, configuration: Configuration, settings: Settings, number: int, into: Path
) -> Compose:
    """A further copy in the scratch directory, under the labels that the stack has."""
    del into  # everything is in the scratch directory
    client = stack.client
    tags = next(iter(stack.inspect().values()))["Config"]["Labels"]
    ours = {name: tags[name] for name in _OURS if name in tags}
    plan = making.planned(client, deployment, configuration, settings)
    scratch = workspace.succeed(deployment, configuration, project=stack.project, number=number)
    compose = making.isolated(client, stack.project, deployment, configuration, scratch, plan, settings, ours)
    build.carry_out(client, plan, compose, settings)
    database, running = configuration.roles.get(Role.DATABASE, ""), stack.service(Role.DATABASE).image
    if database and prepared.is_made_of(
        client, running, plan.images.get(database) or configuration.services[database]["image"]
    ):
        plan = plan.running(database, running)
        compose = making.isolated(client, stack.project, deployment, configuration, scratch, plan, settings, ours)
    return compose


def _in_place(
    stack: Stack, deployment: Deployment, configuration: Configuration, settings: Settings, number: int, into: Path
) -> Compose:
    """The release's files where they are, with other images on top where the operator names some."""
    del number  # its files are where they are
    given = [deployment.env_file] if deployment.env_file else []
    if deployment.variables:
        given.append(_written(into / making.ENV_FILE, env_files.lines(deployment.variables)))
    its_own = settings.model_copy(update={"images": "auto"})  # an installation's images are not replaced by ours
    plan = build.plan(stack.client, deployment, configuration, its_own, stub_model=None)
    replaced = {service: image for service, image in plan.images.items() if service not in plan.sections}
    files = list(deployment.compose_files)
    if changes := isolation.pins(configuration, replaced, isolation.Mounts({})):
        files.append(_written(into / isolation.PINS, compose_yaml.as_yaml(changes, header=_PINS_HEADER)))
    compose = project_of(stack.project, deployment.directory, files, given)
    images.pull(stack.client, plan.pull, timeout=settings.pull_timeout)
    if built := list(plan.sections):
        with (
            progress.step(f"building {', '.join(built)}") as show,
            complaints.translated(f"build {', '.join(built)}"),
        ):
            compose.build_images(built, on_line=show)
    return compose


def _written(file: Path, text: str) -> Path:
    """A file for its owner alone."""
    try:
        file.touch(mode=0o600)
        file.write_text(text)
    except OSError as error:
        raise errors.HostError(
            f"write {file}",
            expected="a directory that can be written",
            actual=error.strerror or str(error),
            next_step="give our state another place: AGENTCHAT_CHECK_STATE=DIR",
        ) from None
    return file


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
