"""Stacks from beginning to end: made from a deployment, found again by name, removed."""

from __future__ import annotations

import re
import secrets
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import Configuration, Deployment, Role
from agentchat_check.settings import Settings
from agentchat_check.stack import (
    build,
    complaints,
    content,
    evidence,
    isolation,
    prepared,
    reference,
    sweep,
    workspace,
)
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.running import Stack
from agentchat_check.stack.timeline import Timeline

if TYPE_CHECKING:
    from docker import DockerClient as Client

_ENV_FILE = "agentchat-check.env"
_HEADER = """\
Made by agentchat-check for one run: keeps this copy of the deployment apart from everything else on this host.
Own names and volumes, ports on 127.0.0.1 chosen by the engine, labels to find and remove it by."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whose stacks these are.

    Attributes:
        id: The run's name, on everything it makes.
        owner: The process at whose end they are nobody's; see ``owner.current``.
    """

    id: str
    owner: str


@contextmanager
def temporary(
    client: Client, deployment: Deployment, settings: Settings, run: Run, *, evidence_into: Path
) -> Iterator[Stack]:
    """A stack of its own: brought up, and removed at the end whatever happens, unless it is to be kept.

    Args:
        client: The engine.
        deployment: What to bring up.
        settings: How long it may take, and whether it is to be kept.
        run: Whose stack it is.
        evidence_into: Where to save what it looks like, should it not come up.

    Raises:
        errors.CheckError: It cannot be made, or does not come up.
    """
    stack = create(client, deployment, settings, run)
    try:
        bring_up(stack, settings, evidence_into=evidence_into)
        yield stack
    finally:
        if not stack.kept:
            remove(client, stack.project)
        stack.timeline.close()


def create(client: Client, deployment: Deployment, settings: Settings, run: Run) -> Stack:
    """Make an isolated stack of a deployment: its images are here, its files in a scratch copy, nothing started.

    Raises:
        errors.DeploymentError: The deployment's files are at fault.
        errors.HostError: An image is neither here nor to be had.
    """
    configuration = _read(deployment)
    stub = None if Role.MODEL in configuration.roles else reference.stub_model(client, settings)
    plan = build.plan(client, deployment, configuration, settings, stub_model=stub)
    project = f"{workspace.PREFIX}{secrets.token_hex(4)}"
    scratch = workspace.make(deployment, configuration, project=project, owner=run.owner)
    try:
        compose = _isolated(project, deployment, configuration, scratch, plan, settings, run)
        build.carry_out(client, plan, compose, settings)
        if settings.database == "prepared":
            image = _prepared(client, deployment, configuration, plan, settings, run)
            plan = plan.running(configuration.roles[Role.DATABASE], image)
            compose = _isolated(project, deployment, configuration, scratch, plan, settings, run)
    except BaseException:
        scratch.remove()
        raise
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


def bring_up(stack: Stack, settings: Settings, *, evidence_into: Path) -> None:
    """Bring a stack up; if it does not come up, save why before anybody removes it.

    Raises:
        errors.CheckError: It did not come up; carries the paths of the evidence.
    """
    try:
        stack.up(timeout=settings.up_timeout)
    except errors.CheckError as error:
        error.evidence = evidence.collect(stack, evidence_into)
        raise


def attach(client: Client, project: str, settings: Settings) -> Stack:
    """The stack of a running project: somebody's installation, or one that we made and kept.

    Raises:
        errors.StackError: No project of that name runs on this engine.
    """
    with complaints.translated(f"find the project {project}"):
        containers = client.containers.list(all=True, filters={"label": f"com.docker.compose.project={project}"})
    if not containers:
        raise errors.StackError(
            f"find the project {project}",
            expected="a compose project of that name on this engine",
            actual=f"its projects are: {', '.join(_projects(client)) or 'none'}",
            next_step="correct the name: --attach PROJECT; `docker compose ls --all` lists them",
        )
    labels = containers[0].labels
    directory = Path(labels.get("com.docker.compose.project.working_dir", "."))
    files = _existing(labels.get("com.docker.compose.project.config_files", ""))
    env_files = _existing(labels.get("com.docker.compose.project.environment_file", ""))
    where = directory if directory.is_dir() else Path.cwd()
    compose = _compose(project, where, files, env_files)
    images = {c.labels["com.docker.compose.service"]: c.attrs["Config"]["Image"] for c in containers}
    return Stack(
        project=project,
        name=project,
        client=client,
        compose=compose,
        configuration=_declared(project, where, files, env_files, settings),
        roles=deployments.find_roles(images, settings.roles),
        timeline=Timeline(client, project),
        live=isolation.OWNER not in labels,
        kept=True,
    )


