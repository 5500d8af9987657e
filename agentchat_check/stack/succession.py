"""The next release of a running stack, in the same project: its containers change, its volumes and networks stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import dotenv

from agentchat_check import errors, progress
from agentchat_check.deployment import Configuration, Deployment, Role
from agentchat_check.settings import Settings
from agentchat_check.stack import (
    build,
    complaints,
    env_files,
    images,
    isolation,
    labels,
    making,
    own_files,
    pinning,
    prepared,
    workspace,
)
from agentchat_check.stack.compose import Compose, project_of
from agentchat_check.stack.running import Stack

_OURS = (labels.OWNER, labels.RUN, labels.SCRATCH, labels.KEEP)


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
        given.append(own_files.write(into / making.ENV_FILE, env_files.lines(deployment.variables)))
    its_own = settings.model_copy(update={"images": "auto"})  # an installation's images are not replaced by ours
    plan = build.plan(stack.client, deployment, configuration, its_own, stub_model=None)
    replaced = {service: image for service, image in plan.images.items() if service not in plan.sections}
    files = [*deployment.compose_files, *pinning.override(configuration, replaced, into=into)]
    compose = project_of(stack.project, deployment.directory, files, given)
    images.pull(stack.client, plan.pull, timeout=settings.pull_timeout)
    if built := list(plan.sections):
        with (
            progress.step(f"building {', '.join(built)}") as show,
            complaints.translated(f"build {', '.join(built)}"),
        ):
            compose.build_images(built, on_line=show)
    return compose
