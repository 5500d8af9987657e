"""Releases: those of the reference deployment, and whatever else an operator may name as one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import REFERENCE, Deployment, Role
from agentchat_check.settings import Settings
from agentchat_check.stack import content, making, patches, reference

if TYPE_CHECKING:
    from docker import DockerClient as Client

NAMES = ("ref-1", "ref-2", "ref-3")
"""The reference deployment's releases, each the successor of the one before it."""

_NOT_RELEASED = ("releases", "docker.env", "node_modules", "dist", "__pycache__", ".*_cache")
"""What may lie in the reference's directory and is not copied: the patches, settings of this host, what tools leave."""

_APPLICATION = (Role.BACKEND, Role.FRONTEND)
"""The roles whose images are AgentChat's own, so that a tag of it is one of theirs."""

_TAG = re.compile(r":\w[\w.-]{0,127}", re.ASCII)
_IMAGE_MAP = re.compile(r"[^=,\s/]+=[^=,\s]+(,[^=,\s/]+=[^=,\s]+)*")


def directory(name: str, settings: Settings) -> Path:
    """Where a release of the reference deployment is; made from its patches when it is not there yet.

    Args:
        name: One of ``NAMES``.
        settings: Where this host keeps what is made once.

    Raises:
        errors.DeploymentError: This installation came without the reference deployment, or a patch does not fit it.
    """
    if name == NAMES[0]:
        return REFERENCE
    with _drafted(name, settings) as (draft, made):
        if not made.is_dir():
            draft.rename(made)
    return made


def former(settings: Settings) -> tuple[Path, ...]:
    """The directories of releases that another version of the reference deployment, or of its patches, has made.

    Where today's cannot be told, without the reference or with a patch that does not fit it, none counts as former.

    Args:
        settings: Where this host keeps what is made once.
    """
    found: set[Path] = set()
    for name in NAMES[1:]:
        every = {path for path in (settings.state / "releases").glob(f"{name}-*") if path.is_dir()}
        with suppress(errors.DeploymentError):
            if every:
                with _drafted(name, settings) as (_, todays):
                    found |= every - {todays}
    return tuple(sorted(found))


@contextmanager
def _drafted(name: str, settings: Settings) -> Iterator[tuple[Path, Path]]:
    """A draft of a release, made from its patches, and the directory that is its place, for one process at a time."""
    reference.require(REFERENCE)
    home = settings.state / "releases"
    home.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(home / "lock"):
        draft = home / "draft"
        shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
        shutil.copytree(REFERENCE, draft, ignore=shutil.ignore_patterns(*_NOT_RELEASED))
        for patched in NAMES[1 : NAMES.index(name) + 1]:
            patches.apply(REFERENCE / "releases" / f"{patched}.patch", draft)
        yield draft, home / f"{name}-{content.tree(draft)}"
        shutil.rmtree(draft, ignore_errors=True)


def read(client: Client, settings: Settings, name: str) -> Deployment:
    """A release of the reference deployment, with its images and every value that an administrator would fill in.

    Args:
        client: The engine.
        settings: Where images come from.
        name: One of ``NAMES``.

    Raises:
        errors.DeploymentError: Its files are not to be had.
        errors.HostError: Its images are neither here nor to be had.
    """
    return replace(reference.read(client, settings, directory=directory(name, settings)), name=name)


def named(client: Client, settings: Settings, text: str, *, base: Deployment | None = None) -> Deployment:
    """The release that an operator names.

    Args:
        client: The engine.
        settings: Where images come from, and the deployment that was named.
        text: A release of the reference deployment (``ref-2``; a directory of that name is ``./ref-2``), a directory
            with a compose file, a tag of the application's images (``:v2.5``), or images by role or service
            (``backend=chat:2.5,frontend=page:2.5``).
        base: The deployment that tags and images are for; when not given, the one of the settings, else ``ref-1``.

    Raises:
        errors.DeploymentError: It is none of these, or a tag is for a deployment whose own images have no name.
    """
    return _named(settings, text, base, lambda name: read(client, settings, name))


def on_disk(settings: Settings, text: str, *, base: Deployment | None = None) -> Deployment:
    """The release that an operator names, as ``named`` finds it, without the images that it would run.

    Raises:
        errors.DeploymentError: As ``named``.
    """

    def unmade(name: str) -> Deployment:
        read_ = deployments.read(directory(name, settings), settings, variables=reference.passwords(settings.state))
        return replace(read_, name=name)

    return _named(settings, text, base, unmade)


def _named(settings: Settings, text: str, base: Deployment | None, ours: Callable[[str], Deployment]) -> Deployment:
    if text in NAMES:
        return ours(text)
    if text and Path(text).expanduser().is_dir():
        return deployments.read(Path(text), settings)
    if not (_TAG.fullmatch(text) or _IMAGE_MAP.fullmatch(text)):
        raise errors.DeploymentError(
            f"find the release {text!r}",
            expected=f"a directory with a compose file, {', '.join(NAMES)}, a tag like :v2.5, or images like "
            "backend=IMAGE,frontend=IMAGE",
            actual="it is none of them; there is no such directory",
            next_step="correct the name",
        )
    if base is None:
        own = settings.deployment
        base = deployments.read(own, settings) if own else ours(NAMES[0])
    images = _tagged(base, text) if text.startswith(":") else dict(one.split("=") for one in text.split(","))
    return replace(base, name=f"{base.name} with {text}", replace_images={**base.replace_images, **images})


def _tagged(base: Deployment, tag: str) -> dict[str, str]:
    """The images of every service that runs one of the application's, with another tag, by service."""
    configuration = making.read(base)
    running = {name: str(service.get("image", "")) for name, service in configuration.services.items()}
    for named_, image in base.replace_images.items():
        running[{str(role): name for role, name in configuration.roles.items()}.get(named_, named_)] = image
    own = [configuration.roles[role] for role in _APPLICATION if role in configuration.roles]
    nameless = [name for name in own if not running[name]]
    if nameless or not own:
        raise errors.DeploymentError(
            f"run {base.name} with the tag {tag}",
            expected="an image with a name for its backend and its frontend",
            actual=f"{' and '.join(nameless)}: built from its files" if nameless else "it has neither",
            next_step="name the images themselves: backend=IMAGE,frontend=IMAGE",
        )
    repositories = {_repository(running[name]) for name in own}
    return {name: f"{_repository(image)}{tag}" for name, image in running.items() if _repository(image) in repositories}


def _repository(image: str) -> str:
    """An image's name without tag and digest: ``registry:5000/chat:2@sha256:…`` is ``registry:5000/chat``."""
    return re.sub(r"(@.*|:[^/@]*(@.*)?)$", "", image)
