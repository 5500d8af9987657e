"""Every key of a cache, digested: what it holds and when it ends, whatever its encoding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import redis

from agentchat_check import errors, facts

_AT_ONCE = 500


def digests(client: redis.Redis) -> Iterator[facts.KeyDigest]:
    """Each key of every database of a server, in no order.

    Args:
        client: A connection that leaves bytes as they are.

    Raises:
        errors.StackError: It has a key of a kind that we cannot read.
    """
    spaces = client.info("keyspace")
    for name in sorted(spaces):
        number = int(name.removeprefix("db"))
        client.select(number)
        batch: list[bytes] = []
        for key in client.scan_iter(count=_AT_ONCE):
            batch.append(key)
            if len(batch) == _AT_ONCE:
                yield from _of(client, number, batch)
                batch = []
        yield from _of(client, number, batch)


def total(keys: Iterable[facts.KeyDigest]) -> str:
    """One digest over all, in whatever order they come; when they end is part of it, to the millisecond."""
    whole = 0
    for key in keys:
        one = hashlib.sha256(repr((key.database, key.name, key.kind, key.digest, key.ends)).encode()).digest()
        whole = (whole + int.from_bytes(one, "big")) % (1 << 256)
    return f"{whole:064x}"


def _of(client: redis.Redis, database: int, names: list[bytes]) -> Iterator[facts.KeyDigest]:
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.type(name)
        pipe.pexpiretime(name)  # type: ignore[arg-type]  # bytes are names, too
    told = pipe.execute()
    for name, kind, ends in zip(names, told[::2], told[1::2], strict=True):
        if kind == b"none":  # it ended between two looks
            continue
        value = _value(client, name, kind.decode())
        yield facts.KeyDigest(
            database=database,
            name=name.replace(b"\\", b"\\\\").decode(errors="backslashreplace"),  # no two names become one
            kind=kind.decode(),
            digest=hashlib.sha256(repr(value).encode()).hexdigest(),
            ends=ends if ends >= 0 else None,
        )


def _value(client: redis.Redis, name: bytes, kind: str) -> Any:
    """What a key holds, in an order that does not depend on the server."""
    match kind:
        case "string":
            return client.get(name)
        case "hash":
            return sorted(client.hgetall(name).items())
        case "list":
            return client.lrange(name, 0, -1)
        case "set":
            return sorted(client.smembers(name))
        case "zset":
            return sorted(client.zrange(name, 0, -1, withscores=True))
        case "stream":
            return client.xrange(name), client.xinfo_groups(name)
        case _:
            raise errors.StackError(
                "digest the cache's keys",
                expected="strings, hashes, lists, sets, sorted sets and streams",
                actual=f"{name!r} is a {kind}",
                next_step="back that key up by its module's own means",
            )
