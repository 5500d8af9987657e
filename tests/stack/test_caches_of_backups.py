"""A cache is saved as it was at one moment, and holds that again, whatever it was and however it keeps it."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import redis

from agentchat_check import errors, facts
from agentchat_check.archive.tars import OURS
from agentchat_check.checks import restored
from agentchat_check.deployment import Role
from agentchat_check.findings import Verdict
from agentchat_check.probes import cache as probe
from agentchat_check.probes import keys
from agentchat_check.procedures.backup import cache
from agentchat_check.procedures.backup.saving import Saving
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from small import HEALTHY
from volumes import Parts, running

if TYPE_CHECKING:
    from docker import DockerClient as Client

PASSWORD = "the cache's own secret"  # noqa: S105 - of a cache that lives for a minute


def service(name: str, appends: str, **more: str) -> dict[str, object]:
    """A cache with twenty databases."""
    options = ["--requirepass", PASSWORD, "--appendonly", appends, "--databases", "20"]
    return {
        "command": ["redis-server", *options],
        "environment": {"REDISCLI_AUTH": PASSWORD},
        "healthcheck": HEALTHY,
        "volumes": [f"{name}:/data"],
        **more,
    }


@pytest.fixture(scope="module")
def both(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with two caches: one that appends to a log, as in production, and one that does not."""
    services = {"logging": service("logging", "yes", restart="unless-stopped"), "saving": service("saving", "no")}
    with running(client, check_session, tmp_path_factory.mktemp("caches"), services) as stack:
        yield stack


