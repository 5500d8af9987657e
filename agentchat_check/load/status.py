"""What the database and the cache say of their own work, over connections that stay open while load goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from agentchat_check.deployment import Role
from agentchat_check.probes import administration
from agentchat_check.probes import cache as caches
from agentchat_check.stack.running import Stack

Look: TypeAlias = "Callable[[], dict[str, float]]"
"""Gives values by metric."""

_STATUS = (
    "Threads_running",
    "Threads_connected",
    "Slow_queries",
    "Innodb_buffer_pool_read_requests",
    "Innodb_buffer_pool_reads",
    "Innodb_buffer_pool_pages_data",
    "Innodb_buffer_pool_pages_total",
)


@contextmanager
def database(stack: Stack) -> Iterator[Look]:
    """Looks at the database.

    Raises:
        errors.StackError: It does not let us in.
    """
    tried = "look at the database's work"
    with administration.connected(stack, tried) as connection, connection.cursor() as cursor:
        before: dict[str, float] = {}

        def look() -> dict[str, float]:
            names = ", ".join(f"'{name}'" for name in _STATUS)
            with administration.reported(tried):
                cursor.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
            now = {str(name): float(value) for name, value in cursor.fetchall()}
            values = of_database(now, before)
            before.update(now)
            return values

        yield look


@contextmanager
def cache(stack: Stack) -> Iterator[Look]:
    """Looks at the cache.

    Raises:
        errors.StackError: It does not answer.
    """
    with caches.asked(stack) as asked:
        before: dict[str, float] = {}

        def look() -> dict[str, float]:
            now = {**asked.info("stats"), **asked.info("memory")}
            values = of_cache(now, before)
            before.update({name: float(now[name]) for name in ("keyspace_hits", "keyspace_misses") if name in now})
            return values

        yield look


def of_database(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Values by metric from the server's counters, those of rates since the look before."""
    values = {
        metric: now[name]
        for metric, name in (
            ("threads_running", "Threads_running"),
            ("threads_connected", "Threads_connected"),
            ("slow_queries", "Slow_queries"),
        )
        if name in now
    }
    if total := now.get("Innodb_buffer_pool_pages_total"):
        values["buffer_pool_used"] = now["Innodb_buffer_pool_pages_data"] / total
    asked, missed = (_since(f"Innodb_buffer_pool_{name}", now, before) for name in ("read_requests", "reads"))
    if asked > 0:
        values["buffer_pool_hits"] = max(0.0, 1 - missed / asked)
    return values


def of_cache(now: Mapping[str, Any], before: Mapping[str, float]) -> dict[str, float]:
    """Likewise, from what the cache tells."""
    values = {
        metric: float(now[name])
        for metric, name in (("memory_bytes", "used_memory"), ("keys_evicted", "evicted_keys"))
        if name in now
    }
    hits, misses = (_since(f"keyspace_{name}", now, before) for name in ("hits", "misses"))
    if hits + misses > 0:
        values["cache_hits"] = hits / (hits + misses)
    return values


def looks(stack: Stack) -> Mapping[str, Callable[[Stack], Any]]:
    """The looks that a stack allows, by subject."""
    known = {Role.DATABASE: ("database", database), Role.CACHE: ("cache", cache)}
    return dict(known[role] for role in known if role in stack.roles)


def _since(name: str, now: Mapping[str, Any], before: Mapping[str, float]) -> float:
    return float(now.get(name, 0.0)) - before.get(name, float(now.get(name, 0.0)))
