"""Data: whether they outlive their container, and whether a backup finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agentchat_check.audit import official
from agentchat_check.audit.files import Files
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen, each, of
from agentchat_check.audit.services import Service

_OF_THE_HOST = ("/etc", "/proc", "/sys", "/dev", "/run", "/var/run", "/usr", "/lib", "/boot")
_PASSING = ("/tmp", "/run", "/var/run", "/var/cache", "/var/log")  # noqa: S108 - named, not used
_KEEPS_NOTHING = re.compile(r"--save\s+(\"\"|''|$)|--appendonly\s+no")


def _covers(target: str, path: str) -> bool:
    return path == target or path.startswith(target.rstrip("/") + "/")


def _data_paths(service: Service, files: Files) -> Iterator[tuple[str, ...]]:
    """Where it keeps data: one of these, for each kind."""
    image = files.images[service.name]
    command = " ".join(service.command or ())
    if (known := official.family(image.base)) and known.data and not _KEEPS_NOTHING.search(command):
        yield known.data
    if served := re.search(r"\bserver\s+(/[\w./-]+)", command):  # minio
        yield (served.group(1).rstrip("/"),)
    for one in image.instructions("VOLUME"):
        yield from ((path.rstrip("/"),) for path in one.words() if not path.startswith(_PASSING))


def _outside(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    lasting = [m for m in service.mounts if m.kind != "tmpfs" and (m.source or m.kind == "bind")]
    told = set()
    for paths in _data_paths(service, files):
        if not any(_covers(mount.target, path) for mount in lasting for path in paths) and paths[0] not in told:
            told.add(paths[0])
            yield of(service, f"its data in {paths[0]} are in no volume", f"volumes:{paths[0]}", "volumes")


def _outside_backup(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    for mount in service.mounts:
        source = Path(mount.source)
        if mount.kind != "bind" or mount.read_only or not source.is_absolute():
            continue
        if (
            source.is_relative_to(files.directory)
            or source.suffix == ".sock"
            or any(map(source.is_relative_to, _OF_THE_HOST))
        ):
            continue
        text = f"what it writes to {mount.target} is in {files.shown(source)}, outside the deployment"
        yield of(service, text, f"volumes:{mount.target}", "volumes")


RULES = (
    Rule(
        "data-outside-volume",
        Severity.ERROR,
        "data are kept in volumes",
        "What is written elsewhere goes with the container: an update deletes it.",
        "mount a named volume there",
        each(_outside),
    ),
    Rule(
        "bind-mount-outside-backup",
        Severity.WARNING,
        "what services write lies in volumes or in the deployment's directory",
        "A backup takes the volumes and the directory; what lies elsewhere is missing when it is needed.",
        "use a named volume, or a directory below the compose file",
        each(_outside_backup),
    ),
)
