"""The database and the cache hold what the application keeps in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import storage
from agentchat_check.findings import Finding, Verdict
from makers import log_in, schema

REFUSED = log_in(accepted=False, error="Access denied (1045)")
CONTRACT = sorted(storage.TABLES)
OF_2_5 = sorted(storage.TABLES_BY_RELEASE["2.5"])


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_a_log_in_that_is_accepted_holds() -> None:
    assert judged(storage.database_admits(log_in())) == (Verdict.HOLDS, str(log_in()))
    assert judged(storage.cache_answers(log_in())) == (Verdict.HOLDS, str(log_in()))


def test_a_log_in_that_is_refused_is_broken_with_the_reason() -> None:
    assert str(storage.database_admits(REFUSED)) == (
        "BROKEN: the database accepts the application's account\n"
        "  expected:   log-in accepted\n"
        "  actual:     agentchat (environment of mysql): Access denied (1045) in 0.01 s\n"
        "  next step:  compare the account's password in the database with the one in the env file; an existing volume "
        "keeps the old one"
    )
    assert judged(storage.cache_answers(REFUSED)) == (Verdict.BROKEN, str(REFUSED))


@pytest.mark.parametrize(
    ("tables", "title", "version", "expected"),
    [
        (CONTRACT, "", "", "13 tables"),
        ([*CONTRACT, "extra"], "Another", "2.5.0", "13 tables"),
        (CONTRACT, "AgentChat", "3.0.0", "13 tables"),
        (CONTRACT, "AgentChat", "", "13 tables"),
        (OF_2_5, "AgentChat", "2.5.0", "22 tables of AgentChat 2.5"),
        (OF_2_5, "AgentChat", "2.5", "22 tables of AgentChat 2.5"),
        (sorted(storage.TABLES_BY_RELEASE["2.2"]), "AgentChat", "2.2.1", "19 tables of AgentChat 2.2"),
    ],
)
def test_the_tables_of_the_contract_or_of_the_release_hold(
    tables: list[str], title: str, version: str, expected: str
) -> None:
    finding = storage.tables_there(schema(*tables), title=title, version=version)
    assert judged(finding) == (Verdict.HOLDS, f"{len(tables)} tables, none missing")
    assert finding.expected == expected


def test_tables_that_are_missing_are_broken_and_named() -> None:
    found = schema(*(name for name in CONTRACT if name not in {"user", "agent"}))
    assert judged(storage.tables_there(found)) == (Verdict.BROKEN, "missing: agent, user")
    of_release = storage.tables_there(schema(*CONTRACT), title="AgentChat", version="2.5.0")
    assert judged(of_release)[1].startswith("missing: agent_skill, mcp_stdio_server, ")


def test_a_database_without_tables_misses_them_all() -> None:
    assert judged(storage.tables_there(schema())) == (Verdict.BROKEN, f"missing: {', '.join(CONTRACT)}")


@given(st.sets(st.sampled_from([*CONTRACT, "extra"])))
def test_every_table_counts(names: set[str]) -> None:
    assert (storage.tables_there(schema(*names)).verdict is Verdict.HOLDS) == (names >= storage.TABLES)


def test_tables_that_store_every_character_hold() -> None:
    assert judged(storage.utf8mb4(schema("agent", "user"))) == (Verdict.HOLDS, "utf8mb4 in 2 tables")


def test_each_table_that_does_not_is_broken_and_so_is_the_default() -> None:
    found = schema("agent", "user", collation="latin1_swedish_ci", charset="utf8mb3")
    assert judged(storage.utf8mb4(found)) == (
        Verdict.BROKEN,
        "the database's default: utf8mb3\nagent: latin1_swedish_ci\nuser: latin1_swedish_ci",
    )
    assert judged(storage.utf8mb4(schema("agent", charset="latin1"))) == (
        Verdict.BROKEN,
        "the database's default: latin1",
    )


def test_no_tables_store_nothing() -> None:
    assert judged(storage.utf8mb4(schema())) == (Verdict.UNKNOWN, "the database has no table")
    assert judged(storage.utf8mb4(schema(charset="latin1")))[0] is Verdict.BROKEN


def key(*, exists: bool = True, ttl: int | None = 90000) -> facts.CacheKey:
    return facts.CacheKey("user_current_session:7", exists, ttl)


@pytest.mark.parametrize("ttl", [86400, 89999, 90000])
def test_a_session_that_lives_as_long_as_its_token_holds(ttl: int) -> None:
    assert str(storage.session_lives(key(ttl=ttl))) == (
        "HOLDS: the cache holds the session of a log-in, with its time to live\n"
        "  expected:   user_current_session:7, living for 86400 to 90000 s\n"
        f"  actual:     it lives for {ttl} s"
    )


@pytest.mark.parametrize(
    ("seen", "actual"),
    [
        (key(exists=False, ttl=None), "there is no such key"),
        (key(exists=False), "there is no such key"),
        (key(ttl=None), "it lives for ever"),
        (key(ttl=0), "it lives for 0 s"),
        (key(ttl=86399), "it lives for 86399 s"),
        (key(ttl=90001), "it lives for 90001 s"),
    ],
)
def test_a_session_that_is_not_there_or_lives_too_short_or_too_long_is_broken(
    seen: facts.CacheKey, actual: str
) -> None:
    assert judged(storage.session_lives(seen)) == (Verdict.BROKEN, actual)
