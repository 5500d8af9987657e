"""A stack made from a deployment: images chosen, files copied, kept apart from everything else; nothing started."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agentchat_check import deployment as deployments
from agentchat_check.deployment import Configuration, Deployment, Role
from agentchat_check.settings import Settings
from agentchat_check.stack import build, compose_yaml, engine, env_files, isolation, labels, reference, workspace
from agentchat_check.stack.compose import Compose, project_of
from agentchat_check.stack.owner import NOBODY, Run
from agentchat_check.stack.running import Stack
from agentchat_check.stack.timeline import Timeline

if TYPE_CHECKING:
    from docker import DockerClient as Client

ENV_FILE = "agentchat-check.env"
"""Values that win over a deployment's own env file."""

_HEADER = """\
Made by agentchat-check for one run: keeps this copy of the deployment apart from everything else on this host.
Own names and volumes, ports on 127.0.0.1 chosen by the engine, labels to find and remove it by."""


def make(
    client: Client,
    deployment: Deployment,
    settings: Settings,
    run: Run,
    *,
    prepare: Callable[[Configuration, build.Plan], str] | None = None,
) -> Stack:
    """Make an isolated stack of a deployment: its images are here, its files in a scratch copy, nothing started.

    Args:
        client: The engine.
        deployment: What it is a stack of.
        settings: Where images come from, and how the stack is to be.
        run: Whose stack it is.
        prepare: Makes the image of a prepared database and names it; without it the database starts cold.

    Raises:
        errors.DeploymentError: The deployment's files are at fault.
        errors.HostError: An image is neither here nor to be had.
    """
    configuration = read(deployment)
    plan = planned(client, deployment, configuration, settings)
    project = f"{workspace.PREFIX}{secrets.token_hex(4)}"
    scratch = workspace.make(
        deployment, configuration, project=project, owner=NOBODY if settings.keep_stack else run.owner
    )
    ours = {labels.OWNER: run.owner, labels.RUN: run.id, labels.SCRATCH: str(scratch.root)}
    if settings.keep_stack:
        ours[labels.KEEP] = "true"
    try:
        compose = isolated(client, project, deployment, configuration, scratch, plan, settings, ours)
        build.carry_out(client, plan, compose, settings)
        if prepare:
            plan = plan.running(configuration.roles[Role.DATABASE], prepare(configuration, plan))
            compose = isolated(client, project, deployment, configuration, scratch, plan, settings, ours)
        return Stack(
            project=project,
            name=deployment.name,
            client=client,
            compose=compose,
            configuration=configuration,
            roles={Role.MODEL: isolation.MODEL_SERVICE, **configuration.roles},
            timeline=Timeline(client, project),
            live=False,
            kept=settings.keep_stack,
        )
    except BaseException:
        scratch.remove()
        raise


def read(deployment: Deployment) -> Configuration:
    """What compose makes of a deployment's files.

    Raises:
        errors.DeploymentError: It cannot read them, or a role is claimed by two services.
    """
    given = [deployment.env_file] if deployment.env_file else []
    compose = project_of("", deployment.directory, deployment.compose_files, given, deployment.variables)
    return deployments.configuration(compose.rendered(), deployment.role_names)


def planned(client: Client, deployment: Deployment, configuration: Configuration, settings: Settings) -> build.Plan:
    """What each service of an isolated stack will run; a deployment that has no model gets the stub.

    Raises:
        errors.DeploymentError: An image is named for a role or service that the deployment does not have.
    """
    stub = None if Role.MODEL in configuration.roles else reference.stub_model(client, settings)
    return build.plan(client, deployment, configuration, settings, stub_model=stub)


def isolated(
    client: Client,
    project: str,
    deployment: Deployment,
    configuration: Configuration,
    scratch: workspace.Workspace,
    plan: build.Plan,
    settings: Settings,
    ours: Mapping[str, str],
) -> Compose:
    """The deployment's own files in the scratch copy, with the override on top.

    Args:
        client: The engine.
        project: The stack's project.
        deployment: What it is a stack of.
        configuration: Its services.
        scratch: Its copy.
        plan: What its services run.
        settings: How the stack is to be.
        ours: Labels of everything it makes.
    """
    changes = isolation.override(
        configuration,
        isolation.Isolation(
            labels=ours,
            mounts=scratch.mounts,
            builds=plan.sections,
            images=plan.images,
            env_files=scratch.env_files,
            ca_bundle=settings.ca_bundle,
            health_interval=settings.health_interval,
            start_interval=engine.knows_start_interval(client),
        ),
    )
    override = scratch.directory / isolation.FILE
    # In a file, so that whoever finds this stack later can read its configuration; and in the environment, because
    # that wins over files.
    variables = scratch.directory / ENV_FILE
    with workspace.written(deployment, scratch.root):
        override.write_text(compose_yaml.as_yaml(changes, header=_HEADER))
        variables.touch(mode=0o600)
        variables.write_text(env_files.lines(deployment.variables))
    given = [scratch.copy_of(deployment.env_file, deployment)] if deployment.env_file else []
    files = [*(scratch.copy_of(file, deployment) for file in deployment.compose_files), override]
    return project_of(project, scratch.directory, files, [*given, variables], deployment.variables)
