"""Defects of our own procedures: what they would do if they were written carelessly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentchat_check import facts
from agentchat_check.archive import places
from agentchat_check.archive.reading import Archive
from agentchat_check.deployment import Role
from agentchat_check.faults.backup import losses
from agentchat_check.faults.planting import instead
from agentchat_check.probes import database, database_state
from agentchat_check.procedures.backup import by_hand, cut, preflight
from agentchat_check.procedures.backup.journal import Journal
from agentchat_check.procedures.backup.parts import Part
from agentchat_check.procedures.backup.saving import Saving
from agentchat_check.procedures.backup.shadow import Shadow
from agentchat_check.procedures.backup.take import PATIENCE
from agentchat_check.stack import streams
from agentchat_check.stack.running import Stack

_CARELESS = ("--skip-lock-tables", "--no-tablespaces", "--loose-set-gtid-purged=OFF")
"""What a dump is told that shows no one moment, and can be loaded where its rows came from."""


@contextmanager
def archives_unread() -> Iterator[None]:
    """A restore takes every archive for a whole one."""
    with instead(Archive, "verify", lambda *_: None):
        yield


@contextmanager
def touches_before_it_refuses(stack: Stack) -> Iterator[None]:
    """A restore changes the database before it looks whether it may."""
    check = preflight.check

    def careless(*given: Any, **named: Any) -> None:
        losses.row_dropped(stack)
        check(*given, **named)

    with instead(preflight, "check", careless):
        yield


@contextmanager
def written_in_place() -> Iterator[None]:
    """A backup is written under the name that only a whole one may have."""

    @contextmanager
    def held(final: Path, _: str) -> Iterator[Path]:
        yield final

    with instead(places, "held", held):
        yield


@contextmanager
def nothing_noted() -> Iterator[None]:
    """A restore does not note that it has begun."""
    with instead(Journal, "write", lambda *_: None):
        yield


@contextmanager
def loads_over_what_is_there() -> Iterator[None]:
    """A restore removes from the database before what comes instead is there."""
    stage = Shadow.stage

    def careless(shadow: Shadow) -> None:
        losses.row_dropped(shadow.stack)
        stage(shadow)

    with instead(Shadow, "stage", careless):
        yield


@contextmanager
def cache_saved_late(meanwhile: Callable[[], object]) -> Iterator[None]:
    """The cache is saved at another moment than the database's.

    Args:
        meanwhile: What happens between the two.
    """
    begin, finish = Saving.begin, Saving.finish

    def late(saving: Saving, part: Part) -> facts.CacheState:
        meanwhile()
        begin(saving)
        return finish(saving, part)

    with instead(Saving, "begin", lambda _: None), instead(Saving, "finish", late):
        yield


def dump_table_by_table(stack: Stack, into: Path, between: Callable[[], object]) -> None:
    """A dump through docker exec without a snapshot, and the cache's RDB.

    Args:
        stack: The stack.
        into: Where they go, for ``by_hand.load``.
        between: What happens between two tables.
    """
    by_hand.dump(stack, into)
    name = database.credentials(stack).database
    secrets = {"MYSQL_PWD": database.root_password(stack)}
    with cut.root(stack) as cursor:
        tables = database_state.names(cursor, name, "TABLE")
    with (into / "backup.sql").open("wb") as file:
        for table in tables:
            command = ["mysqldump", "--user=root", *_CARELESS, name, table]
            with streams.inside(stack, stack.service_name(Role.DATABASE), command, secrets=secrets) as program:
                file.write(program.stdout.read())
                program.finish(PATIENCE)
            between()
