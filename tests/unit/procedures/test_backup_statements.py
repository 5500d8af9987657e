"""Statements as backups write and read them, without a server."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.procedures.backup import accounts, dump, loading, method, scripts, tables
from agentchat_check.procedures.backup.accounts import Account

HISTORY = """CREATE TABLE `history` (
  `id` int NOT NULL AUTO_INCREMENT,
  `dialog_id` varchar(32) NOT NULL COMMENT '  KEY `no` (`dialog_id`),',
  `content` mediumtext NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `one` (`dialog_id`,`id`),
  KEY `two` (`dialog_id`),
  FULLTEXT KEY `words` (`content`),
  FULLTEXT KEY `more` (`content`,`dialog_id`),
  CONSTRAINT `history_of_dialog` FOREIGN KEY (`dialog_id`) REFERENCES `dialog` (`dialog_id`) ON DELETE CASCADE,
  CONSTRAINT `positive` CHECK ((`id` > 0))
) ENGINE=InnoDB AUTO_INCREMENT=41 DEFAULT CHARSET=utf8mb4"""


def test_what_can_wait_for_the_rows_is_taken_out_of_a_definition() -> None:
    table = tables.taken_apart(HISTORY)
    assert table.name == "history"
    assert table.bare == (
        "CREATE TABLE `history` (\n"
        "  `id` int NOT NULL AUTO_INCREMENT,\n"
        "  `dialog_id` varchar(32) NOT NULL COMMENT '  KEY `no` (`dialog_id`),',\n"
        "  `content` mediumtext NOT NULL,\n"
        "  PRIMARY KEY (`id`),\n"
        "  CONSTRAINT `positive` CHECK ((`id` > 0))\n"
        ") ENGINE=InnoDB AUTO_INCREMENT=41 DEFAULT CHARSET=utf8mb4"
    )
    assert table.later == (
        (
            "ALTER TABLE `history` ADD UNIQUE KEY `one` (`dialog_id`,`id`), ADD KEY `two` (`dialog_id`), "
            "ADD CONSTRAINT `history_of_dialog` FOREIGN KEY (`dialog_id`) REFERENCES `dialog` (`dialog_id`)"
            " ON DELETE CASCADE"
        ),
        "ALTER TABLE `history` ADD FULLTEXT KEY `words` (`content`)",
        "ALTER TABLE `history` ADD FULLTEXT KEY `more` (`content`,`dialog_id`)",
    )


def test_a_key_that_the_numbers_need_stays_and_so_does_one_on_an_expression() -> None:
    statement = (
        "CREATE TABLE `o``dd` (\n  `a``b` int NOT NULL AUTO_INCREMENT,\n  `c` int DEFAULT NULL,\n"
        "  KEY `counts` (`a``b`,`c`),\n  KEY `up` ((`c` + 1))\n) ENGINE=InnoDB\n/*!50100 PARTITION BY KEY (c) */"
    )
    assert tables.taken_apart(statement) == tables.Table("o`dd", statement, ())


def test_what_is_no_definition_is_not_taken_apart() -> None:
    with pytest.raises(ValueError, match="no definition of a table: CREATE VIEW v"):
        tables.taken_apart("CREATE VIEW v AS SELECT 1")


@given(st.lists(st.binary()))
def test_a_script_is_read_as_it_was_written(statements: list[bytes]) -> None:
    assert scripts.read(scripts.written(statements)) == statements


def test_a_script_reads_like_one_of_the_mysql_program() -> None:
    assert scripts.written([b"SELECT ';;'", b"SELECT 2"]) == (b"DELIMITER ;;~\nSELECT ';;'\n;;~\nSELECT 2\n;;~\n")


@given(st.lists(st.binary().filter(lambda line: b"\n" not in line and line)), st.integers(1, 9))
def test_lines_are_those_that_were_written_however_they_come(lines: list[bytes], size: int) -> None:
    class Source:
        def __init__(self) -> None:
            self._rest = io.BytesIO(b"".join(line + b"\n" for line in lines))

        def read(self, _: int) -> bytes:
            return self._rest.read(size)

    assert list(scripts.lines(Source())) == lines


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("dialog", "database/tables/dialog.sql"),
        ("Übung 名", "database/tables/Übung 名.sql"),
        ("../a\\b%\n", "database/tables/..%2Fa%5Cb%25%0A.sql"),
    ],
)
def test_every_table_has_a_part_of_a_plain_name(table: str, part: str) -> None:
    assert dump.part_of(table) == part


def test_ranges_are_read_as_they_were_written() -> None:
    kept: dict[str, io.BytesIO] = {}

    class Archive:
        @contextmanager
        def part(self, name: str) -> Iterator[Any]:
            yield kept.setdefault(name, io.BytesIO())

    pieces = (facts.RangeDigest("t", None, "名", 3, "12"), facts.RangeDigest("t", "名", None, 0, "0"))
    method.write_ranges(Archive(), pieces)
    kept[method.RANGES].seek(0)
    assert method.read_ranges(Archive()) == pieces


def test_accounts_and_grants_that_are_gone_are_told() -> None:
    reader = Account("reader", "%", "CREATE USER …", ("GRANT USAGE ON *.* TO `reader`@`%`", "GRANT SELECT ON `a`.* …"))
    writer = Account("writer", "10.%", "CREATE USER …", ())
    assert accounts.lost([reader, writer], [reader, writer]) == ()
    lesser = Account("reader", "%", "ALTERED", reader.grants[:1])
    assert accounts.lost([reader, writer], [lesser]) == ("reader@%: GRANT SELECT ON `a`.* …", "writer@10.%")


@pytest.mark.parametrize(
    ("identified", "hashed"),
    [
        (" IDENTIFIED WITH 'caching_sha2_password' AS 0x2441", "'caching_sha2_password' AS 0x2441"),
        (" IDENTIFIED WITH 'auth_socket'", ""),
        ("", ""),
    ],
)
def test_a_password_is_known_by_its_hash(identified: str, hashed: str) -> None:
    assert Account("a", "%", f"CREATE USER `a`@`%`{identified} REQUIRE NONE", ()).hash == hashed


class Connection:
    """A connection that notes its statements, and how many were dealt when each began; ``bad`` is refused."""

    def __init__(self, dealt: list[str]) -> None:
        self._dealt = dealt
        self.seen: list[str] = []
        self.ahead: list[int] = []

    def query(self, statement: str) -> None:
        """As pymysql's."""
        if statement == "bad":
            raise ValueError("refused")
        self.ahead.append(len(self._dealt))
        self.seen.append(statement)


