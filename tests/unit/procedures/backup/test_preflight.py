"""Whether a stack may take an archive is looked at before anything is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

import archives
from agentchat_check import errors
from agentchat_check.archive import reading
from agentchat_check.archive.reading import Archive
from agentchat_check.procedures.backup import preflight
from engines import Engine, container
from servers import Cache, Database, Refusal, running
from stacks import Scripted, attached

TOLD = {"MYSQL_USER": "app", "MYSQL_PASSWORD": "p", "MYSQL_DATABASE": "agentchat"}
THERE = {"information_schema.TABLES WHERE": [("1",)], "FROM `user`": [("1",)]}


@pytest.fixture
def mysql() -> Iterator[Database]:
    with running(server := Database()):
        server.answers = {
            r"VERSION\(\)": [("8.0.36",)],
            "SCHEMATA": [("utf8mb4",)],
            "SELECT TABLE_NAME, TABLE_COLLATION": [("user", "utf8mb4_bin")],
        }
        yield server


@pytest.fixture
def redis() -> Iterator[Cache]:
    with running(server := Cache()):
        says(server, "7.4.0")
        yield server


@pytest.fixture
def stack(engine: Engine, client: DockerClient, mysql: Database, redis: Cache) -> Iterator[Scripted]:
    database = container("mysql", ports={3306: mysql.port}, environment=TOLD)
    engine.containers = [database, container("redis", ports={6379: redis.port}), container("backend")]
    with attached(client) as found:
        yield found


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return reading.open_archive(archives.write(tmp_path / "shelf"))


def says(redis: Cache, version: str) -> None:
    text = f"redis_version:{version}\r\n"
    redis.answers["INFO"] = f"${len(text)}\r\n{text}"


def refusal(stack: Scripted, archive: Archive, *, may_replace: bool = True) -> errors.StackError:
    with pytest.raises(errors.StackError) as caught:
        preflight.check(stack, archive, may_replace=may_replace)
    assert caught.value.tried == f"restore {archive.path}"
    assert caught.value.next_step
    return caught.value


def test_what_users_have_is_not_replaced_unless_asked_for(stack: Scripted, archive: Archive, mysql: Database) -> None:
    mysql.answers = {**THERE, **mysql.answers}
    error = refusal(stack, archive, may_replace=False)
    assert error.actual == "demo has users"
    assert error.next_step == "to replace what they have, add --replace: it is backed up first"


def test_whoever_is_there_is_asked_for_one_row_only(stack: Scripted, mysql: Database) -> None:
    assert not preflight.is_in_use(stack)
    mysql.answers = {"information_schema.TABLES": [("1",)], **mysql.answers}
    assert not preflight.is_in_use(stack)
    assert mysql.asked[-1] == "SELECT 1 FROM `user` LIMIT 1"
    mysql.answers = {**THERE, **mysql.answers}
    assert preflight.is_in_use(stack)


@pytest.mark.parametrize(("version", "enough"), [("7.2.9", False), ("7.4.0", True), ("7.4.1", True), ("8.0.2", True)])
def test_an_older_cache_is_refused(
    stack: Scripted, archive: Archive, redis: Cache, version: str, *, enough: bool
) -> None:
    says(redis, version)
    error = refusal(stack, archive)
    assert (error.expected == "the cache at 7.4.0 or newer") is not enough
    assert enough or error.actual == f"it is at {version}"


def test_an_older_database_is_refused(stack: Scripted, archive: Archive, mysql: Database) -> None:
    mysql.answers[r"VERSION\(\)"] = [("5.7.44-log",)]
    error = refusal(stack, archive)
    assert (error.expected, error.actual) == ("the database at 8.0.36 or newer", "it is at 5.7.44-log")


def test_an_archive_without_a_cache_needs_none(stack: Scripted, tmp_path: Path, redis: Cache) -> None:
    says(redis, "1.0")
    without = reading.open_archive(archives.write(tmp_path / "other", cache=None))
    assert "cache" not in refusal(stack, without).expected


def test_files_without_a_place_are_refused(stack: Scripted, archive: Archive) -> None:
    error = refusal(stack, archive)
    assert error.expected == "a volume or a bind mount at /app/uploads of backend"
    assert error.actual == "there is none"


def test_a_database_that_does_not_answer_is_one_clear_error(stack: Scripted, archive: Archive, mysql: Database) -> None:
    mysql.greeting = Refusal(1045, "Access denied")
    with pytest.raises(errors.StackError) as caught:
        preflight.check(stack, archive, may_replace=False)
    assert caught.value.actual == "Access denied (1045)"


@pytest.mark.parametrize(
    ("needed", "found", "older"),
    [
        ("9.7.0", "9.7.4-log", False),
        ("9.7.4", "9.7.0", False),
        ("9.7.0", "10.0.1", False),
        ("10.0", "9.7", True),
        ("8.4.0", "8.0.40", True),
        ("8.0.36", "", True),
    ],
)
def test_release_and_series_decide(needed: str, found: str, *, older: bool) -> None:
    if older:
        with pytest.raises(errors.StackError):
            preflight.refuse_older("restore", "the database", needed, found)
    else:
        preflight.refuse_older("restore", "the database", needed, found)
