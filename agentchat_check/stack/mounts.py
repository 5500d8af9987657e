"""Where the services of a stack keep data."""

from __future__ import annotations

import re
from dataclasses import dataclass

import docker.errors

from agentchat_check.stack import complaints, storage
from agentchat_check.stack.running import Stack

_SYSTEM = re.compile(r"/(proc|sys|dev|run|var/run)(/|$)|.*\.sock$")
"""Sources of bind mounts that are the host's own doings, and no data."""

_NO_FILE = 0x8F280000
"""The engine's bits for what is a directory, a link, a device, a pipe or a socket."""

_NAMELESS = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service keeps data.

    Attributes:
        service: The compose service.
        path: Where it is mounted.
        kind: volume or bind.
        source: The volume's name, or the host's path.
        writable: Whether the service may write there.
        nameless: Whether it is a volume without a name, which the next container does not find.
    """

    service: str
    path: str
    kind: str
    source: str
    writable: bool
    nameless: bool = False


def places(stack: Stack) -> tuple[Place, ...]:
    """Every mount of every service, as the engine has it, in the order of services and paths."""
    found = [
        Place(
            service=service,
            path=mount["Destination"],
            kind=mount["Type"],
            source=mount.get("Name") or mount["Source"],
            writable=bool(mount["RW"]),
            nameless=bool(_NAMELESS.fullmatch(mount.get("Name") or "")),
        )
        for service, attrs in stack.inspect().items()
        for mount in attrs["Mounts"]
        if mount["Type"] in {"volume", "bind"} and not _SYSTEM.match(mount["Source"])
    ]
    return tuple(sorted(found, key=lambda place: (place.service, place.path)))


def is_directory(stack: Stack, place: Place) -> bool:
    """Whether a place is a directory; a bind mount may be one file. A volume always is."""
    if place.kind == "volume":
        return True
    with storage.helper(stack, place.service) as one:
        return bool(one.ask('if [ -d "$1" ]; then echo yes; fi', place.path))


def file_size(stack: Stack, service: str, path: str) -> int:
    """Bytes of a file in a service's container, which need not run; 0 for what is no file, or not there."""
    with complaints.translated(f"look at {path} of {service}"):
        try:
            _, told = stack.container(service).get_archive(path)
        except docker.errors.NotFound:
            return 0
    return int(told["size"]) if told and not told["mode"] & _NO_FILE else 0