def test_statements_are_dealt_to_whoever_is_free_and_those_of_one_deal_stay_together() -> None:
    dealt: list[str] = []
    connections = [Connection(dealt), Connection(dealt)]
    with loading.dealer(connections) as dealer:  # type: ignore[arg-type] # as far as statements go
        for number in range(200):
            dealer.deal([f"{number} begin", f"{number} end"])
            dealt.append(str(number))
    seen = [statement for connection in connections for statement in connection.seen]
    assert sorted(seen) == sorted(f"{number} {end}" for number in range(200) for end in ("begin", "end"))
    assert all(begin.split()[0] == end.split()[0] for begin, end in zip(seen[::2], seen[1::2], strict=True))


def test_no_more_is_dealt_than_can_be_taken() -> None:
    dealt: list[str] = []
    connection = Connection(dealt)
    with loading.dealer([connection]) as dealer:  # type: ignore[list-item] # as far as statements go
        for number in range(50):
            dealer.deal([str(number)])
            dealt.append(str(number))
    assert all(ahead - done <= 3 for done, ahead in enumerate(connection.ahead))


def test_nothing_is_begun_after_a_statement_that_failed() -> None:
    connection = Connection([])

    def deal() -> None:
        with loading.dealer([connection]) as dealer:  # type: ignore[list-item] # as far as statements go
            dealer.deal(["good"])
            dealer.deal(["bad"])
            dealer.wait()

    with pytest.raises(ValueError, match="refused"):
        deal()
    assert connection.seen == ["good"]
