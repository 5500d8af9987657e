"""The cache, looked at from outside with the application's password."""

from __future__ import annotations

import contextlib
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
    seen = facts.Moment.now()
    refused = ""
    try:
        with _connected(stack) as client:
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
    """What it would still know if it were killed now.

    Raises:
        errors.StackError: The cache does not answer.
    """
    with asked(stack) as client:
        said = client.info("persistence")
    return facts.Persistence(bool(int(said.get("aof_enabled", 0))), int(said.get("rdb_changes_since_last_save", 1)))


@contextlib.contextmanager
def asked(stack: Stack) -> Iterator[redis.Redis]:
    """A connection with the application's password.

    Raises:
        errors.StackError: The cache does not answer, or refuses.
    """
    try:
        with _connected(stack) as client:
            yield client
    except redis.RedisError as error:
        raise errors.StackError(
            "look into the cache",
            expected="answers",
            actual=str(error),
            next_step=f"docker compose --project-name {stack.project} logs {stack.service_name(Role.CACHE)}",
        ) from None


@contextlib.contextmanager
def _connected(stack: Stack) -> Iterator[redis.Redis]:
    host, port = stack.address(Role.CACHE)
    client = redis.Redis(
        host=host,
        port=port,
        password=password(stack) or None,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),  # a retry would hide what we came to see, and take a multiple of the time
    )
    with client:
        yield client
