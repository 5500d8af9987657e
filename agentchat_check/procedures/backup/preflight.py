"""Whether a stack may take an archive: looked at before anything is touched."""

from __future__ import annotations

import re

from agentchat_check import errors
from agentchat_check.archive.reading import Archive
from agentchat_check.deployment import Role
from agentchat_check.probes import cache, database
from agentchat_check.procedures.backup import files
from agentchat_check.stack import isolation, mounts, storage
from agentchat_check.stack.running import Stack

_ROOM = 1.2
"""How much room there has to be, as a multiple of what is unpacked."""


def check(stack: Stack, archive: Archive, *, may_replace: bool) -> None:
    """See that a stack can take an archive, and may.

    Raises:
        errors.StackError: Its data are in use, its servers are older than the archive's, its services have no such
            places, or its disk has no room.
    """
    tried = f"restore {archive.path}"
    if not may_replace and is_in_use(stack):
        raise errors.StackError(
            tried,
            expected="an installation that nobody has used yet",
            actual=f"{stack.project} has users",
            next_step="to replace what they have, add --replace: it is backed up first",
        )
    noted = archive.manifest
    if noted.cache:
        with cache.asked(stack) as client:
            refuse_older(tried, "the cache", noted.cache.version, str(client.info("server")["redis_version"]))
    refuse_older(tried, "the database", noted.database.version, database.schema(stack).version)
    places = {(place.service, place.path) for place in files.places(stack)}
    if missing := [tree for tree in noted.files if (tree.service, tree.path) not in places]:
        raise errors.StackError(
            tried,
            expected=f"a volume or a bind mount at {missing[0].path} of {missing[0].service}",
            actual="there is none",
            next_step="restore into a deployment of the same release, or give that service the volume",
        )
    refuse_without_room(tried, stack, archive)


def is_in_use(stack: Stack) -> bool:
    """Whether somebody has registered: whether there is anything that a restore would replace."""
    return database.has_rows(stack, "user")


def refuse_older(tried: str, what: str, needed: str, found: str) -> None:
    """Refuse a server that is older than the one that wrote an archive.

    Raises:
        errors.StackError: It is.
    """
    if _numbers(found) < _numbers(needed):
        raise errors.StackError(
            tried,
            expected=f"{what} at {needed} or newer",
            actual=f"it is at {found}",
            next_step="restore into a deployment whose image is as new as the archive's",
        )


def _numbers(version: str) -> tuple[int, ...]:
    """Release and series: ``9.7.0-log`` is (9, 7); what comes after changes no format."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def refuse_without_room(tried: str, stack: Stack, archive: Archive) -> None:
    """Refuse a disk that is too full: what is restored lies beside what is there until all is proven.

    Raises:
        errors.StackError: It is; several places may share it.
    """
    needed: dict[str, int] = {}
    free: dict[str, int] = {}
    for (service, path), size in _needs(stack, archive).items():
        with storage.helper(stack, service) as helper:
            disk, _, _, blocks, *_ = helper.ask('df -Pk "$1" | tail -n 1', path).split()
        needed[disk] = needed.get(disk, 0) + size
        free[disk] = int(blocks) * 1024
    for disk, size in needed.items():
        if free[disk] < size * _ROOM:
            raise errors.StackError(
                tried,
                expected=f"room for {size * _ROOM / 1e6:.0f} MB beside what is there",
                actual=f"{free[disk] / 1e6:.0f} MB are free on {disk}",
                next_step="make room where the engine keeps its volumes; `docker system df` shows what takes it",
            )


def _needs(stack: Stack, archive: Archive) -> dict[tuple[str, str], int]:
    """How many bytes are unpacked, by service and path."""
    sizes = {part.name: part.raw_bytes for part in archive.manifest.parts}
    found = {(tree.service, tree.path): sizes[files.name(tree.service, tree.path)] for tree in archive.manifest.files}
    for role, folder in ((Role.DATABASE, "database/"), (Role.CACHE, "cache/")):
        for place in mounts.places(stack):
            if place.service == stack.roles.get(role) and place.path in isolation.STATE_PATHS[role]:
                found[place.service, place.path] = sum(sizes[name] for name in sizes if name.startswith(folder))
    return found
