"""The reference deployment, ready to run on this host: its images, and passwords that only this host knows."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import REFERENCE, Deployment
from agentchat_check.settings import Settings
from agentchat_check.stack import images

if TYPE_CHECKING:
    from docker import DockerClient as Client

SECRETS = ("MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET_KEY")
"""What ``docker.env.example`` leaves to the administrator."""


def read(client: Client, settings: Settings, *, directory: Path = REFERENCE) -> Deployment:
    """The reference deployment, or a changed copy of it, with every value that an administrator would fill in.

    Raises:
        errors.DeploymentError: This installation of agentchat-check came without it.
        errors.HostError: Its images are neither here nor to be had.
    """
    require(directory)
    variables = {**images.variables(client, settings), **passwords(settings.state)}
    return deployments.read(directory, settings, variables=variables)


def require(directory: Path) -> None:
    """Make sure that the reference deployment is here.

    Raises:
        errors.DeploymentError: This installation of agentchat-check came without it.
    """
    if not directory.is_dir():
        raise errors.DeploymentError(
            "bring up the reference deployment",
            expected=f"its files in {directory}",
            actual="there is no such directory; the package alone does not bring them",
            next_step="run from a checkout of agentchat-check, or name a deployment: --deployment DIR",
        )


def stub_model(client: Client, settings: Settings) -> dict[str, Any]:
    """The build section of the stub model, for deployments that bring no model of their own."""
    base = images.variables(client, settings, only=("python",))
    return {"context": str(REFERENCE / "model"), "dockerfile": "Dockerfile", "args": base}


def passwords(state: Path) -> Mapping[str, str]:
    """The same on every run of this host, so that a prepared database fits; another host has others."""
    seed_file = state / "seed"
    if not seed_file.is_file():
        state.mkdir(parents=True, exist_ok=True)
        fresh = seed_file.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        fresh.rename(seed_file)
    seed = seed_file.read_bytes()
    return {name: hmac.new(seed, name.encode(), hashlib.sha256).hexdigest() for name in SECRETS}
