"""What a real server says of a schema and of a release's rows tells a migrated database from a fresh one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import facts
from agentchat_check.checks import carried
from agentchat_check.findings import Verdict
from agentchat_check.probes import definitions
from agentchat_check.probes.digests import Cursor
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from databases import running, schema

if TYPE_CHECKING:
    from docker import DockerClient as Client

Schema = tuple[Cursor, str]

FORMER = (
    "CREATE TABLE role (id INT PRIMARY KEY, role_name VARCHAR(32) NOT NULL)",
    (
        "CREATE TABLE agent (id CHAR(2) PRIMARY KEY, user_id VARCHAR(32) NOT NULL, name VARCHAR(32) NOT NULL,"
        " llm_id CHAR(2) NOT NULL, create_time DATETIME NOT NULL, KEY ix_agent_user_id (user_id))"
    ),
    "CREATE TABLE dialog (dialog_id CHAR(2) PRIMARY KEY, user_id VARCHAR(32) NOT NULL, name VARCHAR(32))",
    (
        "CREATE TABLE history (id INT AUTO_INCREMENT PRIMARY KEY, dialog_id CHAR(2) NOT NULL, content TEXT NOT NULL,"
        " CONSTRAINT of_dialog FOREIGN KEY (dialog_id) REFERENCES dialog (dialog_id) ON DELETE CASCADE)"
    ),
)
SEEDS = (
    "INSERT INTO role VALUES (1, 'administrator'), (2, 'user')",
    "INSERT INTO agent VALUES ('{0}1', '0', 'helper', '{0}9', NOW()), ('{0}2', '0', 'poet', '{0}9', NOW())",
)
USERS = (
    "INSERT INTO agent VALUES ('u1', '7', 'mine', 'u9', NOW())",
    "INSERT INTO dialog VALUES ('d1', '7', 'mine')",
    "INSERT INTO history (dialog_id, content) VALUES ('d1', 'hello'), ('d1', 'You said: hello')",
)
MIGRATION = (
    "ALTER TABLE dialog ADD COLUMN pinned BOOL NOT NULL DEFAULT FALSE",
    "INSERT INTO agent VALUES ('{0}3', '0', 'critic', '{0}9', NOW())",
)


@pytest.fixture(scope="module")
def server(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home: Path = tmp_path_factory.mktemp("definitions")
    with running(client, check_session, home) as stack:
        yield stack


@pytest.fixture
def both(server: Stack) -> Iterator[tuple[Schema, Schema]]:
    """A migrated database that users wrote to, and a fresh one of the same release, whose columns stand otherwise."""
    with ExitStack() as stack:
        migrated, fresh = (stack.enter_context(schema(server)) for _ in range(2))
        do(migrated, *FORMER, *(line.format("a") for line in SEEDS), *USERS)
        do(migrated, *(line.format("a") for line in MIGRATION))
        dialog = FORMER[2].replace("name VARCHAR(32))", "pinned BOOL NOT NULL DEFAULT FALSE, name VARCHAR(32))")
        do(fresh, *FORMER[:2], dialog, FORMER[3], *(line.format("b") for line in (*SEEDS, MIGRATION[1])))
        yield migrated, fresh


def do(where: Schema, *statements: str) -> None:
    for statement in statements:
        where[0].execute(statement)


def judged(migrated: Schema, fresh: Schema) -> tuple[Verdict, str]:
    looks = [(definitions.schema(*one), definitions.seeds(*one)) for one in (migrated, fresh)]
    (is_, rows), (wanted, wanted_rows) = looks
    finding = carried.same_as_fresh(is_, wanted, rows, wanted_rows, subject="1 to 2")
    return finding.verdict, finding.actual


def test_a_migrated_database_is_as_a_fresh_one(both: tuple[Schema, Schema]) -> None:
    assert judged(*both) == (Verdict.HOLDS, "4 tables, 5 rows of the release's own, alike")


@pytest.mark.parametrize(
    ("defect", "line"),
    [
        ("ALTER TABLE dialog DROP COLUMN pinned", "dialog.pinned: tinyint(1) NOT NULL DEFAULT '0' -> nothing"),
        (
            "ALTER TABLE dialog MODIFY pinned BOOL NOT NULL",
            "dialog.pinned: tinyint(1) NOT NULL DEFAULT '0' -> tinyint(1) NOT NULL",
        ),
        ("ALTER TABLE agent DROP KEY ix_agent_user_id", "agent: KEY `ix_agent_user_id` (`user_id`) is gone"),
        (
            "ALTER TABLE history DROP FOREIGN KEY of_dialog",
            (
                "history: CONSTRAINT `of_dialog` FOREIGN KEY (`dialog_id`) REFERENCES `dialog` (`dialog_id`) "
                "ON DELETE CASCADE is gone"
            ),
        ),
        ("ALTER TABLE role CONVERT TO CHARACTER SET latin1", "role: ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "),
        ("DROP TABLE history", "history: the table is gone"),
        ("CREATE TABLE more (id INT)", "more: the table is new"),
    ],
)
def test_a_definition_that_a_migration_forgets_is_named(both: tuple[Schema, Schema], defect: str, line: str) -> None:
    do(both[0], defect)
    verdict, actual = judged(*both)
    assert verdict is Verdict.BROKEN
    assert f"fresh -> migrated: {line}" in actual


@pytest.mark.parametrize(
    ("defect", "line"),
    [
        ("DELETE FROM agent WHERE name = 'critic'", "agent: 'critic' is there 0 times as it is fresh, should be 1"),
        (
            "INSERT INTO agent VALUES ('x1', '0', 'critic', 'x9', NOW())",
            "agent: 'critic' is there 2 times as it is fresh, should be 1",
        ),
        ("DELETE FROM role WHERE id = 1", "role: 'administrator' is there 0 times as it is fresh, should be 1"),
    ],
)
def test_a_row_of_the_release_that_is_lost_or_stands_twice_is_named(
    both: tuple[Schema, Schema], defect: str, line: str
) -> None:
    do(both[0], defect)
    assert judged(*both) == (Verdict.BROKEN, line)


def test_what_users_wrote_and_how_tables_count_makes_no_difference(both: tuple[Schema, Schema]) -> None:
    ((cursor, name), _) = both
    before = definitions.schema(cursor, name)
    do(both[0], "INSERT INTO history (dialog_id, content) VALUES ('d1', 'more')")
    assert definitions.schema(cursor, name) == before
    assert {record.table for record in definitions.seeds(cursor, name)} == {"agent", "role"}
    assert isinstance(before, facts.SchemaDefinition)
