"""A stack that runs already, found by its project's name: somebody's installation, or one that we made and kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import Configuration
from agentchat_check.settings import Settings
from agentchat_check.stack import complaints, isolation, labels
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack
from agentchat_check.stack.timeline import Timeline

if TYPE_CHECKING:
    from docker import DockerClient as Client


def find(client: Client, project: str, settings: Settings) -> Stack:
    """The stack of a running project: somebody's installation, or one that we made and kept.

    Raises:
        errors.StackError: No project of that name runs on this engine.
    """
    with complaints.translated(f"find the project {project}"):
        containers = client.containers.list(all=True, filters={"label": f"{labels.PROJECT}={project}"})
    if not containers:
        raise errors.StackError(
            f"find the project {project}",
            expected="a compose project of that name on this engine",
            actual=f"its projects are: {', '.join(_projects(client)) or 'none'}",
            next_step="correct the name: --attach PROJECT; `docker compose ls --all` lists them",
        )
    latest = max(containers, key=lambda container: str(container.attrs["Created"]))  # of the release that came last
    tags = latest.labels
    directory = Path(tags.get(labels.WORKING_DIRECTORY, "."))
    files = _existing(tags.get(labels.CONFIG_FILES, ""))
    env_files = _existing(tags.get(labels.ENVIRONMENT_FILE, ""))
    where = directory if directory.is_dir() else Path.cwd()
    compose = project_of(project, where, files, env_files)
    images = {c.labels[labels.SERVICE]: c.attrs["Config"]["Image"] for c in containers}
    return Stack(
        project=project,
        name=project,
        client=client,
        compose=compose,
        configuration=_declared(project, where, files, env_files, settings),
        roles=deployments.find_roles(images, settings.roles),
        timeline=Timeline(client, project),
        live=labels.OWNER not in tags,
        kept=True,
    )


def _declared(
    project: str, directory: Path, files: Sequence[Path], env_files: Sequence[Path], settings: Settings
) -> Configuration | None:
    """What a running project's own files declare, if they are still here and readable."""
    own = [file for file in files if file.name not in {isolation.FILE, isolation.PINS}]
    if not own:
        return None
    with suppress(errors.DeploymentError):
        rendered = project_of(project, directory, own, env_files).rendered()
        return deployments.configuration(rendered, settings.roles)
    return None


def _existing(names: str) -> list[Path]:
    """Files that compose noted on a container, comma between them, as far as they are still here."""
    return [path for name in names.split(",") if name and (path := Path(name)).is_file()]


def _projects(client: Client) -> list[str]:
    containers = client.containers.list(all=True, filters={"label": labels.PROJECT})
    return sorted({container.labels[labels.PROJECT] for container in containers})
