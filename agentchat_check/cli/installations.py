"""The running installation that a command line names."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check import settings as settings_
from agentchat_check.settings import Settings
from agentchat_check.stack import attachment, engine
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack


def running(project: str | None, directory: Path | None) -> Stack:
    """The running stack that was named.

    Raises:
        errors.CheckError: None was, or it does not run.
    """
    settings = settings_.read({"deployment": directory, "attach": project})
    name = settings.attach or _project_of(settings)
    return attachment.find(engine.connect(), name, settings)


def _project_of(settings: Settings) -> str:
    """The compose project of a deployment's directory."""
    if settings.deployment is None:
        raise errors.StackError(
            "find the installation",
            expected="the name of a running project, or its compose directory",
            actual="neither was given",
            next_step="--attach PROJECT (docker compose ls --all lists them), or --deployment DIR",
        )
    read = deployments.read(settings.deployment, settings)
    given = [read.env_file] if read.env_file else []
    return str(project_of("", read.directory, read.compose_files, given, read.variables).rendered()["name"])
