"""A table's definition is taken apart by columns, keys and options; a release's own rows are those of nobody."""

from typing import Any, cast

import pytest

from agentchat_check import facts
from agentchat_check.probes import definitions
from agentchat_check.probes.digests import Cursor

USER = """\
CREATE TABLE `user` (
  `user_id` varchar(32) NOT NULL,
  `name` varchar(20) COLLATE utf8mb4_0900_ai_ci NOT NULL DEFAULT 'a,b',
  PRIMARY KEY (`user_id`),
  UNIQUE KEY `name` (`name`),
  KEY `by` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4
/*!50100 PARTITION BY KEY (user_id) */"""


class Server:
    """A cursor of a server that answers by a part of the statement."""

    def __init__(self, answers: dict[str, list[Any]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def execute(self, statement: str, _: Any = ()) -> None:
        """Take a question."""
        self.asked.append(statement)

    def fetchall(self) -> Any:
        """Answer it."""
        return next(rows for part, rows in self._answers.items() if part in self.asked[-1])


def test_a_schema_is_read_column_by_column() -> None:
    server = Server({"DEFAULT": [("utf8mb4", "utf8mb4_bin")], "SHOW": [("user", USER)], "SELECT": [("user",)]})
    found = definitions.schema(cast("Cursor", server), "agentchat")
    assert (found.charset, found.collation) == ("utf8mb4", "utf8mb4_bin")
    assert found.tables == (
        facts.TableDefinition(
            "user",
            {
                "user_id": "varchar(32) NOT NULL",
                "name": "varchar(20) COLLATE utf8mb4_0900_ai_ci NOT NULL DEFAULT 'a,b'",
            },
            ("KEY `by` (`name`)", "PRIMARY KEY (`user_id`)", "UNIQUE KEY `name` (`name`)"),
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*!50100 PARTITION BY KEY (user_id) */",
        ),
    )


def column(table: str, name: str, kind: str = "varchar", place: int | None = None) -> tuple[Any, ...]:
    """A column, as the server describes it."""
    return (table, name, kind, "utf8mb4", "NO", place)


@pytest.mark.parametrize(
    ("columns", "rows", "found", "asked"),
    [
        (
            [
                column("agent", "id", place=1),
                column("agent", "user_id"),
                column("agent", "name"),
                column("agent", "llm_id"),
                column("agent", "create_time", "datetime"),
            ],
            [("poet", "a2"), ("helper", "a1")],
            [("agent", "helper", "a1", True), ("agent", "poet", "a2", True)],
            ("`name`", "WHERE `user_id` = '0'"),
        ),
        (
            [column("role", "id", "int", 1), column("role", "role_name")],
            [("user", "b1")],
            [("role", "user", "b1", False)],
            ("`role_name`", "FROM `agentchat`.`role`"),
        ),
        (
            [column("alembic_version", "version_num", place=1)],
            [("0002", "c1")],
            [("alembic_version", "0002", "c1", False)],
            ("`version_num`", "FROM `agentchat`.`alembic_version`"),
        ),
        ([column("history", "id", "int", 1), column("history", "dialog_id"), column("history", "text")], [], [], None),
    ],
)
def test_rows_of_the_release_are_digested_without_what_every_installation_makes_up(
    columns: list[Any], rows: list[Any], found: list[Any], asked: tuple[str, str] | None
) -> None:
    server = Server({"information": columns, "SHA2": rows})
    records = definitions.seeds(cast("Cursor", server), "agentchat")
    assert [(one.table, one.label, one.digest, one.owned) for one in records] == found
    if asked is None:
        assert len(server.asked) == 1
        return
    assert all(part in server.asked[1] for part in asked)
    assert "create_time" not in server.asked[1]
    assert "`llm_id`" not in server.asked[1]


@pytest.mark.parametrize(
    ("tables", "versions", "revision"),
    [
        ([("alembic_version",), ("user",)], [("0002",)], "0002"),
        ([("alembic_version",)], [], ""),
        ([("alembic_version",)], [("a",), ("b",)], ""),
        ([("user",)], [("0002",)], ""),
    ],
)
def test_the_revision_is_the_one_that_alembic_notes(tables: list[Any], versions: list[Any], revision: str) -> None:
    server = Server({"information_schema": tables, "version_num": versions})
    assert definitions.revision(cast("Cursor", server), "agentchat") == revision
