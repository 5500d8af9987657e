"""A service's volumes, reached without the service: from containers of its own image that mount what it mounts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from agentchat_check import errors
from agentchat_check.archive.streams import Source
from agentchat_check.stack import complaints, labels, owner, workspace
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

_PATIENCE = 600
"""Seconds that a script may take."""


class Chunks:
    """A source of what an iterator yields."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most as many bytes as asked for; none at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def run(stack: Stack, service: str, script: str, *arguments: str) -> str:
    """Run a shell's script, as root, where the service's volumes are mounted; whether the service runs or not.

    Args:
        stack: The stack.
        service: The service.
        script: What is run by its image's ``sh``.
        arguments: The script's ``$1``, ``$2`` and so on.

    Returns:
        What it printed.

    Raises:
        errors.StackError: The script fails.
    """
    with complaints.translated(f"work on the volumes of {service}"), _beside(stack, service, script, *arguments) as one:
        one.start()
        status = one.wait(timeout=_PATIENCE)["StatusCode"]
        said = one.logs().decode(errors="replace").strip()
    if status:
        raise errors.StackError(
            f"work on the volumes of {service}",
            expected="success",
            actual=said or f"exit status {status}",
            next_step="read what was said above; run this again when it is put right",
        )
    return said


def read(stack: Stack, service: str, path: str) -> Source:
    """A file or directory of a service's container, as a tar stream; the service may run or not.

    Everything in the stream lies below the last name of the path.
    """
    with complaints.translated(f"read {path} of {service}"):
        stream, _ = stack.container(service).get_archive(path)
        return Chunks(stream)


def write(stack: Stack, service: str, path: str, source: Source) -> None:
    """Unpack a tar stream into a directory of a service's volumes; the service may run or not.

    Args:
        stack: The stack.
        service: The service.
        path: A directory that is there.
        source: The tar stream.

    Raises:
        errors.CheckError: The engine refuses.
    """
    with complaints.translated(f"write {path} of {service}"), _beside(stack, service, "exit 1") as one:
        one.put_archive(path, cast("IO[bytes]", iter(lambda: source.read(1 << 20), b"")))


@contextmanager
def _beside(stack: Stack, service: str, script: str, *arguments: str) -> Iterator[Container]:
    """A container that mounts what a service mounts, made and not started; it goes at the end."""
    theirs = stack.container(service)
    one = stack.client.containers.create(
        theirs.attrs["Image"],
        entrypoint=["sh", "-ec", script, "sh"],
        command=list(arguments),
        volumes_from=[str(theirs.id)],
        network_mode="none",
        user="root",
        labels={labels.OWNER: owner.current(), labels.PROJECT: f"{workspace.PREFIX}volumes-{secrets.token_hex(4)}"},
    )
    try:
        yield one
    finally:
        one.remove(force=True)
