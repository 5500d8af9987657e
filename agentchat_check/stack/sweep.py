"""Removes what we made: a stack at its end, and at the next start what a dead run left behind."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors

from agentchat_check.stack import complaints, keeping, labels, owner, workspace

if TYPE_CHECKING:
    from docker import DockerClient as Client
    from docker.models.containers import Container

    _Filters = dict[str, str | list[str] | bool]


_BUILT_HERE = "agentchat-check/"
"""How the name of every image begins that we built."""

_NAMELESS = re.compile("[0-9a-f]{64}")
"""How the engine calls a volume that nobody named."""

_REMOVAL = 30.0
"""Seconds that somebody else's removal of a container may take."""


@complaints.translated("remove what dead runs left behind")
def abandoned(client: Client) -> list[str]:
    """Remove the stacks and scratch directories of runs that died, except those that were to be kept.

    Returns:
        The names of the projects removed.
    """
    projects = set()
    for tags in _labels(client):
        if labels.KEEP not in tags and owner.is_dead(tags.get(labels.OWNER, "")):
            projects.add(tags[labels.PROJECT])
    for project in sorted(projects):
        remove(client, project)
    in_use = {workspace.place(project) for project in kept(client)}
    for scratch in Path(tempfile.gettempdir()).glob(f"{workspace.PREFIX}*/{workspace.OWNER_FILE}"):
        if scratch.parent not in in_use and owner.is_dead(scratch.read_text()):
            shutil.rmtree(scratch.parent, ignore_errors=True)
    return sorted(projects)


def remove(client: Client, project: str) -> None:
    """Remove everything of one project of ours: containers, helpers, networks, volumes, scratch directory.

    Only what carries our label goes; a project of somebody else's that happens to have the name keeps everything.
    """
    ours: _Filters = {"label": [f"{labels.PROJECT}={project}", labels.OWNER]}
    helping: _Filters = {"label": [f"{labels.PROJECT}={labels.of_helpers(project)}", labels.OWNER]}
    with complaints.translated(f"remove {project}"):
        containers = client.containers.list(all=True, filters=ours, ignore_removed=True)
        helpers = client.containers.list(all=True, filters=helping, ignore_removed=True)
        nameless = _nameless(containers)
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(_remove_container, [*containers, *helpers]))
        for network in client.networks.list(filters=ours):
            _gone(network.remove)
        for volume in client.volumes.list(filters=ours):
            _gone(partial(volume.remove, force=True))
        _remove_volumes(client, nameless)
    if containers:
        keeping.forget(client, project)
    _remove_scratch(project)


@contextlib.contextmanager
def forsaken(client: Client, project: str) -> Iterator[None]:
    """Remove the volumes that nobody named of what a block removes of a project of ours.

    They have no label, so that once their containers are gone nothing says whose they were.
    """
    ours: _Filters = {"label": [f"{labels.PROJECT}={project}", labels.OWNER]}
    with complaints.translated(f"look at the volumes of {project}"):
        nameless = _nameless(client.containers.list(all=True, filters=ours, ignore_removed=True))
    yield
    with complaints.translated(f"remove the volumes that {project} left"):
        _remove_volumes(client, nameless)


def run_projects(client: Client, run: str) -> list[str]:
    """The projects of one run that are still there."""
    return sorted({tags[labels.PROJECT] for tags in _labels(client, f"{labels.RUN}={run}")})


@complaints.translated("look for the stacks that were kept")
def kept(client: Client) -> list[str]:
    """The projects of ours that stay when their run ends."""
    return sorted({tags[labels.PROJECT] for tags in _labels(client, labels.KEEP)})


@dataclass(frozen=True, slots=True)
class Left:
    """Something of ours that was left on this host.

    Attributes:
        what: What it is.
        why: Why it stays; "" where it was removed.
    """

    what: str
    why: str = ""

    def __str__(self) -> str:
        """``removed IMAGE``, or ``kept IMAGE: a container runs it``."""
        return f"kept {self.what}: {self.why}" if self.why else f"removed {self.what}"


