from collections.abc import Iterator

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.deployment import configuration as configuration_of
from agentchat_check.probes import cache, configuration
from agentchat_check.stack.running import Stack
from engines import Engine, container
from servers import Cache, running
from stacks import attached


@pytest.fixture
def redis(engine: Engine) -> Iterator[Cache]:
    """A cache that listens where the engine says that it does, with a password."""
    with running(server := Cache()):
        engine.containers = [container("redis", ports={6379: server.port}, environment={"REDIS_PASSWORD": "s3cret"})]
        yield server


@pytest.mark.parametrize(
    ("own", "application", "password"),
    [
        ({"REDIS_PASSWORD": "own"}, {"REDIS_PASSWORD": "other"}, "own"),
        ({"REDISCLI_AUTH": "cli"}, {}, "cli"),
        ({}, {"REDIS_PASSWORD": "theirs"}, "theirs"),
        ({}, {"REDIS_URL": "redis://:p%40ss@redis:6379/0"}, "p@ss"),
        ({}, {"REDIS_URL": "redis://redis:6379/0"}, ""),
        ({}, {}, ""),
    ],
)
def test_the_password_is_what_the_cache_or_else_the_application_was_told(
    engine: Engine, stack: Stack, own: dict[str, str], application: dict[str, str], password: str
) -> None:
    engine.containers = [container("redis", environment=own), container("backend", environment=application)]
    assert cache.password(stack) == password


def test_where_nobody_was_told_a_password_it_is_the_configured_one(engine: Engine, client: DockerClient) -> None:
    engine.containers = [container("redis"), container("backend")]
    said = "redis:\n  endpoint: 'redis://:s3cret@redis:6379'\n"
    with attached(client, prints={("backend", f"cat {configuration.FILE}"): (0, said)}) as stack:
        assert cache.password(stack) == "s3cret"


def test_without_an_application_there_is_no_password(engine: Engine, stack: Stack) -> None:
    engine.containers = [container("redis")]
    assert cache.password(stack) == ""


def test_a_cache_that_answers_accepts_us(redis: Cache, stack: Stack) -> None:
    seen = cache.ping(stack)
    assert (seen.accepted, seen.error) == (True, "")
    assert redis.asked[-1] == ["PING"]
    assert any("s3cret" in words for words in redis.asked)
    assert str(seen).startswith("the cache: accepted in ")


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("HELLO", "WRONGPASS invalid username-password pair or user is disabled."),
        ("PING", "MISCONF Redis is configured to save RDB snapshots"),
    ],
)
def test_a_refusal_of_the_cache_is_a_fact_in_its_own_words(
    redis: Cache, stack: Stack, command: str, refusal: str
) -> None:
    redis.answers[command] = f"-{refusal}"
    seen = cache.ping(stack)
    assert (seen.accepted, refusal.endswith(seen.error)) == (False, True)
    assert seen.error in str(seen)


def test_a_cache_that_is_gone_is_a_fact(engine: Engine, stack: Stack) -> None:
    engine.containers = [container("redis", ports={6379: 1})]
    assert "Connection refused" in cache.ping(stack).error


@pytest.mark.parametrize(
    ("answer", "exists", "ttl"), [(":90000", True, 90000), (":-1", True, None), (":-2", False, None)]
)
def test_a_session_is_there_for_its_time_for_ever_or_not(
    redis: Cache, stack: Stack, answer: str, *, exists: bool, ttl: int | None
) -> None:
    redis.answers["TTL"] = answer
    key = cache.session(stack, "7")
    assert (key.name, key.exists, key.ttl) == ("user_current_session:7", exists, ttl)
    assert redis.asked[-1] == ["TTL", "user_current_session:7"]


def test_a_session_that_cannot_be_looked_at_says_where_to_look(redis: Cache, stack: Stack) -> None:
    redis.answers["TTL"] = "-ERR out of order"
    with pytest.raises(errors.StackError) as caught:
        cache.session(stack, "7")
    assert str(caught.value) == (
        "look into the cache\n"
        "  expected:   answers\n"
        "  actual:     out of order\n"
        "  next step:  docker compose --project-name demo logs redis"
    )


def bulk(text: str) -> str:
    """A text as Redis sends it."""
    return f"${len(text)}\r\n{text}"


@pytest.mark.parametrize(
    ("command", "appends", "seen"),
    [
        (["redis-server", "--appendonly", "yes"], 1, facts.Persistence(appends=True, last_write="ok", unsaved=1)),
        (["--appendonly", "yes"], 0, facts.Persistence(appends=False, last_write="", unsaved=1)),
        (None, 1, facts.Persistence(appends=True, last_write="ok", unsaved=1)),
    ],
)
def test_the_cache_says_how_it_keeps_what_it_holds(
    redis: Cache, client: DockerClient, command: list[str] | None, appends: int, seen: facts.Persistence
) -> None:
    redis.answers["INFO"] = bulk(f"aof_enabled:{appends}\r\naof_last_write_status:ok\r\n")
    declared = configuration_of({"services": {"redis": {"command": command}}}, {})
    with attached(client, configuration=declared) as stack:
        assert cache.promised_log(stack) == seen


def test_a_cache_that_nobody_asks_for_a_log_is_not_judged(redis: Cache, client: DockerClient) -> None:
    redis.answers["INFO"] = bulk("aof_enabled:0\r\naof_last_write_status:ok\r\n")
    declared = configuration_of({"services": {"redis": {}}}, {})
    with attached(client, configuration=declared) as stack, pytest.raises(errors.InapplicableError) as caught:
        cache.promised_log(stack)
    assert caught.value.actual == "demo does not ask its cache for an append-only log"


@pytest.mark.parametrize(
    ("said", "forgets"),
    [
        ("aof_enabled:0\r\nrdb_changes_since_last_save:3", True),
        ("aof_enabled:0\r\nrdb_changes_since_last_save:0", False),
        ("aof_enabled:1\r\nrdb_changes_since_last_save:3", False),
        ("# Persistence", True),
    ],
    ids=["unsaved", "saved", "with a log", "says nothing"],
)
def test_a_cache_without_a_log_forgets_what_it_has_not_saved(
    redis: Cache, stack: Stack, said: str, forgets: bool
) -> None:
    redis.answers["INFO"] = f"${len(said)}\r\n{said}"
    assert cache.persistence(stack).forgets is forgets


def test_of_a_cache_that_does_not_answer_nothing_is_known(redis: Cache, stack: Stack) -> None:
    redis.answers["INFO"] = "-NOPERM no"
    with pytest.raises(errors.StackError, match="look into the cache"):
        cache.persistence(stack)
