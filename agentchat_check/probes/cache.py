"""The cache, looked at from outside with the application's password."""

from __future__ import annotations

import contextlib
import itertools
import urllib.parse
from collections.abc import Iterator

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import configuration
from agentchat_check.stack.running import Stack

TIMEOUT = 5.0
"""Seconds to connect, and for one command."""

SESSION_KEY = "user_current_session:{user_id}"


def password(stack: Stack) -> str:
    """The cache's password as its container or the application is told; "" when neither speaks of one."""
    environment = stack.environment(Role.CACHE)
    if given := environment.get("REDIS_PASSWORD") or environment.get("REDISCLI_AUTH"):
        return given
    with contextlib.suppress(errors.CheckError):
        application = stack.environment(Role.BACKEND)
        if given := application.get("REDIS_PASSWORD"):
            return given
        if given := urllib.parse.unquote(urllib.parse.urlsplit(application.get("REDIS_URL", "")).password or ""):
            return given
    if configured := configuration.address(stack, "redis"):
        return configured.password
    return ""


def ping(stack: Stack) -> facts.LogIn:
    """Ask for a sign of life; a refusal is a fact."""
    return log_in(stack, password(stack))


def log_in(stack: Stack, given: str) -> facts.LogIn:
    """Log in with a password, and ask for a sign of life; a refusal is a fact."""
    seen = facts.Moment.now()
    refused = ""
    try:
        with _connected(stack, given) as client:
            client.ping()
    except redis.RedisError as error:
        refused = str(error)
    return facts.LogIn("the cache", not refused, refused, seen.until(facts.Moment.now()), seen)


def session(stack: Stack, user_id: str) -> facts.CacheKey:
    """The session of a user.

    Raises:
        errors.StackError: The cache does not answer.
    """
    name = SESSION_KEY.format(user_id=user_id)
    with asked(stack) as client:
        ttl = int(client.ttl(name))
    # Redis answers -2 for no such key, -1 for a key without an end.
    return facts.CacheKey(name, exists=ttl != -2, ttl=ttl if ttl >= 0 else None)  # noqa: PLR2004 - as said above


def persistence(stack: Stack) -> facts.Persistence:
    """How the cache keeps what it holds, as it says itself; of what it does not say, the worst is taken.

    Raises:
        errors.StackError: The cache does not answer, or may not be asked.
    """
    with asked(stack) as client:
        told = client.info("persistence")
    appends = bool(int(told.get("aof_enabled", 0)))
    return facts.Persistence(
        appends=appends,
        last_write=str(told.get("aof_last_write_status", "")) if appends else "",
        unsaved=int(told.get("rdb_changes_since_last_save", 1)),
    )


def promised_log(stack: Stack) -> facts.Persistence:
    """Likewise, of a cache that is to write an append-only log.

    Raises:
        errors.InapplicableError: It writes none, and nobody asks it to.
        errors.StackError: The cache does not answer, or may not be asked.
    """
    command = stack.configuration.services[stack.service_name(Role.CACHE)].get("command") if stack.configuration else ()
    words = [str(word).lower().lstrip("-") for word in command or ()]
    kept = persistence(stack)
    if not kept.appends and ("appendonly", "yes") not in itertools.pairwise(words):
        raise errors.InapplicableError(
            "read how the cache keeps what it holds",
            expected="a command with --appendonly yes, or a cache that writes its log",
            actual=f"{stack.name} does not ask its cache for an append-only log",
            next_step="nothing is to be done where a restart of the cache may log everybody out",
        )
    return kept


@contextlib.contextmanager
def asked(stack: Stack) -> Iterator[redis.Redis]:
    """A connection with the application's password.

    Raises:
        errors.StackError: The cache does not answer, or refuses.
    """
    try:
        with _connected(stack, password(stack)) as client:
            yield client
    except redis.RedisError as error:
        raise errors.StackError(
            "look into the cache",
            expected="answers",
            actual=str(error),
            next_step=f"docker compose --project-name {stack.project} logs {stack.service_name(Role.CACHE)}",
        ) from None


@contextlib.contextmanager
def _connected(stack: Stack, given: str) -> Iterator[redis.Redis]:
    host, port = stack.address(Role.CACHE)
    client = redis.Redis(
        host=host,
        port=port,
        password=given or None,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),  # a retry would hide what we came to see, and take a multiple of the time
    )
    with client:
        yield client