@pytest.fixture(params=["logging", "saving"])
def stack(both: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, with the one or the other in the role, empty."""
    one = dataclasses.replace(both, roles={**both.roles, Role.CACHE: request.param})
    with probe.asked(one) as client:
        client.flushall()
    yield one
    with probe.asked(one) as client:
        client.config_set("rdb-key-save-delay", 0)


def fill(stack: Stack) -> None:
    """One key of every kind and encoding, with names and values that are no text."""
    with probe.asked(stack) as client:
        client.set("user_current_session:7", "token", px=90_000)
        client.set("number", 12)
        client.set(b"\xff\x00\n", bytes(range(256)))
        client.set("\\xff\\x00\\n", "another name")
        client.set("long", "x" * 100_000)
        client.hset("small hash", mapping={"a": "1", "b": b"\xfe"})
        client.hset("big hash", mapping={f"f{number}": "v" * 70 for number in range(600)})
        client.rpush("list", *range(2000), "a" * 9000)
        client.sadd("numbers", *range(700))
        client.sadd("words", "a", "b", b"\xff")
        client.zadd("scores", {"a": 1.5, "b": float("inf"), "c": -1e308, "d": 1.5})
        client.pfadd("estimate", *range(5000))
        client.setbit("bits", 7_000, 1)
        client.geoadd("places", (121.47, 31.23, "Shanghai"))
        entry = client.xadd("stream", {"role": "user", "content": "hello"})
        client.xgroup_create("stream", "workers", id="0")
        client.xreadgroup("workers", "one", {"stream": ">"})
        client.xadd("stream", {"role": "assistant"})
        client.xadd("stream emptied", {"a": 1})
        client.xtrim("stream emptied", 0)
        assert entry
        client.pexpire("list", 5_000_000)
        client.set("soon", "over", px=400)
    with probe.asked(stack) as client:
        client.select(17)
        client.set("number", "in another database")


def saved(stack: Stack, parts: Parts) -> facts.CacheState:
    saving = Saving(stack)
    saving.make_ready()
    saving.begin()
    return saving.finish(parts.write)


def noted(parts: Parts) -> tuple[facts.KeyDigest, ...]:
    return tuple(cache.noted(BytesIO(parts.held[cache.KEYS])))


def put_back(stack: Stack, dump: bytes) -> cache.Persistence:
    """Put an RDB in the place of what a cache holds, and start it."""
    kept = cache.asked_persistence(stack)
    stack.act("stop", stack.roles[Role.CACHE])
    cache.put_back(stack, BytesIO(dump), len(dump), kept)
    stack.act("start", stack.roles[Role.CACHE])
    return kept


def judged(parts: Parts, stack: Stack) -> str:
    """What is said of a cache's keys; "" where all is well."""
    finding = restored.same_keys(noted(parts), cache.held(stack), now=datetime.now(UTC))
    return "" if finding.verdict is Verdict.HOLDS else str(finding)


def test_every_kind_of_key_comes_back_with_its_end_and_can_be_undone(stack: Stack) -> None:
    fill(stack)
    before, parts = cache.held(stack), Parts()
    assert len({(key.database, key.name) for key in before if key.name != "soon"}) == 17
    saving = Saving(stack)
    saving.make_ready()
    saving.begin()
    with probe.asked(stack) as client:
        client.set("late", "after the cut")
        client.delete("number")
    state = saving.finish(parts.write)
    assert state.keys == len(noted(parts)) in {17, 18}
    assert state.digest == keys.total(noted(parts))
    assert {key.name for key in before} - {key.name for key in noted(parts)} <= {"soon"}
    with probe.asked(stack) as client:
        client.flushall()
        client.set("stale", "1", px=80_000)
    stale = cache.held(stack)
    kept = put_back(stack, parts.held[cache.DUMP])
    cache.wait_until_loaded(stack)
    assert judged(parts, stack) == ""
    name = stack.roles[Role.CACHE]
    stack.act("stop", name)
    cache.take_back(stack, kept.directory)
    stack.act("start", name)
    cache.wait_until_loaded(stack)
    assert cache.held(stack) == stale


def test_what_was_put_back_and_what_is_written_then_outlive_a_crash(stack: Stack) -> None:
    fill(stack)
    parts, name = Parts(), stack.roles[Role.CACHE]
    saved(stack, parts)
    kept = put_back(stack, parts.held[cache.DUMP])
    cache.wait_until_loaded(stack)
    cache.forget(stack, kept.directory)
    assert OURS not in stack.execute(name, ["ls", "-lA", kept.directory])[1]
    owners = stack.execute(name, ["find", kept.directory, "!", "-user", "redis"])
    assert owners == (0, "")
    with probe.asked(stack) as client:
        client.set("written then", "1")
        if not kept.log:
            client.save()
    time.sleep(1.1 if kept.log else 0)
    stack.act("kill", name)
    stack.act("start", name)
    cache.wait_until_loaded(stack)
    wrong = judged(parts, stack)
    assert "written then: was not there" in wrong
    assert wrong.count(": was not there") == 1
    assert ": is not there" not in wrong
    again = Parts()
    assert saved(stack, again).keys == len(cache.held(stack))


def test_a_cache_that_cannot_load_what_was_put_back_is_given_back_what_it_had(stack: Stack) -> None:
    fill(stack)
    with probe.asked(stack) as client:
        client.delete("soon")
        client.save()
    before = cache.held(stack)
    kept = put_back(stack, b"REDIS0009 and no more")
    began = time.monotonic()
    with pytest.raises(errors.StackError) as caught:
        cache.wait_until_loaded(stack)
    assert time.monotonic() - began < 30
    assert caught.value.expected == "the cache answers"
    assert stack.roles[Role.CACHE] in caught.value.actual
    stack.act("stop", stack.roles[Role.CACHE])
    cache.take_back(stack, kept.directory)
    stack.act("start", stack.roles[Role.CACHE])
    cache.wait_until_loaded(stack)
    assert set(cache.held(stack)) == set(before)


def test_a_save_that_cannot_begin_at_the_cut_is_refused_and_not_put_off(stack: Stack) -> None:
    fill(stack)
    with probe.asked(stack) as client:
        client.config_set("rdb-key-save-delay", 200_000)
        client.bgrewriteaof()
        assert client.info("persistence")["aof_rewrite_in_progress"]
    with pytest.raises(errors.StackError) as caught:
        Saving(stack).begin()
    assert caught.value.expected == "an RDB of the moment of the cut"
    with probe.asked(stack) as client:
        assert not client.info("persistence")["rdb_bgsave_in_progress"]
        client.config_set("rdb-key-save-delay", 0)
    Saving(stack).make_ready()


def test_a_cache_that_saved_once_more_by_its_own_rule_is_refused(stack: Stack) -> None:
    fill(stack)
    saving = Saving(stack)
    saving.make_ready()
    saving.begin()
    Saving(stack).make_ready()
    with probe.asked(stack) as client:
        client.bgsave()
    with pytest.raises(errors.StackError) as caught:
        saving.finish(Parts().write)
    assert caught.value.actual == "it saved once more meanwhile, by its own rule"


def test_an_rdb_that_cannot_be_loaded_is_no_backup(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(stack)
    monkeypatch.setattr("agentchat_check.procedures.backup.saving._unpack", _spoilt)
    with pytest.raises(errors.StackError) as caught:
        saved(stack, Parts())
    assert caught.value.tried == "load an RDB"


def _spoilt(packed: BytesIO, _: object) -> None:
    """Change some bytes in the middle."""
    middle = packed.seek(0, 2) // 2
    packed.seek(middle)
    packed.write(b"spoilt" * 40)


def test_an_empty_cache_is_saved_and_put_back(stack: Stack) -> None:
    parts = Parts()
    assert saved(stack, parts).keys == 0
    with probe.asked(stack) as client:
        client.set("stale", "1")
    kept = put_back(stack, parts.held[cache.DUMP])
    cache.wait_until_loaded(stack)
    assert judged(parts, stack) == ""
    cache.forget(stack, kept.directory)


def test_digests_are_lines_of_json_without_any_value(stack: Stack) -> None:
    fill(stack)
    parts = Parts()
    saved(stack, parts)
    assert b"token" not in parts.held[cache.KEYS]
    assert {json.loads(line)["kind"] for line in parts.held[cache.KEYS].splitlines()} == {
        *("string", "hash", "list", "set", "zset", "stream")
    }


def test_a_cache_whose_password_is_not_known_is_one_clear_error(both: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "password", lambda _: "wrong")
    with pytest.raises(errors.StackError) as caught:
        Saving(both).make_ready()
    assert caught.value.tried == "look into the cache"


def test_a_cache_that_is_too_old_is_refused(both: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis.Redis, "info", lambda *_: {"redis_version": "6.2.14"})
    with pytest.raises(errors.StackError) as caught:
        Saving(both).make_ready()
    assert (caught.value.expected, caught.value.actual) == ("a cache at 7.0 or newer", "it is at 6.2.14")
