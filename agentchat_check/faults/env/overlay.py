"""Production overlays that cannot work: the deployment with one more compose file on top."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentchat_check.deployment import Deployment


def unset_variable(deployment: Deployment, directory: Path) -> Deployment:
    """A variable stands there that nobody sets, without a default."""
    return _with(deployment, directory, {"redis": {"environment": {"REDIS_REGION": "${NOBODY_SETS_THIS}"}}})


def blank_variable(deployment: Deployment, directory: Path) -> Deployment:
    """A variable is set to nothing."""
    changed = _with(deployment, directory, {"redis": {"environment": {"REDIS_REGION": "${SET_TO_NOTHING}"}}})
    return replace(changed, variables={**deployment.variables, "SET_TO_NOTHING": ""})


def missing_variable(deployment: Deployment, directory: Path) -> Deployment:
    """A variable is required, and nobody sets it."""
    return _with(deployment, directory, {"redis": {"environment": {"REDIS_REGION": "${NOBODY_SETS_THIS:?set it}"}}})


def missing_program(deployment: Deployment, directory: Path) -> Deployment:
    """The backend is to run a server that its image does not have."""
    return _with(deployment, directory, {"backend": {"command": ["hypercorn", "main:app"]}})


def flag_of_another_release(deployment: Deployment, directory: Path) -> Deployment:
    """The database is given flags that its server does not have any more."""
    flags = [
        "--max-connections=200",
        "--query-cache-size=256M",
        "--default-authentication-plugin=mysql_native_password",
    ]
    return _with(deployment, directory, {"mysql": {"command": flags}})


def _with(deployment: Deployment, directory: Path, services: Mapping[str, Any]) -> Deployment:
    overlay = directory / "fault.json"
    overlay.write_text(json.dumps({"services": services}))
    return replace(deployment, compose_files=(*deployment.compose_files, overlay))
