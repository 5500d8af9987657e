"""What compose would really run, asked of compose itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.stack import process

_PATIENCE = 10.0
_ALL_PROFILES = "*"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What compose made of the files.

    Attributes:
        configuration: Its own account of them; None where there is no compose, or it refused them.
        complaint: Why it refused them; "" where it did not.
    """

    configuration: Mapping[str, Any] | None
    complaint: str = ""


def ask(files: tuple[Path, ...], directory: Path, env_file: Path | None, variables: Mapping[str, str]) -> Rendering:
    """Ask compose, if this host has it, what it makes of these files, services of every profile among them."""
    command = ["docker", "compose", "--project-directory", str(directory), "--profile", _ALL_PROFILES]
    for file in files:
        command += ["--file", str(file)]
    if env_file is not None:
        command += ["--env-file", str(env_file)]
    try:
        said = process.run(
            [*command, "config", "--format", "json"],
            cwd=directory,
            environment=variables,
            timeout=_PATIENCE,
            check=False,
        )
        if said.returncode == 0:
            return Rendering(json.loads(said.stdout))
        if not _is_there(directory):
            return Rendering(None)
        return Rendering(None, " ".join(said.said.split()) or f"exit status {said.returncode}")
    except (errors.HostError, process.CommandError, ValueError):
        return Rendering(None)


def _is_there(directory: Path) -> bool:
    """Whether there is a compose that speaks JSON; an old one, or a docker command without it, judges nothing."""
    said = process.run(["docker", "compose", "version", "--short"], cwd=directory, timeout=_PATIENCE, check=False)
    return said.returncode == 0 and not said.stdout.strip().removeprefix("v").startswith("1.")
