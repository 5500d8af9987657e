"""What a digest of rows tells apart, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors, facts
from agentchat_check.probes import database_state, digests
from agentchat_check.probes.digests import Cursor
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from databases import administering, running, schema

if TYPE_CHECKING:
    from docker import DockerClient as Client

Schema = tuple[Cursor, str]


@pytest.fixture(scope="module")
def server(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home: Path = tmp_path_factory.mktemp("digests")
    with running(client, check_session, home) as stack:
        yield stack


@pytest.fixture
def here(server: Stack) -> Iterator[Schema]:
    with schema(server) as made:
        yield made


@pytest.fixture
def there(server: Stack) -> Iterator[Schema]:
    with schema(server) as made:
        yield made


def table(where: Schema, columns: str, *rows: str) -> None:
    where[0].execute("DROP TABLE IF EXISTS t")
    where[0].execute(f"CREATE TABLE t ({columns}) DEFAULT CHARSET = utf8mb4")
    for row in rows:
        where[0].execute(f"INSERT INTO t VALUES ({row})")  # noqa: S608 - values of the test


def digest(where: Schema, *more: Cursor) -> tuple[int, str]:
    return digests.by_table(digests.ranges([where[0], *more], where[1]))["t"]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("VARCHAR(9)", "NULL", "''"),
        ("VARCHAR(9)", "NULL", "'NULL'"),
        ("VARCHAR(9)", "NULL", "'N'"),
        ("VARCHAR(9)", "''", "' '"),
        ("VARCHAR(9)", "'a'", "'A'"),
        ("VARCHAR(9)", "'a'", "'á'"),
        ("VARCHAR(9)", "'😀'", "'😁'"),
        ("VARCHAR(9) CHARACTER SET latin1", "'é'", "'e'"),
        ("LONGTEXT", "REPEAT('a', 2000000)", "CONCAT(REPEAT('a', 1999999), 'b')"),
        ("LONGTEXT", "REPEAT('a', 2000000)", "SHA2(REPEAT('a', 2000000), 256)"),
        ("INT", "0", "NULL"),
        ("BIGINT UNSIGNED", "18446744073709551615", "18446744073709551614"),
        ("DECIMAL(65, 30)", "1.000000000000000000000000000001", "1.000000000000000000000000000002"),
        ("FLOAT", "16777216", "16777217.5"),
        ("FLOAT", "1.0000001", "1.0000002"),
        ("DOUBLE", "0.1e0 + 0.2e0", "0.3e0"),
        ("DOUBLE", "-2.2250738585072014e-308", "-2.2250738585072019e-308"),
        ("DOUBLE", "-1.7976931348623157e308", "-1.7976931348623155e308"),
        ("DATETIME(6)", "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'"),
        ("TIMESTAMP(6)", "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'"),
        ("TIME(3)", "'-00:00:00.001'", "'00:00:00.001'"),
        ("BIT(9)", "b'1'", "b'100000001'"),
        ("BINARY(4)", "x'61'", "x'6120'"),
        ("VARBINARY(9)", "x''", "x'00'"),
        ("BLOB", "x'e9'", "x'c3a9'"),
        ("JSON", "'null'", "NULL"),
        ("JSON", "'1'", "'1.0'"),
        ("JSON", "'[1, 2]'", "'[2, 1]'"),
        ("JSON", "'\"1\"'", "'1'"),
        ("ENUM('on', 'off')", "'on'", "'off'"),
        ("SET('a', 'b')", "'a'", "'a,b'"),
        ("POINT", "POINT(1, 2)", "POINT(2, 1)"),
        ("GEOMETRY", "POINT(1, 2)", "ST_SRID(POINT(1, 2), 4326)"),
        ("VARCHAR(9), b VARCHAR(9)", "'a,', 'b'", "'a', ',b'"),
        ("VARCHAR(9), b VARCHAR(9)", "NULL, ''", "'', NULL"),
        ("VARCHAR(9), b VARCHAR(9)", "'1:a', ''", "'', '1:a'"),
    ],
)
def test_values_that_are_not_the_same_are_told_apart(here: Schema, kind: str, one: str, other: str) -> None:
    table(here, f"a {kind}", one)
    first = digest(here)
    table(here, f"a {kind}", other)
    second = digest(here)
    assert first[0] == second[0] == 1
    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("kind", "one", "other_kind", "other"),
    [
        ("JSON", """'{"a": 1, "bb": [null]}'""", "JSON", """'{ "bb":[ null ],"a":1 }'"""),
        ("VARCHAR(9)", "'é£'", "VARCHAR(9) CHARACTER SET latin1", "'é£'"),
        ("VARCHAR(9)", "'x'", "VARCHAR(9) COLLATE utf8mb4_bin NOT NULL", "'x'"),
        ("VARCHAR(9) CHARACTER SET utf8mb3", "'é'", "TEXT CHARACTER SET utf16", "'é'"),
        ("INT NOT NULL", "7", "BIGINT", "7"),
        ("DOUBLE", "0e0", "FLOAT", "-0e0"),
    ],
)
def test_the_same_value_is_the_same_however_it_is_kept(
    here: Schema, kind: str, one: str, other_kind: str, other: str
) -> None:
    table(here, f"a {kind}", one)
    first = digest(here)
    table(here, f"a {other_kind}", other)
    assert digest(here) == first


def test_equal_rows_do_not_cancel_and_their_order_does_not_count(here: Schema) -> None:
    table(here, "a INT, b INT", "1, 2", "3, 4", "1, 2")
    three = digest(here)
    table(here, "a INT, b INT", "3, 4", "1, 2", "1, 2")
    assert digest(here) == three
    table(here, "a INT, b INT", "3, 4")
    assert digest(here)[1] != three[1]


def test_a_timestamp_is_the_moment_whatever_the_sessions_zone(server: Stack, here: Schema) -> None:
    here[0].execute("SET time_zone = '+08:00'")
    table(here, "a TIMESTAMP", "'2026-01-01 08:00:00'")
    here[0].execute(digests.SESSION)
    first = digest(here)
    table(here, "a TIMESTAMP", "'2026-01-01 00:00:00'")
    assert digest(here) == first


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("k INT", "n - 50"),
        ("k VARCHAR(40)", "LEFT(SHA2(n, 256), 40)"),
        ("k VARBINARY(40)", "UNHEX(SHA2(n, 224))"),
        ("k DATETIME", "'2026-01-01' + INTERVAL n DAY"),
        ("k CHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci", "CONCAT('é', n)"),
    ],
)
def test_ranges_add_up_to_the_table_and_are_the_same_from_several_connections(
    server: Stack, here: Schema, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    table(here, f"{key} PRIMARY KEY, v INT")
    numbers = "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 100) "
    here[0].execute(f"INSERT INTO t {numbers} SELECT {value}, n FROM c")  # noqa: S608 - an expression of the test
    here[0].execute("ANALYZE TABLE t")
    whole = digest(here)
    monkeypatch.setattr(digests, "ROWS_OF_A_RANGE", 7)
    with ExitStack() as ends:
        more = [ends.enter_context(administering(server)) for _ in range(2)]
        pieces = digests.ranges([here[0], *more], here[1])
    assert digests.by_table(pieces)["t"] == whole
    assert len(pieces) == (1 if "DATETIME" in key else 15)
    assert "INT" in key or max(piece.rows for piece in pieces) == (100 if "DATETIME" in key else 7)
    monkeypatch.undo()
    assert digests.ranges([here[0]], here[1], {"t": pieces}) == pieces


def test_a_row_that_is_longer_than_a_packet_does_not_go_unseen(server: Stack, here: Schema) -> None:
    table(here, "a LONGTEXT, b LONGTEXT", "REPEAT('a', 1000000), REPEAT('b', 1000000)")
    here[0].execute("SELECT @@GLOBAL.max_allowed_packet")
    ((usual,),) = here[0].fetchall()
    here[0].execute("SET GLOBAL max_allowed_packet = 1048576")
    try:
        with administering(server) as cursor, pytest.raises(errors.StackError) as caught:
            digest((cursor, here[1]))
    finally:
        here[0].execute("SET GLOBAL max_allowed_packet = %s", (usual,))
    assert str(caught.value) == (
        "digest the rows of t\n"
        "  expected:   a digest of every row\n"
        "  actual:     a row is longer than the server's max_allowed_packet\n"
        "  next step:  give the server a larger max_allowed_packet, and try again"
    )


def test_the_first_rows_that_differ_are_named(here: Schema, there: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "ROWS_OF_A_RANGE", 2)
    columns = "a INT, b VARBINARY(9), v FLOAT, PRIMARY KEY (a, b)"
    rows = [f"{number}, x'ff{number}{number}', 1.0000001" for number in range(1, 9)]
    table(here, columns, *rows)
    table(there, columns, *rows)
    assert digests.first_differences(here, there, "t") == ()
    there[0].execute("DELETE FROM t WHERE a = 3")
    there[0].execute("UPDATE t SET v = 1.0000002 WHERE a = 5")
    there[0].execute("INSERT INTO t VALUES (9, x'00', 1), (10, x'00', 1)")
    assert digests.first_differences(here, there, "t") == (
        facts.KeyDifference("t", "3, FF33", "missing"),
        facts.KeyDifference("t", "5, FF55", "changed"),
        facts.KeyDifference("t", "9, 00", "extra"),
    )
    assert len(digests.first_differences(here, there, "t", most=9)) == 4


def test_a_state_is_the_same_of_the_same_database_alone(here: Schema) -> None:
    columns = "id INT AUTO_INCREMENT PRIMARY KEY, a INT, b INT"
    table(here, f"{columns}, KEY one (a), KEY two (b)")
    here[0].execute("CREATE VIEW v AS SELECT a FROM t")
    here[0].execute("CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1")
    here[0].execute("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1")
    here[0].execute("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1")
    first = database_state.state([here[0]], here[1])
    assert [table.table for table in first.tables] == ["t"]
    assert {"root@%", "chat@%"} <= set(first.accounts)
    assert (first.charset, first.name) == ("utf8mb4", here[1])
    here[0].execute("INSERT INTO t (b) VALUES (1)")
    here[0].execute("DELETE FROM t")
    here[0].execute("ALTER TABLE t DROP KEY one")
    here[0].execute("ALTER TABLE t ADD KEY one (a)")
    assert database_state.state([here[0]], here[1]) == first
    changes = {
        "ALTER TABLE t DROP KEY one": "tables",
        "ALTER DATABASE CHARACTER SET latin1": "charset",
        "DROP VIEW v": "views_digest",
        "DROP FUNCTION f": "routines_digest",
        "ALTER EVENT e ENABLE": "routines_digest",
        "DROP TRIGGER g": "triggers_digest",
        "CREATE USER 'test-state'@'10.%'": "accounts",
    }
    for statement, field in changes.items():
        here[0].execute(statement)
        try:
            second = database_state.state([here[0]], here[1])
        finally:
            here[0].execute("DROP USER IF EXISTS 'test-state'@'10.%'")
        assert getattr(second, field) != getattr(first, field), statement
        first = second
