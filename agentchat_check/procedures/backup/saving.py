"""The cache's part of a backup is taken: what it held at the cut, as one RDB that was seen to load."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import IO

import redis

from agentchat_check import errors, facts, wait
from agentchat_check.deployment import Role
from agentchat_check.probes import cache as probe
from agentchat_check.probes import keys
from agentchat_check.procedures.backup import cache, rdb
from agentchat_check.procedures.backup.parts import Part
from agentchat_check.stack import storage
from agentchat_check.stack.running import Stack
from agentchat_check.versions import at_least

_PATIENCE = 600.0
"""Seconds that a save may take."""

_OLDEST = "7.0"
"""Earlier ones do not count their saves, keep their log in one file, and do not tell when a key ends."""


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
        with probe.asked(self.stack) as client:
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
        with probe.asked(self.stack) as client:
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
        with probe.asked(self.stack) as client, tempfile.TemporaryFile() as packed:
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
            kept = cache.persistence(client)
            with storage.helper(self.stack, self.stack.service_name(Role.CACHE)) as helper:
                shutil.copyfileobj(helper.read(str(PurePosixPath(kept.directory, kept.dump))), packed, storage.CHUNK)
            if int(client.info("persistence")["rdb_saves"]) != self._saved + 1:
                raise _not_saved("it saved once more meanwhile, by its own rule", "take the backup again")
            version = str(client.info("server")["redis_version"])
            _unpack(packed, part)
            return _digested(self.stack, packed, kept, version, part)


def _unpack(packed: IO[bytes], part: Part) -> None:
    packed.seek(0)
    with tarfile.open(fileobj=packed, mode="r|") as tar, part(cache.DUMP) as sink:
        for member in tar:
            content = tar.extractfile(member)
            while content and (chunk := content.read(rdb.CHUNK)):
                sink.write(chunk)


def _digested(stack: Stack, packed: IO[bytes], kept: cache.Persistence, version: str, part: Part) -> facts.CacheState:
    """Load an RDB into a server of our own, and digest its keys there: what cannot be loaded is no backup."""
    with rdb.loaded(stack, packed, kept.dump, databases=kept.databases) as client:
        found = sorted(keys.digests(client), key=lambda key: (key.database, key.name))
    with part(cache.KEYS) as sink:
        for key in found:
            sink.write(json.dumps(asdict(key), sort_keys=True).encode() + b"\n")
    return facts.CacheState(version=version, keys=len(found), digest=keys.total(found))


def _not_saved(actual: str, next_step: str) -> errors.StackError:
    return errors.StackError(
        "save what the cache holds",
        expected="an RDB of the moment of the cut",
        actual=actual,
        next_step=next_step,
    )
