"""The files that a running project was started from."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import errors
from agentchat_check.audit import files, variables
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.files import Files
from agentchat_check.deployment import Deployment
from agentchat_check.stack import isolation
from agentchat_check.stack.running import Stack


def read(stack: Stack) -> Files:
    """Read the files of a running project, as compose noted them on its containers.

    Raises:
        errors.DeploymentError: They are not on this host any more, or cannot be read.
    """
    names = [Path(name) for name in stack.compose.compose_file_name or ()]
    directory = stack.compose.project_directory or Path(stack.compose.context)
    own = tuple(path for path in names if path.name != isolation.FILE)
    if not own:
        raise errors.DeploymentError(
            f"read the files of {stack.project}",
            expected="the compose files that it was started from",
            actual="they are not on this host, or not to be read",
            next_step="audit them where they are: agentchat-check audit DIR",
        )
    given = [Path(name) for name in stack.compose.env_file or ()] or [directory / ".env"]
    there = [path for path in given if path.is_file()]
    first, more = next(iter(there), None), tuple(there[1:])
    deployment = Deployment(
        name=stack.project,
        directory=directory,
        compose_files=own,
        env_file=first,
        variables={name: value for path in more for name, value in variables.values(variables.read(path)).items()},
    )
    running = {service.name: service.image for service in stack.services()}
    return files.read(deployment, EngineImages(), running=running, more_env_files=more)
