"""The files of a backup: of all that services may write but the database's and the cache's directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Literal, cast

from agentchat_check import facts
from agentchat_check.archive import streams, tars
from agentchat_check.checks.layers import NOT_DATA
from agentchat_check.deployment import Role
from agentchat_check.probes import layers
from agentchat_check.procedures.backup import swapping
from agentchat_check.procedures.backup.parts import Part, Parts
from agentchat_check.stack import isolation, mounts, storage
from agentchat_check.stack.mounts import Place
from agentchat_check.stack.running import Stack


def places(stack: Stack) -> tuple[Place, ...]:
    """Where services keep files; a volume that several mount is one place, that of the first.

    The database's directory and the cache's have ways of their own. A file that is mounted by itself is configuration.
    """
    own = {
        (stack.roles[role], path)
        for role in (Role.DATABASE, Role.CACHE)
        if role in stack.roles
        for path in isolation.STATE_PATHS[role]
    }
    found: dict[str, Place] = {}
    for place in mounts.places(stack):
        if place.writable and (place.service, place.path) not in own:
            found.setdefault(place.source, place)
    return tuple(place for place in found.values() if mounts.is_directory(stack, place))


def take(stack: Stack, part: Part, *, until: datetime) -> tuple[facts.FileTree, ...]:
    """Put every file into the archive that was there at the cut.

    A file that was changed after it is left out, since nothing else in the archive knows it.

    Args:
        stack: The stack.
        part: Where parts go.
        until: The cut.

    Raises:
        errors.CheckError: A place cannot be read.
    """
    return tuple(_read(stack, place, part, until) for place in places(stack))


def held(stack: Stack) -> tuple[facts.FileTree, ...]:
    """The files as they are now."""
    return tuple(_read(stack, place, None, None) for place in places(stack))


def _read(stack: Stack, place: Place, part: Part | None, until: datetime | None) -> facts.FileTree:
    into = part(name(place.service, place.path)) if part else nullcontext(streams.Nowhere())
    # The engine does nothing else with a container whose files it reads: another one is asked for times.
    with _reached(stack, place) as helper, _reached(stack, place) as other, into as sink:
        tree = tars.select(
            helper.read(place.path),
            sink,
            mounted_at=place.path,
            until=until,
            changed=lambda path: _changed(other, f"{place.path}/{path}"),
        )
    kind = cast("Literal['volume', 'bind']", place.kind)
    return facts.FileTree(place.service, place.path, kind, tree.files, tree.bytes, tree.digest)


def put_back(stack: Stack, parts: Parts, tree: facts.FileTree) -> None:
    """Put the files of one place back; what is there is kept until ``forget``.

    Args:
        stack: A stack whose services are stopped.
        parts: Where parts come from.
        tree: The place, as the archive notes it.

    Raises:
        errors.CheckError: They cannot be written there, or one of them may not be.
    """
    check = partial(tars.check, mounted_at=tree.path)

    def clean(source: streams.Source, sink: streams.Sink) -> None:
        check(source, sink)

    with (
        _reached(stack, tree) as helper,
        parts(name(tree.service, tree.path)) as source,
        streams.pulled_through(clean, source) as checked,
    ):
        swapping.stage(helper, tree.path, iter(partial(checked.read, storage.CHUNK), b""))
        swapping.swap(helper, tree.path, below=f"/{PurePosixPath(tree.path).name}")


def take_back(stack: Stack, tree: facts.FileTree) -> None:
    """Put back what was there before ``put_back``."""
    with _reached(stack, tree) as helper:
        swapping.undo(helper, tree.path)


def forget(stack: Stack, tree: facts.FileTree) -> None:
    """Remove what was there before."""
    with _reached(stack, tree) as helper:
        swapping.forget(helper, tree.path)


def omissions(stack: Stack) -> tuple[facts.Omission, ...]:
    """Data outside of every volume, which no backup holds: what services wrote into their own containers."""
    return tuple(_omissions(stack))


def _changed(helper: storage.Helper, path: str) -> datetime:
    """When a file was changed, to the microsecond."""
    day, time, zone = helper.run('stat -c %y "$1"', path).split()
    return datetime.strptime(f"{day} {time[:15]} {zone}", "%Y-%m-%d %H:%M:%S.%f %z")


def _omissions(stack: Stack) -> Iterator[facts.Omission]:
    for service, written in layers.written(stack).files.items():
        data = [file.path for file in written if not file.volume and not NOT_DATA.search(file.path)]
        sizes = {path: mounts.file_size(stack, service, path) for path in data}
        yield from (facts.Omission(service, path, size) for path, size in sizes.items() if size)  # a link holds nothing


def _reached(stack: Stack, where: Place | facts.FileTree) -> AbstractContextManager[storage.Helper]:
    """A way to one place; what is mounted inside of it is a place of its own, and may not be moved along."""
    return storage.helper(stack, where.service, alone=where.path)


def name(service: str, path: str) -> str:
    """The name of a place's part."""
    return f"files/{service}{path}.tar"
