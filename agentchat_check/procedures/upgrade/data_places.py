"""Where the services of a release keep data, and whether the next release looks for them there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentchat_check.deployment import Configuration
from agentchat_check.facts import DataPlace, StorageChange
from agentchat_check.procedures.upgrade.services import Pair
from agentchat_check.stack import mounts
from agentchat_check.stack.running import Stack

_NO_DATA = re.compile(r"/(proc|sys|dev|run|var/run|etc)(/|$)|.*\.sock$")
"""Sources of bind mounts that are the host's own doings."""


def declared(configuration: Configuration, *, project: str = "") -> tuple[DataPlace, ...]:
    """Where services may write outside of their containers, as the compose files say.

    Whether something is in a directory of this host is looked at; a single file is no place for data.

    Args:
        configuration: The configuration.
        project: The project that it is going to run in; by default the one that it names.
    """
    return tuple(_declared(configuration, project or configuration.project))


def found(stack: Stack) -> tuple[DataPlace, ...]:
    """Where the services of a stack do write outside of their containers, as the engine says."""
    owners = {service: str(role) for role, service in stack.roles.items()}
    return tuple(
        DataPlace(
            owner=owners.get(place.service, place.service),
            service=place.service,
            path=place.path,
            kind="nameless" if place.nameless else "volume" if place.kind == "volume" else "bind",
            source="" if place.nameless else place.source,
        )
        for place in mounts.places(stack)
        if place.writable and not (place.kind == "bind" and _is_no_place(place.source))
    )


def changes(
    before: Sequence[DataPlace],
    after: Sequence[DataPlace],
    pairs: Sequence[Pair],
    directories: tuple[Path | None, Path | None] = (None, None),
) -> tuple[StorageChange, ...]:
    """What becomes of each place: kept, moved (what lies there would not be found), new, or unused.

    Args:
        before: Where the release that runs keeps data.
        after: Where the next one looks.
        pairs: Which service is which.
        directories: The directories of the two; what lies beside the compose files in both goes where they go, and is
            moved only where something is known to be in it.
    """
    owners = {pair.after: pair.owner for pair in pairs}
    was = {(place.owner, place.path): place for place in before}
    is_ = {(owners.get(place.service, place.owner), place.path): place for place in after}
    there = {pair.owner for pair in pairs if pair.after}
    changed = [
        _change(key, place, is_.get(key), after, gone=key[0] not in there, directories=directories)
        for key, place in was.items()
    ]
    sources = {place.source for place in before if place.source}
    new = [
        StorageChange(*key, "new", None, place)
        for key, place in is_.items()
        if key not in was and place.source not in sources
    ]
    return tuple(changed + new)


def next_step(change: StorageChange) -> str:
    """What to write in the new compose file, so that what lies in a place is found."""
    place = change.before
    if place is None or place.kind == "nameless":
        return f"copy {change.path} of {change.owner} out of its container (docker cp), and give it a named volume"
    if place.kind == "bind":
        return f"in the new compose file let {change.owner} mount {place.source}:{change.path}, or move what is there"
    return (
        f"in the new compose file let {change.owner} mount data:{change.path}, "
        f"and write under volumes: data: {{name: {place.source}, external: true}}"
    )


def _change(
    key: tuple[str, str],
    before: DataPlace,
    after: DataPlace | None,
    everywhere: Sequence[DataPlace],
    *,
    gone: bool,
    directories: tuple[Path | None, Path | None],
) -> StorageChange:
    if after is not None:
        words = "something else is in there already" if after.filled else ""
        if before.kind == "nameless" == after.kind:
            kept = before.service == after.service  # compose hands it on to the next container of the same service
        elif before.kind == after.kind == "bind" and _beside(before, after, directories) and before.filled is not True:
            kept, words = True, "it goes where the compose files go"
        else:
            kept = False
        if kept or (before.kind == after.kind and before.source == after.source != ""):
            return StorageChange(*key, "kept", before, after, "" if before.source == after.source else words)
        return StorageChange(*key, "moved", before, after, words)
    other = next((place for place in everywhere if before.source and place.source == before.source), None)
    if other:
        return StorageChange(*key, "moved", before, other, f"it is mounted at {other.path} of {other.service} now")
    if gone:
        return StorageChange(*key, "unused", before, None)
    words = "nothing is mounted there any more: what is written would be lost with the container"
    return StorageChange(*key, "moved", before, None, words)


def _beside(before: DataPlace, after: DataPlace, directories: tuple[Path | None, Path | None]) -> bool:
    """Whether both lie at the same place beside the compose files."""
    one, other = directories
    if one is None or other is None:
        return False
    return os.path.relpath(before.source, one) == os.path.relpath(after.source, other)


def _declared(configuration: Configuration, project: str) -> Iterator[DataPlace]:
    for service, settings in configuration.services.items():
        owner = str(configuration.role_of(service) or service)
        for mount in settings.get("volumes") or ():
            if mount.get("read_only"):
                continue
            source, path = str(mount.get("source") or ""), str(mount.get("target"))
            if mount.get("type") == "volume":
                name = _name(configuration, source, project) if source else ""
                yield DataPlace(owner, service, path, "volume" if source else "nameless", name)
            elif mount.get("type") == "bind" and not _is_no_place(source):
                yield DataPlace(owner, service, path, "bind", source, _filled(Path(source)))


def _is_no_place(source: str) -> bool:
    """Whether what is mounted is a single file, or the host's own doings."""
    return bool(_NO_DATA.match(source)) or Path(source).is_file()


def _name(configuration: Configuration, key: str, project: str) -> str:
    """What the engine calls a volume; one that lies in a directory of the host's with that."""
    volume: Mapping[str, Any] = configuration.volumes.get(key) or {}
    told = str(volume.get("name") or f"{configuration.project}_{key}")
    name = f"{project}_{key}" if told == f"{configuration.project}_{key}" else told
    device = (volume.get("driver_opts") or {}).get("device")
    return f"{name} at {device}" if device else name


def _filled(directory: Path) -> bool | None:
    try:
        return any(directory.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return None
