"""A database and a cache that are not as the application left them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    PATIENCE,
    must,
    rebuilt,
    run_sql,
    sql,
)
from agentchat_check.stack.running import Stack


@contextmanager
def another_database_password(stack: Stack) -> Iterator[None]:
    """The account's password in the database is not the one of the env file; old connections live on."""
    user = must(stack, stack.service_name(Role.DATABASE), "printenv", "MYSQL_USER").strip()
    password = must(stack, stack.service_name(Role.DATABASE), "printenv", "MYSQL_PASSWORD").strip()
    change = f"ALTER USER '{user}'@'%' IDENTIFIED BY "
    with sql(stack, f"{change}'another'", f"{change}'{password}'"):
        yield
    stack.settle(timeout=PATIENCE)


@contextmanager
def table_missing(stack: Stack) -> Iterator[None]:
    """A table is gone."""
    with sql(stack, "RENAME TABLE mcp_server TO hidden", "RENAME TABLE hidden TO mcp_server"):
        yield


@contextmanager
def narrow_characters(stack: Stack) -> Iterator[None]:
    """A table stores Latin letters only."""
    convert = "ALTER TABLE knowledge CONVERT TO CHARACTER SET "
    collation = run_sql(
        stack,
        "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        " AND table_name = 'knowledge'",
    ).strip()
    with sql(stack, f"{convert}latin1", f"{convert}utf8mb4 COLLATE {collation}"):
        yield


@contextmanager
def another_cache_password(stack: Stack) -> Iterator[None]:
    """The cache's password is not the one of the env file."""
    service = stack.service_name(Role.CACHE)
    own = must(stack, service, "printenv", "REDISCLI_AUTH").strip()
    must(stack, service, "redis-cli", "ACL", "SETUSER", "default", "resetpass", ">another")
    try:
        yield
    finally:
        must(stack, service, "redis-cli", "-a", "another", "ACL", "SETUSER", "default", "resetpass", f">{own}")
        stack.settle(timeout=PATIENCE)


@contextmanager
def immortal_sessions(stack: Stack) -> Iterator[None]:
    """Sessions never end."""
    for_ever = {"nx=True, get=True, ex=SESSION_SECONDS)": "nx=True, get=True)"}
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": for_ever}):
        yield
