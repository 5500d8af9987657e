"""A cache's RDB: loaded into a server of our own, and packed for a volume."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import redis

from agentchat_check import errors, wait
from agentchat_check.archive.streams import Source
from agentchat_check.deployment import Role
from agentchat_check.stack import complaints, labels, owner
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

_PATIENCE = 600.0
"""Seconds that a server of our own may take to load an RDB, and to answer one command."""

_PORT = 6379
CHUNK = 1 << 20
"""Bytes read at once."""


@contextmanager
def loaded(stack: Stack, tar: IO[bytes], name: str, *, databases: int) -> Iterator[redis.Redis]:
    """A server of the cache's own image that has loaded an RDB, and keeps nothing.

    Args:
        stack: A stack with a cache.
        tar: A tar with the RDB in it, to be read from its begin.
        name: The RDB's name in it.
        databases: How many databases the server has that wrote it.

    Raises:
        errors.StackError: It cannot be loaded, or not be looked into.
    """
    tar.seek(0)
    image = stack.service(Role.CACHE).image_id
    options = ["--dir", "/data", "--dbfilename", name, "--databases", str(databases)]
    keeps_nothing = ["--save", "", "--appendonly", "no"]
    with complaints.translated("start a cache of our own"):
        container = stack.client.containers.create(
            image,
            entrypoint=["redis-server", *options, *keeps_nothing, "--protected-mode", "no"],
            user="0",
            ports={f"{_PORT}/tcp": ("127.0.0.1", 0)},
            labels={
                labels.OWNER: owner.current(),
                labels.PROJECT: labels.of_helpers(stack.project),
                labels.ONE_OFF: "True",
            },
        )
    try:
        with complaints.translated("start a cache of our own"):
            container.put_archive("/data", tar)
            container.start()
        with _answering(container) as client:
            yield client
    except redis.RedisError as error:
        raise errors.StackError(
            "look into a cache of our own",
            expected="answers",
            actual=str(error),
            next_step="see whether this host has the memory for a second copy of the cache",
        ) from None
    finally:
        with complaints.translated("remove a cache of our own"):
            container.remove(force=True, v=True)


@contextmanager
def _answering(container: Container) -> Iterator[redis.Redis]:
    def look() -> redis.Redis | None:
        container.reload()
        if container.status == "exited":
            said = container.logs(tail=5).decode(errors="replace").strip()
            raise errors.StackError(
                "load an RDB",
                expected="a server of the cache's own image that loads it",
                actual=said or "it ended without a word",
                next_step="see whether the archive is of a later version of the cache",
            )
        ports = container.ports.get(f"{_PORT}/tcp") or []
        if not ports:
            return None
        client = redis.Redis(host="127.0.0.1", port=int(ports[0]["HostPort"]), socket_timeout=_PATIENCE)
        try:
            client.ping()
        except (redis.BusyLoadingError, redis.ConnectionError):
            client.close()
            return None
        return client

    client = wait.until(
        look,
        lambda found: found is not None,
        show=str,
        what="a cache that loaded the RDB",
        timeout=_PATIENCE,
        delay=0.1,
    )
    if client is None:  # wait.until has returned what is good
        raise AssertionError
    with client:
        yield client


def packed(files: Iterable[tuple[str, int, Source]]) -> Iterator[bytes]:
    """A tar stream of files: name, size in bytes, content."""
    for name, size, content in files:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(time.time())
        yield member.tobuf()
        while chunk := content.read(CHUNK):
            yield chunk
        yield bytes(-size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)
