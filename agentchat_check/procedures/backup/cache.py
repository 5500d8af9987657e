"""What a cache holds and where it keeps that, and how an archive's RDB is put there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import redis

from agentchat_check import errors, facts, wait
from agentchat_check.archive.streams import Source
from agentchat_check.deployment import Role
from agentchat_check.probes import cache, keys
from agentchat_check.procedures.backup import rdb, swapping
from agentchat_check.stack import storage
from agentchat_check.stack.coming_up import HOPELESS_RESTARTS
from agentchat_check.stack.running import Stack

DUMP, KEYS = "cache/dump.rdb", "cache/keys.ndjson"
"""Names of its parts in an archive."""

_PATIENCE = 600.0
"""Seconds that a cache may take to load what it kept."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """Where the cache keeps what it holds.

    Attributes:
        directory: Its directory.
        dump: The RDB's name there.
        log: The append-only log's name; "" where it writes none.
        log_directory: The log's directory there.
        databases: How many databases it has.
    """

    directory: str
    dump: str
    log: str
    log_directory: str
    databases: int


def persistence(client: redis.Redis) -> Persistence:
    """Where a cache keeps what it holds, as it says itself."""
    told = {str(name): str(value) for name, value in client.config_get("*").items()}
    return Persistence(
        directory=told["dir"],
        dump=told["dbfilename"],
        log=told["appendfilename"] if told["appendonly"] == "yes" else "",
        log_directory=told.get("appenddirname", ""),
        databases=int(told["databases"]),
    )


def held(stack: Stack) -> tuple[facts.KeyDigest, ...]:
    """Every key that a stack's cache holds now."""
    with cache.asked(stack) as client:
        return tuple(keys.digests(client))


def noted(source: Source) -> Iterator[facts.KeyDigest]:
    """The digests of an archive's keys."""
    rest = b""
    while chunk := source.read(rdb.CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (facts.KeyDigest(**json.loads(line)) for line in lines)


def put_back(stack: Stack, dump: Source, size: int, kept: Persistence) -> None:
    """Put an RDB where a stopped cache loads it from; what it held is kept beside it until ``forget``.

    Where the cache writes a log, it loads that alone: the RDB becomes the log's base.

    Args:
        stack: A stack whose cache is stopped.
        dump: The RDB.
        size: Its bytes.
        kept: Where its cache keeps what it holds.

    Raises:
        errors.StackError: It cannot be written there.
    """
    files: list[tuple[str, int, Source]] = [(kept.dump, size, dump)]
    if kept.log:
        base, first = f"{kept.log}.1.base.rdb", f"{kept.log}.1.incr.aof"
        manifest = f"file {base} seq 1 type b\nfile {first} seq 1 type i\n".encode()
        there = kept.log_directory
        files = [
            (f"{there}/{base}", size, dump),
            (f"{there}/{first}", 0, io.BytesIO()),
            (f"{there}/{kept.log}.manifest", len(manifest), io.BytesIO(manifest)),
        ]
    with storage.helper(stack, stack.service_name(Role.CACHE)) as helper:
        swapping.stage(helper, kept.directory, rdb.packed(files), owned_like_directory=True)
        swapping.swap(helper, kept.directory)


def take_back(stack: Stack, directory: str) -> None:
    """Give a stopped cache what its directory held before ``put_back``; nothing where that did not come so far."""
    with storage.helper(stack, stack.service_name(Role.CACHE)) as helper:
        swapping.undo(helper, directory)


def forget(stack: Stack, directory: str) -> None:
    """Remove what the cache's directory held before."""
    with storage.helper(stack, stack.service_name(Role.CACHE)) as helper:
        swapping.forget(helper, directory)


def asked_persistence(stack: Stack) -> Persistence:
    """Where a stack's cache keeps what it holds, as it says itself.

    Raises:
        errors.StackError: It does not answer, or may not be asked.
    """
    with cache.asked(stack) as client:
        return persistence(client)


def wait_until_loaded(stack: Stack) -> None:
    """Wait until a cache that was started has loaded what it kept.

    Raises:
        errors.StackError: It ends again and again.
        errors.TimeoutError: It took too long.
    """

    def answers() -> str:
        try:
            return cache.ping(stack).error
        except errors.StackError as error:
            return error.actual

    def gave_up(_: str) -> str:
        service = stack.service(Role.CACHE)
        lost = service.state == "exited" or service.restarts >= HOPELESS_RESTARTS
        return f"{service}\n{stack.logs(service.name, tail=5)}".rstrip() if lost else ""

    wait.until(
        answers, lambda error: not error, hopeless=gave_up, what="the cache answers", timeout=_PATIENCE, delay=0.1
    )
