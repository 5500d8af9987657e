"""Who is logged in: sessions in Redis, tokens that name them, and the only door to Redis."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from backend.models import new_id
from backend.replies import UnavailableError
from backend.settings import settings

SESSION_SECONDS = 90_000
TOKEN_SECONDS = {"access": 86_400, "refresh": SESSION_SECONDS}
ALGORITHM = "HS256"
LIMIT = 1.0  # seconds for one exchange with Redis
ACCESS_COOKIE = "access_token_cookie"
REFRESH_COOKIE = "refresh_token_cookie"

log = logging.getLogger(__name__)
_redis = Redis(
    host=settings.redis_host,
    port=settings.redis_port,
    password=settings.redis_password or None,
    socket_timeout=LIMIT,
    socket_connect_timeout=LIMIT,
    retry=Retry(NoBackoff(), 0),
    protocol=2,  # the handshake of 3 takes more exchanges
    max_connections=1000,  # each for a moment; the default of 100 refuses a busy minute's requests
    decode_responses=True,
)


@asynccontextmanager
async def _cache() -> AsyncIterator[Redis]:
    try:
        yield _redis
    except (RedisError, OSError) as error:
        log.warning("the cache does not answer: %s", error)
        raise UnavailableError("cache") from error


def _key(user_id: str) -> str:
    return f"user_current_session:{user_id}"


async def begin(user_id: str) -> str:
    """Begin the user's session, or join the one of another device; return the session's id."""
    async with _cache() as redis:
        fresh = new_id()
        current = await redis.set(_key(user_id), fresh, nx=True, get=True, ex=SESSION_SECONDS)
        if current is None:
            return fresh
        await redis.expire(_key(user_id), SESSION_SECONDS)
        return str(current)


async def end(user_id: str) -> None:
    """End the session, and with it every token that names it."""
    async with _cache() as redis:
        await redis.delete(_key(user_id))


async def answers() -> bool:
    """Run a real command."""
    try:
        async with _cache() as redis:
            return bool(await redis.ping())
    except UnavailableError:
        return False


async def close() -> None:
    """Close the connections to Redis."""
    await _redis.aclose()


def token(kind: Literal["access", "refresh"], user_id: str, session: str) -> str:
    """Sign a token for the user's session."""
    expires = int(time.time()) + TOKEN_SECONDS[kind]
    claims = {"sub": user_id, "sid": session, "type": kind, "exp": expires}
    return jwt.encode(claims, settings.jwt_secret_key, ALGORITHM)


def _claims(token: str) -> dict[str, Any]:
    required = ["sub", "sid", "type", "exp"]
    return jwt.decode(token, settings.jwt_secret_key, [ALGORITHM], options={"require": required})


async def _current_user(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    cookie: Annotated[str | None, Depends(APIKeyCookie(name=ACCESS_COOKIE, auto_error=False))],
) -> str:
    """Accept an access token, of the header or the cookie, whose session goes on."""
    refused = HTTPException(401, "Log in first", {"WWW-Authenticate": "Bearer"})
    try:
        claims = _claims(bearer.credentials if bearer else cookie or "")
    except jwt.InvalidTokenError:
        raise refused from None
    async with _cache() as redis:
        session = await redis.get(_key(claims["sub"]))
    if claims["type"] != "access" or claims["sid"] != session:
        raise refused
    return str(claims["sub"])


CurrentUser = Annotated[str, Depends(_current_user)]
