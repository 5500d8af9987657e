"""A real database in a stack of its own, and schemas in it that live as long as a test."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

from agentchat_check import deployment as deployments
from agentchat_check import facts
from agentchat_check import settings as settings_
from agentchat_check.archive import reading, writing
from agentchat_check.archive.manifest import Contents
from agentchat_check.archive.reading import Archive
from agentchat_check.archive.sealing import Sealing
from agentchat_check.deployment import Role
from agentchat_check.probes import database, database_state, digests
from agentchat_check.probes.digests import Cursor
from agentchat_check.procedures.backup.method import Method, Taken
from agentchat_check.session import Session
from agentchat_check.stack import images, lifecycle, owner
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from small import write

if TYPE_CHECKING:
    from docker import DockerClient as Client

PASSWORD = "root's own secret"  # noqa: S105 - of a database that lives for a minute

ALIVE = {
    "test": 'MYSQL_PWD="$$MYSQL_ROOT_PASSWORD" mysql --protocol=tcp --host=127.0.0.1 --user=root --execute="SELECT 1"',
    "interval": "1s",
    "timeout": "5s",
    "retries": 60,
}


@contextmanager
def running(client: Client, session: Session, home: Path, **more: Any) -> Iterator[Stack]:
    """A stack that is a database and nothing else; more goes into its service."""
    with unstarted(client, session, home, **more) as stack:
        lifecycle.bring_up(stack, session.settings, evidence_into=home / "evidence", unhealthy_too=True)
        yield stack


@contextmanager
def unstarted(client: Client, session: Session, home: Path, **more: Any) -> Iterator[Stack]:
    """Such a stack of which nothing was started yet."""
    image = images.variables(client, session.settings, only=("mysql",))["MYSQL_IMAGE"]
    told = {"MYSQL_ROOT_PASSWORD": PASSWORD, "MYSQL_DATABASE": "agentchat", "MYSQL_USER": "chat", "MYSQL_PASSWORD": "p"}
    service = {
        "image": image,
        "environment": told,
        "healthcheck": ALIVE,
        "volumes": ["data:/var/lib/mysql"],
        "stop_grace_period": "60s",
        **more,
    }
    directory = write(home / "database", {"mysql": service}, volumes={"data": {}})
    settings = settings_.read({"roles": {"model": "mysql", "database": "mysql"}, "health_interval": 0.2})
    deployment, run = deployments.read(directory, settings), Run(secrets.token_hex(4), owner.current())
    scratch, usual = home / "scratch", tempfile.tempdir
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    try:
        with lifecycle.made(client, deployment, settings, run) as stack:
            yield stack
    finally:
        tempfile.tempdir = usual


@contextmanager
def administering(stack: Stack, name: str | None = None) -> Iterator[Cursor]:
    """A cursor of the administrator's, told what digests want."""
    host, port = stack.address(Role.DATABASE)
    connection = pymysql.connect(
        host=host, port=port, user="root", password=database.root_password(stack), database=name, autocommit=True
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(digests.SESSION)
        yield cursor


def run(stack: Stack, *statements: str) -> None:
    """Run statements in the application's database."""
    with administering(stack, "agentchat") as cursor:
        for statement in statements:
            cursor.execute(statement)


def state(stack: Stack) -> facts.DatabaseState:
    """The application's database."""
    with administering(stack, "agentchat") as cursor:
        return database_state.state([cursor], "agentchat")


def archived(
    stack: Stack, how: Method, into: Path, at_the_cut: Callable[[], None] = lambda: None
) -> tuple[Archive, Taken]:
    """A backup of the database in an archive of its own."""
    with writing.draft(into, "archive", Sealing()) as draft:
        taken = how.take(draft, at_the_cut=at_the_cut)
        contents = Contents(
            taken_at=datetime.now(UTC),
            deployment="database",
            project=stack.project,
            method="logical",
            hot=True,
            images=(),
            cut=taken.cut,
            database=taken.database,
            cache=None,
            files=(),
            omissions=(),
        )
        return reading.open_archive(draft.finish(contents)), taken


@contextmanager
def schema(stack: Stack) -> Iterator[tuple[Cursor, str]]:
    """A database of its own in that server, and a cursor in it."""
    name = f"test_{secrets.token_hex(4)}"
    with administering(stack) as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            cursor.execute(f"USE {name}")
            yield cursor, name
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
