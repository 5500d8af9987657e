"""Deployments with a defect in their files: changed copies of the reference deployment."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from agentchat_check.deployment import REFERENCE, Deployment
from agentchat_check.faults.planting import changed
from agentchat_check.stack import env_files


def installed(reference: Deployment, into: Path, changes: Mapping[str, Mapping[str, str]] | None = None) -> Path:
    """A copy of the reference deployment as an administrator has it, with its docker.env filled in.

    Args:
        reference: The reference deployment, with its images and passwords.
        into: Where the copy goes; made here.
        changes: By file, what to write instead of what stands there.

    Returns:
        The copy's directory, for ``--deployment``.
    """
    shutil.copytree(REFERENCE, into, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    example = (into / "docker.env.example").read_text()
    (into / "docker.env").write_text(env_files.filled(example, reference.variables))
    for name, edits in (changes or {}).items():
        (into / name).write_text(changed((into / name).read_text(), edits, into / name))
    return into