def remove(client: Client, project: str) -> None:
    """Remove a stack of ours and everything it made; an interrupt waits until that is done."""
    with _undisturbed():
        compose = Compose(Path.cwd(), project=project)
        with suppress(errors.CheckError):  # what compose cannot remove, the sweep does
            compose("down", "--volumes", "--remove-orphans", "--timeout", "3", timeout=120)
        sweep.remove(client, project)


def _read(deployment: Deployment) -> Configuration:
    env_files = [deployment.env_file] if deployment.env_file else []
    compose = _compose("", deployment.directory, deployment.compose_files, env_files, deployment.variables)
    return deployments.configuration(compose.rendered(), deployment.role_names)


def _prepared(
    client: Client,
    deployment: Deployment,
    configuration: Configuration,
    plan: build.Plan,
    settings: Settings,
    run: Run,
) -> str:
    """The image of the prepared database; the first to need it makes it, from a cold stack."""
    image = prepared.name(client, configuration, plan.images)
    with filelock.FileLock(settings.state / "prepared.lock"):
        if not content.is_here(client, image):
            cold = settings.model_copy(update={"database": "cold", "keep_stack": False})
            evidence_into = settings.reports / run.id / "evidence" / "prepared"
            with temporary(client, deployment, cold, run, evidence_into=evidence_into) as stack:
                prepared.make(stack, image)
    return image


def _isolated(
    project: str,
    deployment: Deployment,
    configuration: Configuration,
    scratch: workspace.Workspace,
    plan: build.Plan,
    settings: Settings,
    run: Run,
) -> Compose:
    """The deployment's own files in the scratch copy, with the override on top."""
    labels = {isolation.OWNER: run.owner, isolation.RUN: run.id, isolation.SCRATCH: str(scratch.root)}
    if settings.keep_stack:
        labels[isolation.KEEP] = "true"
    changes = isolation.override(
        configuration,
        isolation.Isolation(
            labels=labels,
            mounts=scratch.mounts,
            builds=plan.sections,
            images=plan.images,
            env_files=scratch.env_files,
            ca_bundle=settings.ca_bundle,
            health_interval=settings.health_interval,
        ),
    )
    override = scratch.directory / isolation.FILE
    override.write_text(isolation.as_yaml(changes, header=_HEADER))
    # In a file, so that whoever finds this stack later can read its configuration; and in the environment, because
    # that wins over files.
    variables = scratch.directory / _ENV_FILE
    variables.touch(mode=0o600)
    variables.write_text("".join(_env_line(name, value) for name, value in deployment.variables.items()))
    env_files = [scratch.copy_of(deployment.env_file, deployment)] if deployment.env_file else []
    files = [*(scratch.copy_of(file, deployment) for file in deployment.compose_files), override]
    return _compose(project, scratch.directory, files, [*env_files, variables], deployment.variables)


def _compose(
    project: str,
    directory: Path,
    files: Sequence[Path],
    env_files: Sequence[Path],
    environment: Mapping[str, str] | None = None,
) -> Compose:
    return Compose(
        directory,
        [str(file) for file in files],
        env_file=[str(file) for file in env_files],
        project=project,
        project_directory=directory,
        environment=environment or {},
    )


def _declared(
    project: str, directory: Path, files: Sequence[Path], env_files: Sequence[Path], settings: Settings
) -> Configuration | None:
    """What a running project's own files declare, if they are still here and readable."""
    own = [file for file in files if file.name != isolation.FILE]
    if not own:
        return None
    with suppress(errors.DeploymentError):
        rendered = _compose(project, directory, own, env_files).rendered()
        return deployments.configuration(rendered, settings.roles)
    return None


def _existing(names: str) -> list[Path]:
    """Files that compose noted on a container, comma between them, as far as they are still here."""
    return [path for name in names.split(",") if name and (path := Path(name)).is_file()]


def _projects(client: Client) -> list[str]:
    containers = client.containers.list(all=True, filters={"label": "com.docker.compose.project"})
    return sorted({container.labels["com.docker.compose.project"] for container in containers})


def _env_line(name: str, value: str) -> str:
    """A line of an env file, in the quotes that keep every character of the value."""
    if "'" not in value:
        return f"{name}='{value}'\n"
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'{name}="{escaped}"\n'


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No interrupt in between: half removed is worse than a second late."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
