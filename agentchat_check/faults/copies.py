"""Deployments with a defect in their files: changed copies of the reference deployment."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agentchat_check.deployment import REFERENCE, Deployment
from agentchat_check.faults.planting import changed
from agentchat_check.stack import env_files

Changes = Mapping[str, Mapping[str, str]]
"""By file, what to write instead of what stands there."""

_NOT_COPIED = ("node_modules", "__pycache__")


def installed(reference: Deployment, into: Path, changes: Changes | None = None) -> Path:
    """A copy of the reference deployment as an administrator has it, with its docker.env filled in.

    Args:
        reference: The reference deployment, with its images and passwords.
        into: Where the copy goes; made here.
        changes: What is changed in it.

    Returns:
        The copy's directory, for ``--deployment``.
    """
    _copied(REFERENCE, into, changes or {})
    example = (into / "docker.env.example").read_text()
    (into / "docker.env").write_text(env_files.filled(example, reference.variables))
    return into


def release(of: Deployment, into: Path, changes: Changes) -> Deployment:
    """A release with a defect: like one of the reference deployment's, and named after the copy's directory.

    Args:
        of: The release that it is a copy of.
        into: Where the copy goes; made here.
        changes: What is changed in it.
    """
    _copied(of.directory, into, changes)
    files = tuple(into / file.relative_to(of.directory) for file in of.compose_files)
    env = of.env_file and into / of.env_file.relative_to(of.directory)
    return replace(of, name=into.name, directory=into, compose_files=files, env_file=env)


def _copied(source: Path, into: Path, changes: Changes) -> None:
    shutil.copytree(source, into, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    for name, edits in changes.items():
        (into / name).write_text(changed((into / name).read_text(), edits, into / name))
