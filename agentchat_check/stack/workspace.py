"""The scratch copies of deployments that a stack of ours runs from; the originals are never written."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.deployment import Configuration, Deployment
from agentchat_check.stack import compose_yaml, copying, isolation

PREFIX = "agentchat-check-"
OWNER_FILE = "owner"

_FIRST_FILE = "first"
"""Names the copy that a stack was made from; what its services write lies there, whatever release runs later."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A scratch directory with a deployment's copy in it.

    Attributes:
        root: The scratch directory; removing it removes everything.
        directory: The copy of the compose directory, under its own name.
        mounts: Where the deployment's bind mounts lead in the copy.
        env_files: Absolute env files of services whose own lie outside the directory.
    """

    root: Path
    directory: Path
    mounts: isolation.Mounts
    env_files: Mapping[str, list[str]]

    def copy_of(self, path: Path, deployment: Deployment) -> Path:
        """Where a file of the deployment is in the copy; a file from outside it stays where it is."""
        if path.is_relative_to(deployment.directory):
            return self.directory / path.relative_to(deployment.directory)
        return path

    def remove(self) -> None:
        """Remove the scratch directory, also what containers wrote into it."""
        shutil.rmtree(self.root, ignore_errors=True)


def place(project: str) -> Path:
    """The scratch directory of a project of ours."""
    return Path(tempfile.gettempdir()) / f"{PREFIX}{project.removeprefix(PREFIX)}"


def first(project: str) -> Path:
    """The copy that a stack of ours was made from: beside what is in it lies what the services of every release write.

    Raises:
        errors.StackError: The project has no scratch directory any more.
    """
    root = place(project)
    try:
        return root / (root / _FIRST_FILE).read_text()
    except OSError as error:
        raise errors.StackError(
            f"find the files of {project}",
            expected=f"its scratch directory {root}",
            actual=error.strerror or str(error),
            next_step="give the TMPDIR that the stack was made with; where the directory is gone, make the stack anew",
        ) from None


def make(deployment: Deployment, configuration: Configuration, *, project: str, owner: str) -> Workspace:
    """Copy a deployment into a scratch directory.

    Directories in which a service keeps its data start empty. Other bind mounts are copied along; what is mounted
    read-only from elsewhere, and sockets, are used in place.

    Raises:
        errors.DeploymentError: It is too large to be only a deployment, or cannot be read.
        errors.HostError: There is no room for the copy.
    """
    root = place(project)
    with written(deployment, root):
        root.mkdir(mode=0o700)
    try:
        with written(deployment, root):
            (root / OWNER_FILE).write_text(owner)
            (root / _FIRST_FILE).write_text(deployment.directory.name)
            directory = root / deployment.directory.name
            return _made(deployment, configuration, _Layout(root, root, directory, directory))
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise


def succeed(deployment: Deployment, configuration: Configuration, *, project: str, number: int) -> Workspace:
    """Copy a further release of a project beside the first, in place of what a try before may have left there.

    Directories that services write into stay where the first release has them: those of their data always, others
    unless the release brings files for them.

    Args:
        deployment: The release.
        configuration: Its services.
        project: A project of ours that has its scratch directory.
        number: Which release of the project it is.

    Raises:
        errors.DeploymentError: It is too large to be only a deployment, or cannot be read.
        errors.HostError: There is no room for the copy.
    """
    root = place(project)
    into = root / f"release-{number}"
    try:
        with written(deployment, into):
            shutil.rmtree(into, ignore_errors=True)
            into.mkdir()
            return _made(
                deployment, configuration, _Layout(root, into, into / deployment.directory.name, first(project))
            )
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


@contextmanager
def written(deployment: Deployment, root: Path) -> Iterator[None]:
    """Turn what the file system refuses to read or to write into one clear error."""
    try:
        yield
    except OSError as error:
        tried = f"copy {deployment.directory} to {root}"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise errors.HostError(
                tried,
                expected="room on the disk",
                actual=str(error),
                next_step=f"make room in {root.parent}, or name another place: TMPDIR",
            ) from None
        raise errors.DeploymentError(
            tried,
            expected="files that can be read, and a place to write them to",
            actual=str(error),
            next_step="let this user read the file that is named, or name another place for the copy: TMPDIR",
        ) from None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a release's copy goes.

    Attributes:
        root: The scratch directory.
        into: Where in it this copy goes, and copies of what it mounts from elsewhere; for the first release the same.
        directory: The copy of the compose directory.
        first: That of the first release.
    """

    root: Path
    into: Path
    directory: Path
    first: Path

    def copy(self, inside: Path | None, source: Path) -> Path:
        """Where the source of a mount is copied to: by its path in the deployment, or from elsewhere."""
        return self.into / "outside" / _flat(source) if inside is None else self.directory / inside

    def kept(self, inside: Path | None, source: Path) -> Path:
        """Where the first release has it."""
        return self.root / "outside" / _flat(source) if inside is None else self.first / inside


