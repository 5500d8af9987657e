"""What goes wrong in a migration, on a real database: refused, a column that is missing, a server that is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pymysql
import pytest

import databases
from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.probes import database
from agentchat_check.procedures.upgrade import adversity
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from docker import DockerClient as Client

WRITE = "INSERT INTO dialog (name) VALUES ('one more')"
CHANGE = "ALTER TABLE dialog ADD COLUMN pinned BOOL NOT NULL DEFAULT FALSE"

Application = Callable[[str], None]


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A database with a table of dialogs."""
    with databases.running(client, check_session, tmp_path_factory.mktemp("adversity")) as made:
        databases.run(made, "CREATE TABLE dialog (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20))")
        yield made


@pytest.fixture
def application(stack: Stack) -> Application:
    """Runs a statement as the application does."""

    def run(statement: str) -> None:
        account, (host, port) = database.credentials(stack), stack.address(Role.DATABASE)
        with (
            pymysql.connect(
                host=host,
                port=port,
                user=account.user,
                password=account.password,
                database=account.database,
                autocommit=True,
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    return run


@contextmanager
def refused(code: int) -> Iterator[None]:
    """The server refuses it, for this reason."""
    with pytest.raises(pymysql.MySQLError) as caught:
        yield
    assert caught.value.args[0] == code


def test_the_application_writes_and_changes_no_table_while_migrations_are_refused(
    stack: Stack, application: Application
) -> None:
    with adversity.migrations_refused(stack):
        application(WRITE)
        with refused(1142):
            application(CHANGE)
    application(CHANGE)
    application("ALTER TABLE dialog DROP COLUMN pinned")


def test_a_column_is_missing_from_the_trial_of_every_call_to_the_way_back(
    stack: Stack, application: Application
) -> None:
    with adversity.column_missing(stack) as tell:
        for step in ("switching to ref-2", "waiting for every service"):
            tell(step)
            application(WRITE)
        tell("trying every call")
        with refused(1054):
            application(WRITE)
        tell("rolling back to ref-1")
        tell("trying every call")
        application(WRITE)


def test_a_column_comes_back_where_nobody_rolls_back(stack: Stack, application: Application) -> None:
    with adversity.column_missing(stack) as tell:
        tell("trying every call")
    application(WRITE)


def test_the_database_is_lost_in_the_middle_of_a_change(stack: Stack, application: Application) -> None:
    with adversity.database_lost(stack) as tell:
        tell("waiting for every service")
        application(WRITE)
        with refused(2013):
            application(CHANGE)
        wait.until(
            lambda: stack.service(Role.DATABASE).state, lambda state: state == "exited", what="its end", timeout=30.0
        )
        stack.act("start")
        stack.settle(timeout=120.0)
        tell("waiting for every service")
        application(WRITE)