@complaints.translated("look which projects there are")
def projects(client: Client) -> frozenset[str]:
    """Every compose project of which the engine has something: a container, a network or a volume."""
    return frozenset(tags[labels.PROJECT] for tags in _labels(client, labels.PROJECT))


@complaints.translated("look which files containers are made from")
def paths(client: Client) -> dict[Path, str]:
    """The files and directories of the host that containers are made from or mount, each with its project."""
    found: dict[Path, str] = {}
    for container in client.containers.list(all=True, filters={"label": labels.PROJECT}, ignore_removed=True):
        tags = container.labels
        noted = [tags.get(labels.WORKING_DIRECTORY, ""), *tags.get(labels.CONFIG_FILES, "").split(",")]
        noted += tags.get(labels.ENVIRONMENT_FILE, "").split(",")
        mounts = container.attrs.get("Mounts") or ()
        noted += [mount["Source"] for mount in mounts if mount.get("Type") == "bind"]
        found |= {Path(path): tags[labels.PROJECT] for path in noted if path}
    return found


@complaints.translated("remove the images that were built here")
def images(client: Client) -> list[Left]:
    """Remove the images that we built; what a container runs stays, and what a project can go back to."""
    run = {one.attrs["Image"] for one in client.containers.list(all=True, ignore_removed=True)}
    left = []
    for image in client.images.list(name=f"{_BUILT_HERE}*"):
        wanted = sorted(filter(None, map(keeping.project_of, image.tags)))
        for name in image.tags:
            if not name.startswith(_BUILT_HERE) or keeping.project_of(name):
                continue  # somebody else's name for it, or one that the way back needs
            why = "a container runs it" if image.id in run else f"{wanted[0]} can go back to it" if wanted else ""
            try:
                if not why:
                    client.images.remove(name)
            except docker.errors.APIError as error:
                why = f"the engine keeps it: {error.explanation or error}"
            left.append(Left(name, why))
    return left


def _labels(client: Client, label: str = labels.OWNER) -> Iterator[dict[str, str]]:
    """Labels of everything of ours: of volumes and networks too, for containers may be gone already."""
    filters: _Filters = {"label": label}
    listed: Iterable[Any] = (
        *client.containers.list(all=True, filters=filters, ignore_removed=True),
        *client.networks.list(filters=filters),
        *client.volumes.list(filters=filters),
    )
    for one in listed:
        tags = one.attrs.get("Labels") or one.attrs.get("Config", {}).get("Labels") or {}
        if labels.PROJECT in tags:
            yield tags


def _remove_scratch(project: str) -> None:
    scratch = workspace.place(project)
    if (scratch / workspace.OWNER_FILE).is_file():
        shutil.rmtree(scratch, ignore_errors=True)


def _nameless(containers: Iterable[Container]) -> set[str]:
    """The volumes of containers that nobody named.

    A container that compose makes in place of another takes such a volume over by its name, and for the engine it has a
    name then: it goes neither with its container nor with ``compose down --volumes``.
    """
    mounts = [mount for container in containers for mount in container.attrs.get("Mounts") or ()]
    return {one["Name"] for one in mounts if one.get("Type") == "volume" and _NAMELESS.fullmatch(one["Name"])}


def _remove_volumes(client: Client, names: Iterable[str]) -> None:
    for name in names:
        _gone(partial(client.api.remove_volume, name))


def _remove_container(container: Container) -> None:
    """Remove a container with its volumes; one that somebody else removes at this moment is waited for."""
    with contextlib.suppress(docker.errors.NotFound):
        try:
            container.remove(force=True, v=True)
        except docker.errors.APIError as error:
            if "already in progress" not in str(error):
                raise
            container.wait(condition="removed", timeout=_REMOVAL)


def _gone(remove_it: Callable[[], object]) -> None:
    """Somebody else may be removing it at this moment; gone is gone."""
    with contextlib.suppress(docker.errors.NotFound):
        remove_it()
