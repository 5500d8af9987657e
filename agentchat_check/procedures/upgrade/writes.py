"""What users have, and what they wrote since: what putting an older backup back would lose."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, cast

import pymysql

from agentchat_check.probes import database, definitions, digests
from agentchat_check.probes.digests import Cursor, Shape
from agentchat_check.probes.row_hashes import Column, quoted
from agentchat_check.procedures.backup import cut, files
from agentchat_check.stack import storage
from agentchat_check.stack.running import Stack

_LOG = re.compile(r".*\.log([.-][\w.-]+)?")
"""Files that services write for themselves."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a table that belong to one user.

    Attributes:
        table: The table.
        user: Whose they are; "" for nobody's.
        rows: How many there are.
        digest: Of the rows, in no order.
    """

    table: str
    user: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Held:
    """What users have at one moment.

    Attributes:
        columns: The columns that count, by table: those that there are at the first of two looks.
        groups: Their rows.
        files: Size and time of each file that a service wrote, by service and path.
    """

    columns: dict[str, list[Column]]
    groups: list[Group]
    files: dict[str, tuple[int, float]]


def look(stack: Stack, like: Held | None = None) -> Held:
    """What users have now.

    Args:
        stack: A stack whose database runs.
        like: An earlier look: only its columns count, since a later release may have added some.

    Raises:
        errors.CheckError: The database or a volume cannot be read.
    """
    name = database.credentials(stack).database
    with cut.opened(stack, 1) as (cursor,):
        cursor.execute(f"USE {quoted(name)}")
        cut.begin([cursor])
        found = digests.shapes(cursor, name)
        shapes = [_narrowed(shape, like.columns) for shape in found] if like else found
        has_dialogs = any(shape.table == "dialog" for shape in found)
        groups = [group for shape in shapes for group in _groups(cursor, shape, has_dialogs=has_dialogs)]
    columns = {shape.table: list(shape.columns) for shape in shapes}
    return Held(columns, groups, dict(_files(stack)))


def since(stack: Stack, then: Held, *, ours: Collection[str] = (), our_files: Collection[str] = ()) -> tuple[str, ...]:
    """What users wrote since an earlier look, and what would be lost without it; a line for each table and place.

    What the application's own migrations do counts as well where it changes columns that were there before: nobody can
    tell it from what a user did.

    Args:
        stack: A stack whose database runs.
        then: The earlier look.
        ours: Names of accounts that we use ourselves.
        our_files: Names of files that we wrote ourselves.
    """
    now = look(stack, like=then)
    return (*_changed_rows(then, now, ignored=_users(stack, ours)), *_changed_files(then, now, our_files))


def _changed_rows(then: Held, now: Held, *, ignored: Collection[str]) -> Iterator[str]:
    counted = [[group for group in held.groups if group.table != definitions.REVISIONS] for held in (then, now)]
    people = {group.user for held in (then, now) for group in held.groups if group.table == "user"} | {""}
    was, is_ = (
        {(one.table, one.user): one for one in groups if one.user in people and one.user not in ignored}
        for groups in counted
    )
    changed: dict[str, int] = {}
    for place in {**was, **is_}:
        before, after = was.get(place), is_.get(place)
        if (before.digest if before else "") != (after.digest if after else ""):
            more = (after.rows if after else 0) - (before.rows if before else 0)
            changed[place[0]] = changed.get(place[0], 0) + more
    for table, more in sorted(changed.items()):
        yield f"{table}: {_more(more, 'row')}" if more else f"{table}: rows that were changed"
    for table in sorted(then.columns.keys() - now.columns.keys() - {definitions.REVISIONS}):
        yield f"{table}: the table is gone"


def _changed_files(then: Held, now: Held, ours: Collection[str]) -> Iterator[str]:
    changed = [
        name
        for name in {**then.files, **now.files}
        if then.files.get(name) != now.files.get(name) and PurePosixPath(name).name not in ours
    ]
    if changed:
        yield f"files: {len(changed)} new, changed or gone, as {changed[0]}"


def _more(number: int, what: str) -> str:
    many = "" if abs(number) == 1 else "s"
    return f"{abs(number)} {what}{many} {'more' if number > 0 else 'fewer'}"


def _narrowed(shape: Shape, known: Mapping[str, list[Column]]) -> Shape:
    """A table with the columns that it had then, as they were; of a new table all count."""
    there = {column.name for column in shape.columns}
    columns = [column for column in known.get(shape.table, shape.columns) if column.name in there]
    return replace(shape, columns=tuple(columns))


def _groups(cursor: Cursor, shape: Shape, *, has_dialogs: bool) -> Iterator[Group]:
    cursor.execute(database.digests_by_user(shape, has_dialogs=has_dialogs))
    for user, rows, digest in cursor.fetchall():
        yield Group(shape.table, str(user), int(rows), str(digest))


def _users(stack: Stack, names: Collection[str]) -> set[str]:
    """The ids of users, by their names."""
    if not names:
        return set()
    name, places = database.credentials(stack).database, ", ".join(["%s"] * len(names))
    with cut.root(stack) as cursor:
        try:
            cursor.execute(f"SELECT user_id FROM {quoted(name)}.user WHERE user_name IN ({places})", tuple(names))  # noqa: S608 - the name is quoted
        except pymysql.ProgrammingError:  # it keeps its users otherwise
            return set()
        return {str(user) for (user,) in cursor.fetchall()}


def _files(stack: Stack) -> Iterator[tuple[str, tuple[int, float]]]:
    for place in files.places(stack):
        with (
            storage.reading(stack, place.service, place.path) as tar,
            tarfile.open(fileobj=cast("IO[bytes]", tar), mode="r|") as members,
        ):
            for member in members:
                if member.isfile() and not _LOG.fullmatch(PurePosixPath(member.name).name):
                    yield f"{place.service} {place.path}: {member.name}", (member.size, float(member.mtime))
