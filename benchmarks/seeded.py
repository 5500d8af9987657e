"""Databases of any size that are the same whenever they are made: users, their dialogs and messages, and every type."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pymysql

MESSAGES_PER_MB = 1720
"""Messages that make about a million bytes, in a dump as on disk."""

_BASE = 50_000
"""Messages that are written one by one; the others are made of them in the server."""

_AT_ONCE = 2_000
"""Messages in one statement."""

_DIALOG = 20
"""Messages in a dialog."""

_WORDS = """
the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you
were all her she there would their we him been has when who will no more if out so up said what its about than into them
can only other time new some could these two may first then do any like my now over such our man backup restore dialog
answer model token agent memory question server password summary table number reason result naïve café straße año 😀 🚀
你好 世界 问题 回答 模型 数据 备份 恢复 用户 对话 消息 时间 系统 服务 测试 结果
""".split()  # noqa: SIM905 - words, as they are read

TABLES = (
    """CREATE TABLE IF NOT EXISTS user (
        user_id VARCHAR(32) NOT NULL, user_name VARCHAR(20) NOT NULL, user_email VARCHAR(255) NOT NULL,
        user_password VARCHAR(60) NOT NULL, create_time DATETIME NOT NULL, update_time DATETIME NOT NULL,
        PRIMARY KEY (user_id), UNIQUE KEY user_name (user_name)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4""",
    """CREATE TABLE IF NOT EXISTS dialog (
        dialog_id VARCHAR(32) NOT NULL, user_id VARCHAR(32) NOT NULL, agent_id VARCHAR(32) NOT NULL,
        agent_type VARCHAR(32) NOT NULL, name VARCHAR(255) NOT NULL,
        create_time DATETIME NOT NULL, update_time DATETIME NOT NULL,
        PRIMARY KEY (dialog_id), KEY ix_dialog_user_id (user_id)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4""",
    """CREATE TABLE IF NOT EXISTS history (
        id INTEGER NOT NULL AUTO_INCREMENT, dialog_id VARCHAR(32) NOT NULL, role VARCHAR(32) NOT NULL,
        content MEDIUMTEXT NOT NULL, create_time DATETIME NOT NULL, PRIMARY KEY (id),
        CONSTRAINT history_of_dialog FOREIGN KEY (dialog_id) REFERENCES dialog (dialog_id) ON DELETE CASCADE
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4""",
    """CREATE TABLE IF NOT EXISTS every_type (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        a_tiny TINYINT, a_small SMALLINT UNSIGNED, a_medium MEDIUMINT, an_int INT, a_yes BOOLEAN, a_year YEAR,
        a_decimal DECIMAL(65, 30), a_float FLOAT, a_double DOUBLE, some_bits BIT(17),
        a_date DATE, a_time TIME(6), a_datetime DATETIME(6), a_timestamp TIMESTAMP(6) NULL,
        a_char CHAR(10), a_varchar VARCHAR(200), a_text LONGTEXT, an_old_text VARCHAR(100) CHARACTER SET latin1,
        a_binary BINARY(8), a_varbinary VARBINARY(200), a_blob LONGBLOB,
        an_enum ENUM('', 'on', 'off', 'été'), a_set SET('a', 'b', 'c'), a_document JSON, a_point POINT,
        of_it VARCHAR(220) GENERATED ALWAYS AS (CONCAT(a_varchar, '!')) VIRTUAL,
        kept_of_it INT GENERATED ALWAYS AS (an_int + 1) STORED, UNIQUE KEY kept (kept_of_it, id)
    ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4""",
)

OBJECTS = (
    "CREATE OR REPLACE VIEW messages_by_dialog AS SELECT dialog_id, COUNT(*) AS messages FROM history GROUP BY 1",
    "DROP TRIGGER IF EXISTS trimmed",
    "CREATE TRIGGER trimmed BEFORE INSERT ON dialog FOR EACH ROW SET NEW.name = TRIM(NEW.name)",
    "DROP FUNCTION IF EXISTS half",
    "CREATE FUNCTION half(x DOUBLE) RETURNS DOUBLE DETERMINISTIC RETURN x / 2",
    "DROP PROCEDURE IF EXISTS forget",
    "CREATE PROCEDURE forget(IN which VARCHAR(32)) BEGIN DELETE FROM dialog WHERE dialog_id = which; END",
    "DROP EVENT IF EXISTS nightly",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM every_type WHERE id < 0",
)
"""A view, a trigger, routines and an event."""

_BEGAN = datetime(2026, 1, 1)  # noqa: DTZ001 - as a DATETIME, which knows no zone


def fill(connection: pymysql.Connection[pymysql.cursors.Cursor], megabytes: int, *, seed: int = 1) -> None:
    """Make the tables where they are missing, and fill them: the same size and seed, the same rows.

    Args:
        connection: An administrator's, with the database chosen.
        megabytes: About how many million bytes the messages have in all.
        seed: Another one makes other rows.
    """
    dice = random.Random(seed)  # noqa: S311 - the same again is what is wanted
    messages = max(_DIALOG, megabytes * MESSAGES_PER_MB)
    dialogs = [f"{dice.getrandbits(128):032x}" for _ in range(-(-messages // _DIALOG))]
    with connection.cursor() as cursor:
        for setting in ("sql_log_bin = 0", "unique_checks = 0", "foreign_key_checks = 0", "time_zone = '+00:00'"):
            cursor.execute(f"SET SESSION {setting}")
        for statement in (*TABLES, *OBJECTS):
            cursor.execute(statement)
        base = min(messages, _BASE)
        _insert(cursor, "user (user_id, user_name, user_email, user_password, create_time, update_time)", _users(dice))
        columns = "dialog_id, user_id, agent_id, agent_type, name, create_time, update_time"
        _insert(cursor, f"dialog ({columns})", _dialogs(dice, sorted(dialogs)))
        _insert(cursor, "history (id, dialog_id, role, content, create_time)", _messages(dice, dialogs, base))
        _multiply(cursor, dialogs, base, messages)
        _insert(cursor, f"every_type ({', '.join(_KINDS)})", _every_type(dice, rows=min(20_000, messages // 10)))
        cursor.execute("UPDATE every_type SET a_point = POINT(id / 7, -id) WHERE id % 10 > 0")
        connection.commit()
        for table in ("user", "dialog", "history", "every_type"):
            cursor.execute(f"ANALYZE TABLE {table}")


def _users(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(2, 202):
        secret = f"$2b$12${dice.getrandbits(212):053x}"
        yield str(number), f"seeded{number}", f"user{number}@example.org", secret, _BEGAN, _BEGAN


def _dialogs(dice: random.Random, dialogs: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    for number, dialog in enumerate(dialogs):
        when = _BEGAN + timedelta(seconds=number)
        yield dialog, str(2 + number % 200), f"{number % 7:032x}", "Agent", _text(dice, 4), when, when


def _messages(dice: random.Random, dialogs: list[str], many: int) -> Iterator[tuple[Any, ...]]:
    for number in range(many):
        role, when = ("assistant", "user")[number % 2 == 0], _BEGAN + timedelta(seconds=number)
        yield number + 1, dialogs[number // _DIALOG], role, _text(dice, dice.randrange(20, 170)), when


def _multiply(cursor: pymysql.cursors.Cursor, dialogs: list[str], base: int, messages: int) -> None:
    """Make the other messages of the first ones, each with its text turned round by some letters."""
    cursor.execute("CREATE TEMPORARY TABLE numbered (number INT PRIMARY KEY, dialog_id VARCHAR(32) NOT NULL)")
    _insert(cursor, "numbered (number, dialog_id)", enumerate(dialogs))
    for start in range(base, messages, base):
        cursor.execute(
            "INSERT INTO history (id, dialog_id, role, content, create_time)"
            " SELECT h.id + %s, n.dialog_id, h.role, CONCAT(SUBSTR(h.content, %s), LEFT(h.content, %s)),"
            " h.create_time + INTERVAL %s SECOND"
            " FROM history h JOIN numbered n ON n.number = (h.id + %s - 1) DIV %s"
            " WHERE h.id <= %s ORDER BY h.id",
            (start, start // base + 1, start // base, start, start, _DIALOG, min(base, messages - start)),
        )
    cursor.execute("DROP TEMPORARY TABLE numbered")


_KINDS = """
a_tiny a_small a_medium an_int a_yes a_year a_decimal a_float a_double some_bits a_date a_time a_datetime a_timestamp
a_char a_varchar a_text an_old_text a_binary a_varbinary a_blob an_enum a_set a_document
""".split()  # noqa: SIM905 - the columns of every_type that are filled


def _every_type(dice: random.Random, *, rows: int) -> Iterator[tuple[Any, ...]]:
    """Rows with a value of every type, the odd ones among them; every tenth value is missing."""
    for number in range(rows):
        when = _BEGAN + timedelta(seconds=dice.randrange(10**8), microseconds=dice.randrange(10**6))
        values = (
            dice.randrange(-128, 128),
            dice.randrange(65536),
            dice.randrange(-(2**23), 2**23),
            dice.randrange(-(2**31), 2**31 - 1),
            dice.random() < 0.5,  # noqa: PLR2004 - a coin
            dice.randrange(1901, 2156),
            f"{dice.randrange(10**35)}.{dice.randrange(10**30):030d}",
            dice.uniform(-1e9, 1e9),
            dice.uniform(-1, 1) * 10.0 ** dice.randrange(-300, 300),
            dice.getrandbits(17),
            when.date(),
            f"{dice.randrange(-837, 838)}:59:{dice.randrange(60):02d}.{dice.randrange(10**6):06d}",
            when,
            when,
            dice.choice(["", "NULL", " leading", "été", "0"]),
            _text(dice, 5),
            dice.choice(["", "\\", "'\"`;\n\r\t\0\x1a", "-- no", _text(dice, 30)]),
            dice.choice(["", "café", "£5", "naïve"]),
            dice.randbytes(8),
            dice.randbytes(dice.randrange(40)),
            dice.randbytes(dice.randrange(200)),
            dice.choice(["", "on", "off", "été"]),
            dice.choice(["", "a", "a,c", "a,b,c"]),
            f'{{"n": {dice.random()!r}, "t": "{_text(dice, 3)}", "l": [1, null, true, {number}]}}',
        )
        yield tuple(None if dice.random() < 0.1 else value for value in values)  # noqa: PLR2004 - every tenth


def _text(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_WORDS, k=words))


def _insert(cursor: pymysql.cursors.Cursor, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, many in one statement."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _AT_ONCE)):
        values = ", ".join(["%s"] * len(batch[0]))
        cursor.executemany(f"INSERT INTO {into} VALUES ({values})", batch)  # noqa: S608 - names of ours
