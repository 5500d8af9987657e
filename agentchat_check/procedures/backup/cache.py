"""The cache's part of a backup: what it held at the cut, as one RDB, and how that is put back."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import IO

import redis

from agentchat_check import errors, facts, wait
from agentchat_check.archive.streams import Source
from agentchat_check.deployment import Role
from agentchat_check.probes import cache, keys
from agentchat_check.procedures.backup import rdb, swapping
from agentchat_check.procedures.backup.parts import Part
from agentchat_check.stack import storage
from agentchat_check.stack.running import HOPELESS_RESTARTS, Stack
from agentchat_check.versions import at_least

DUMP, KEYS = "cache/dump.rdb", "cache/keys.ndjson"
"""Names of its parts in an archive."""

_PATIENCE = 600.0
"""Seconds that a save may take."""

_OLDEST = "7.0"
"""Earlier ones do not count their saves, keep their log in one file, and do not tell when a key ends."""


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


@dataclass(slots=True)
class Saving:
    """A save at the cut; it goes on in the background while the cut is over.

    Args:
        stack: A stack whose cache runs.

    Raises:
        errors.StackError: The cache does not answer, or is not to be told to save.
    """

    stack: Stack
    _saved: int = -1

    def make_ready(self) -> None:
        """Wait until nothing keeps the cache from saving at once, so that the cut is short.

        Raises:
            errors.StackError: It is too old to say what we have to know.
        """
        with cache.asked(self.stack) as client:
            version = str(client.info("server")["redis_version"])
            if not at_least(version, _OLDEST):
                raise errors.StackError(
                    "back the cache up",
                    expected=f"a cache at {_OLDEST} or newer",
                    actual=f"it is at {version}",
                    next_step="upgrade the cache, or copy its volume by hand while it is stopped",
                )
            wait.until(
                lambda: client.info("persistence"),
                lambda told: not told["rdb_bgsave_in_progress"] and not told["aof_rewrite_in_progress"],
                show=lambda told: f"saving: {told['rdb_bgsave_in_progress']}, {told['aof_rewrite_in_progress']}",
                what="the cache at rest between two saves",
                timeout=_PATIENCE,
                delay=0.1,
            )

    def begin(self) -> None:
        """Begin; what the cache holds at this moment is what will be saved.

        Raises:
            errors.StackError: It cannot save just now.
        """
        with cache.asked(self.stack) as client:
            self._saved = int(client.info("persistence")["rdb_saves"])
            try:
                client.bgsave(schedule=False)  # a save that is put off would show a later moment
            except redis.ResponseError as error:
                raise _not_saved(str(error), "take the backup again") from None

    def finish(self, part: Part) -> facts.CacheState:
        """Wait for its end, and put the RDB and the digests of its keys into the archive.

        Raises:
            errors.StackError: It was not saved; or was again, before the RDB was read.
        """
        with cache.asked(self.stack) as client, tempfile.TemporaryFile() as packed:
            told = wait.until(
                lambda: client.info("persistence"),
                lambda told: not told["rdb_bgsave_in_progress"],
                show=lambda told: f"saving for {told['rdb_current_bgsave_time_sec']} s",
                what="the cache saved",
                timeout=_PATIENCE,
                delay=0.1,
            )
            if told["rdb_last_bgsave_status"] != "ok":
                raise _not_saved("the save failed", "read the cache's log; see whether its disk is full")
            kept = persistence(client)
            with storage.helper(self.stack, self.stack.service_name(Role.CACHE)) as helper:
                shutil.copyfileobj(helper.read(str(PurePosixPath(kept.directory, kept.dump))), packed, storage.CHUNK)
            if int(client.info("persistence")["rdb_saves"]) != self._saved + 1:
                raise _not_saved("it saved once more meanwhile, by its own rule", "take the backup again")
            version = str(client.info("server")["redis_version"])
            _unpack(packed, part)
            return _digested(self.stack, packed, kept, version, part)


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


def _unpack(packed: IO[bytes], part: Part) -> None:
    packed.seek(0)
    with tarfile.open(fileobj=packed, mode="r|") as tar, part(DUMP) as sink:
        for member in tar:
            content = tar.extractfile(member)
            while content and (chunk := content.read(rdb.CHUNK)):
                sink.write(chunk)


def _digested(stack: Stack, packed: IO[bytes], kept: Persistence, version: str, part: Part) -> facts.CacheState:
    """Load an RDB into a server of our own, and digest its keys there: what cannot be loaded is no backup."""
    with rdb.loaded(stack, packed, kept.dump, databases=kept.databases) as client:
        found = sorted(keys.digests(client), key=lambda key: (key.database, key.name))
    with part(KEYS) as sink:
        for key in found:
            sink.write(json.dumps(asdict(key), sort_keys=True).encode() + b"\n")
    return facts.CacheState(version=version, keys=len(found), digest=keys.total(found))


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


def _not_saved(actual: str, next_step: str) -> errors.StackError:
    return errors.StackError(
        "save what the cache holds",
        expected="an RDB of the moment of the cut",
        actual=actual,
        next_step=next_step,
    )
