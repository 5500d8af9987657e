"""What containers have written where it goes with them: into their own layer, or into volumes without a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from agentchat_check import facts
from agentchat_check.stack import complaints, mounts
from agentchat_check.stack.running import Stack

_NAMELESS = re.compile(r"[0-9a-f]{64}")
_DELETED = 2
_AT_ONCE = 1000
"""Files told in one command; a command's line has an end."""

DIGESTS = 'for file; do [ -f "$file" ] && [ -s "$file" ] && sha256sum "$file"; done; true'
"""Digests of those that are files and hold something. Whoever has a shell and volumes has these commands, too."""

FILES = 'find "$@" -type f'


def written(stack: Stack) -> facts.Layers:
    """Every file that holds something and that a new container would not find, by service.

    Raises:
        errors.CheckError: A container cannot be looked at.
    """
    return facts.Layers({name: tuple(_files(stack, name, attrs)) for name, attrs in stack.inspect().items()})


def _files(stack: Stack, service: str, attrs: Mapping[str, Any]) -> Iterator[facts.LayerFile]:
    with complaints.translated(f"look at the layer of {service}"):
        changes = stack.client.containers.get(attrs["Id"]).diff() or []
    paths = [PurePosixPath(str(change["Path"])) for change in changes if change["Kind"] != _DELETED]
    directories = {parent for path in paths for parent in path.parents}
    directories |= {PurePosixPath(mount["Destination"]) for mount in attrs["Mounts"]}
    written = sorted(str(path) for path in paths if path not in directories)
    nameless = [m["Destination"] for m in attrs["Mounts"] if _NAMELESS.fullmatch(m.get("Name") or "")]
    if attrs["State"]["Status"] != "running":  # only the engine can be asked, which tells no digest
        yield from (facts.LayerFile(path, "") for path in written if mounts.file_size(stack, service, path))
        yield from (facts.LayerFile(path, "", volume=True) for path in nameless)
        return
    yield from _digests(stack, service, written)
    if nameless:
        status, found = stack.execute(service, ["sh", "-c", FILES, "sh", *nameless], user="root")
        yield from _digests(stack, service, found.splitlines() if status == 0 else nameless, volume=True)


def _digests(stack: Stack, service: str, paths: list[str], *, volume: bool = False) -> Iterator[facts.LayerFile]:
    """The files among these paths; where the container has no shell to ask, all of them, unread."""
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        status, said = stack.execute(service, ["sh", "-c", DIGESTS, "sh", *some], user="root")
        if status != 0:
            yield from (facts.LayerFile(path, "", volume) for path in some)
            continue
        for line in said.splitlines():
            digest, _, path = line.partition("  ")
            if path in some:
                yield facts.LayerFile(path, digest, volume)
