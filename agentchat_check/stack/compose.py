"""The compose project of a stack, on testcontainers' ``DockerCompose``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Ryuk's image needs a registry; labels and a sweep at the next start do its work, also after a crash.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
# With /.dockerenv on the host testcontainers takes itself for a container and looks for ports elsewhere.
os.environ.setdefault("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")
os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")

from testcontainers.compose import DockerCompose

from agentchat_check.stack import complaints, process

QUICK = 60.0
"""Seconds for commands that only look."""

SLOW = 1800.0
"""Seconds for builds."""


@dataclass
class Compose(DockerCompose):
    """One compose project.

    testcontainers gives it no name, so that two projects of one directory would be one, and runs its commands unbounded
    and unlogged. We keep its commands and their parsing, name the project, and run everything through the one door.

    Attributes:
        project: The project's name; "" lets compose choose, as it does for the administrator.
        project_directory: What relative paths in the compose files are relative to.
        environment: Variables for compose, on top of ours; they win over the env file.
    """

    project: str = ""
    project_directory: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def compose_command_property(self) -> list[str]:
        """The command up to its verb."""
        command = ["docker", "compose"]
        if self.project:
            command += ["--project-name", self.project]
        if self.project_directory:
            command += ["--project-directory", str(self.project_directory)]
        for file in self.compose_file_name or ():
            command += ["--file", file]
        for env_file in self.env_file or ():
            command += ["--env-file", env_file]
        return command

    def __call__(
        self,
        *arguments: str,
        timeout: float = QUICK,
        check: bool = True,
        given: str = "",
        on_line: Callable[[str], None] = lambda _: None,
    ) -> process.Completed:
        """Run one compose command in this project, to its end.

        Raises:
            process.CommandError: It failed or took too long.
        """
        return process.run(
            [*self.compose_command_property, *arguments],
            cwd=Path(self.context),
            environment=self.environment,
            timeout=timeout,
            check=check,
            given=given,
            on_line=on_line,
        )

    def rendered(self) -> dict[str, Any]:
        """The configuration as compose reads it: the only truthful reading of a compose file.

        Raises:
            errors.DeploymentError: Compose cannot read it; the error says which file, variable or key.
        """
        with complaints.translated(f"read the compose files of {self.project_directory or self.context}"):
            rendered: dict[str, Any] = json.loads(self("config", "--format", "json").stdout)
        return rendered

    def build_images(self, services: Sequence[str], *, on_line: Callable[[str], None]) -> None:
        """Build these services' images; of all services when none is named."""
        self("--progress", "plain", "build", *services, timeout=SLOW, on_line=on_line)

    def _run_command(self, cmd: str | list[str], context: str | None = None) -> subprocess.CompletedProcess[bytes]:
        """What testcontainers' own methods run goes through the one door, too."""
        command = [cmd] if isinstance(cmd, str) else cmd
        done = process.run(command, cwd=Path(context or self.context), environment=self.environment, timeout=QUICK)
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.encode(), done.stderr.encode())


def project_of(
    project: str,
    directory: Path,
    files: Sequence[Path],
    env_files: Sequence[Path],
    environment: Mapping[str, str] | None = None,
) -> Compose:
    """A project on these files, with its relative paths from a directory; one without a name gets compose's choice."""
    return Compose(
        directory,
        [str(file) for file in files],
        env_file=[str(file) for file in env_files],
        project=project,
        project_directory=directory,
        environment=environment or {},
    )