def _made(deployment: Deployment, configuration: Configuration, layout: _Layout) -> Workspace:
    state = {Path(source).resolve() for source in _state_directories(configuration)}
    copying.tree(deployment.directory, layout.directory, leave_out=state)
    return Workspace(
        root=layout.root,
        directory=layout.directory,
        mounts=isolation.Mounts(dict(_moves(deployment, configuration, layout, state))),
        env_files=_outside_env_files(deployment),
    )


def _state_directories(configuration: Configuration) -> Iterator[str]:
    for role, service in configuration.roles.items():
        for volume in configuration.services[service].get("volumes") or ():
            if volume.get("type") == "bind" and volume["target"] in isolation.STATE_PATHS.get(role, ()):
                yield volume["source"]


def _moves(
    deployment: Deployment, configuration: Configuration, layout: _Layout, state: set[Path]
) -> Iterator[tuple[str, Path]]:
    """Each bind mount's source, and where the stack finds it instead."""
    for service in configuration.services.values():
        for volume in service.get("volumes") or ():
            if volume.get("type") != "bind":
                continue
            source = Path(volume["source"])
            # A link may lead out of the directory, and into it; what it leads to is not ours to write.
            led, original = source.resolve(), deployment.directory.resolve()
            inside = led.relative_to(original) if led.is_relative_to(original) else None
            copy, kept = layout.copy(inside, source), layout.kept(inside, source)
            in_place = volume.get("read_only") or source.is_socket() or source.is_char_device()
            if led in state:
                kept.mkdir(parents=True, exist_ok=True)
                yield volume["source"], kept
            elif inside is None and in_place:
                continue
            elif copy != kept and kept.is_dir() and not volume.get("read_only") and not (inside and _has_files(led)):
                yield volume["source"], kept
            else:
                if inside is None and not copy.exists():
                    copying.anything(source, copy)
                yield volume["source"], copy


def _has_files(path: Path) -> bool:
    return path.is_file() or any(one.is_file() for one in path.rglob("*"))


def _outside_env_files(deployment: Deployment) -> dict[str, list[str]]:
    """Services whose ``env_file`` leaves the directory; relative to the copy such a path would lead nowhere."""
    found: dict[str, list[str]] = {}
    for file in deployment.compose_files:
        services = (compose_yaml.parsed(file.read_text(encoding="utf-8-sig")) or {}).get("services") or {}
        for name, service in services.items():
            paths = [_absolute(entry, deployment.directory) for entry in _listed((service or {}).get("env_file"))]
            if any(not path.is_relative_to(deployment.directory) for path in paths):
                found[name] = [str(path) for path in paths]
    return found


def _listed(entry: Any) -> list[Any]:
    if entry is None:
        return []
    return entry if isinstance(entry, list) else [entry]


def _absolute(entry: str | dict[str, Any], directory: Path) -> Path:
    path = entry if isinstance(entry, str) else str(entry.get("path", ""))
    return Path(os.path.normpath(directory / path))


def _flat(path: Path) -> str:
    return str(path).strip("/").replace("/", "-")
