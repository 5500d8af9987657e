"""Do the database and the cache hold what the application keeps in them?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

SESSION_TTL = (86400, 90000)
"""Seconds a fresh session may live: at least as long as its token (24 h), at most the contract's 25 h."""

_COMMON = """
    agent dialog history knowledge knowledge_file llm mcp_server role tool usage_stats user user_role workspace_session
"""
_BY_RELEASE = {
    "2.2": "mcp_agent mcp_stdio_server mcp_user_config memory_history message_down message_like",
    "2.5": """
        agent_skill mcp_stdio_server mcp_user_config memory_history message_down message_like register_mcp_server
        register_mcp_task register_mcp_tool
    """,
}
TABLES = frozenset(_COMMON.split())
"""Tables that every release has."""

TABLES_BY_RELEASE = {release: TABLES | frozenset(names.split()) for release, names in _BY_RELEASE.items()}
"""Tables of AgentChat's own releases, by release."""

PRODUCT = "AgentChat"
"""What AgentChat's own releases call themselves."""

DATABASE_ADMITS = Promise(
    "storage.database_admits",
    "the database accepts the application's account",
    "compare the account's password in the database with the one in the env file; an existing volume keeps the old one",
)
TABLES_THERE = Promise(
    "storage.tables_there",
    "the database has the tables of the contract",
    "restart the backend and read its log: it makes its tables at start",
)
UTF8MB4 = Promise(
    "storage.utf8mb4",
    "every table stores every character",
    "convert it: ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 (after a backup)",
)
CACHE_ANSWERS = Promise(
    "storage.cache_answers",
    "the cache answers",
    "read the cache's log: docker compose logs redis; compare its password with the env file",
)
SESSION_LIVES = Promise(
    "storage.session_lives",
    "the cache holds the session of a log-in, with its time to live",
    "look at the key user_current_session:<user id> in the cache: TTL -1 lives for ever, -2 is not there",
)


def database_admits(log_in: facts.LogIn) -> Finding:
    """The application's account logs in and gets an answer."""
    return DATABASE_ADMITS.judge(log_in.accepted, expected="log-in accepted", actual=str(log_in))


def tables_there(schema: facts.Schema, *, title: str = "", version: str = "") -> Finding:
    """Every table of the contract is there; for a release of AgentChat that we know, every table of that release.

    Args:
        schema: What the database has.
        title: What the application calls itself.
        version: Its release.
    """
    release = ".".join(version.split(".")[:2]) if title == PRODUCT else ""
    wanted = TABLES_BY_RELEASE.get(release, TABLES)
    missing = sorted(wanted - {table.name for table in schema.tables})
    return TABLES_THERE.judge(
        not missing,
        expected=f"{len(wanted)} tables" + (f" of {title} {release}" if release in TABLES_BY_RELEASE else ""),
        actual=f"missing: {', '.join(missing)}" if missing else f"{len(schema.tables)} tables, none missing",
    )


def utf8mb4(schema: facts.Schema) -> Finding:
    """The database and every table of it use utf8mb4."""
    expected = "utf8mb4 everywhere"
    narrow = [f"{table.name}: {table.collation}" for table in schema.tables if not _is_wide(table.collation)]
    if not _is_wide(schema.charset):
        narrow.insert(0, f"the database's default: {schema.charset}")
    if not schema.tables and not narrow:
        return UTF8MB4.unknown(expected=expected, actual="the database has no table", next_step=TABLES_THERE.next_step)
    return UTF8MB4.judge(
        not narrow,
        expected=expected,
        actual="\n".join(narrow) or f"utf8mb4 in {len(schema.tables)} tables",
    )


def cache_answers(log_in: facts.LogIn) -> Finding:
    """The cache lets the application in and answers."""
    return CACHE_ANSWERS.judge(log_in.accepted, expected="PONG", actual=str(log_in))


def session_lives(key: facts.CacheKey) -> Finding:
    """A log-in left a session that lives as long as its token, and not for ever."""
    shortest, longest = SESSION_TTL
    lives = "for ever" if key.ttl is None else f"for {key.ttl} s"
    return SESSION_LIVES.judge(
        key.exists and key.ttl is not None and shortest <= key.ttl <= longest,
        expected=f"{key.name}, living for {shortest} to {longest} s",
        actual=f"it lives {lives}" if key.exists else "there is no such key",
    )


def _is_wide(charset_or_collation: str) -> bool:
    return charset_or_collation.startswith("utf8mb4")
