"""The fast way: the database's own files, restored into a server of the same release."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.archive import tar_streams
from agentchat_check.archive.streams import CHUNK, Sink, Source
from agentchat_check.deployment import Role
from agentchat_check.probes import administration, database, database_state, digests
from agentchat_check.procedures.backup import accounts, clone, cut, directory, file_form, logical, method
from agentchat_check.procedures.backup.directory import Directory
from agentchat_check.procedures.backup.file_form import Form
from agentchat_check.procedures.backup.method import Archived, Draft, Restoration, Taken
from agentchat_check.stack import isolation, storage, streams
from agentchat_check.stack.running import Stack

_TRIED = "back up the database"

_PATIENCE = 60.0
"""Seconds that ``tar`` has to end."""

_DIGESTING = min(max(os.cpu_count() or 1, 2), 4)

_OF_THIS_SERVER = re.compile(r"auto\.cnf|ibtmp\d+|#innodb_temp(/.*)?|.*\.(pid|sock|lock)|\.agentchat-check-.*")
"""What is another server's, or made anew at each start: its id, temporary tables, and what we left."""


@dataclass(frozen=True, slots=True)
class Physical:
    """Backups that are files.

    Attributes:
        stack: The stack.
        cold: Whether the database is stopped for it; else it needs MySQL's clone plugin.
    """

    stack: Stack
    cold: bool = False

    def take(self, draft: Draft, *, at_the_cut: Callable[[], None] = lambda: None) -> Taken:
        """Write the files, and digest all rows, as they were at one moment. Cold: the application is stopped before."""
        name = database.credentials(self.stack).database
        with administration.reported(_TRIED):
            return self._cold(name, draft, at_the_cut) if self.cold else self._hot(name, draft, at_the_cut)

    def recover(self, archive: Archived) -> None:
        """Put the original's files back, where others were begun to be put into their place, and start the database."""
        self._directory(archive).put_back()
        directory.start(self.stack)

    def restoration(self, archive: Archived, state: facts.DatabaseState) -> Restoration:
        """Prepare a restore; one that was killed halfway is undone before, or nobody could look."""
        restoration = self._directory(archive)
        if restoration.is_swapped():
            restoration.put_back()
        with administration.reported("restore the database"), cut.root(self.stack) as cursor:
            file_form.require_same(cursor, archive, state)
            clone.require_room(self.stack, "restore the database", _mounted(self.stack), file_form.read(archive).bytes)
            if refused := accounts.refusing(self.stack, cursor, accounts.read(archive)):
                raise errors.StackError(
                    "restore the database",
                    expected="the passwords of this installation to be those that the archive's accounts have",
                    actual=f"another password: {', '.join(refused)}",
                    next_step="restore a logical backup, or use the env file of the time of the backup",
                )
        return restoration

    def _hot(self, name: str, draft: Draft, at_the_cut: Callable[[], None]) -> Taken:
        with (
            cut.root(self.stack) as cursor,
            clone.plugin(cursor) as with_plugin,
            clone.place(self.stack, cursor) as place,
            cut.opened(self.stack, _DIGESTING + 1) as (own, *others),
            ThreadPoolExecutor(1) as pool,
        ):
            logical.require_transactions(cursor, name)
            line = clone.make(self.stack, place, [own, *others], at_the_cut)
            digesting = pool.submit(digests.ranges, others, name)
            accounts.write(draft, accounts.look(cursor))
            with draft.part(directory.PART, quick=True) as sink:
                size = self._pour(place, sink)
            file_form.write(draft, Form(*file_form.here(cursor), size, with_plugin))
            pieces = digesting.result()
            method.write_ranges(draft, pieces)
            return Taken(line, database_state.state([own], name, pieces))

    def _cold(self, name: str, draft: Draft, at_the_cut: Callable[[], None]) -> Taken:
        path = _mounted(self.stack)
        with cut.made(self.stack, snapshots=_DIGESTING, under_lock=lambda _: at_the_cut()) as made:
            pieces = digests.ranges(made.cursors, name)
            state = database_state.state(made.cursors, name, pieces)
        with cut.root(self.stack) as cursor:
            position = cut.log_position(cursor)
            if position != (made.line.binlog_file, made.line.binlog_position, made.line.gtids):
                raise errors.StackError(
                    _TRIED,
                    expected="nobody to write: the application is stopped",
                    actual=f"something was written: the binary log went on to {position[0]}:{position[1]}",
                    next_step="stop whatever else uses the database, or take the backup hot",
                )
            accounts.write(draft, accounts.look(cursor))
            cursor.execute("SELECT @@GLOBAL.log_bin_basename")
            ((logs,),) = cursor.fetchall()
            left_out = re.compile(rf"{_OF_THIS_SERVER.pattern}|{re.escape(posixpath.basename(logs or ' '))}\.\w+")
            form = file_form.here(cursor)
        directory.stop(self.stack)
        try:
            with (
                storage.reading(self.stack, self._service, path) as source,
                draft.part(directory.PART, quick=True) as sink,
            ):
                size = _select(source, sink, left_out)
        finally:
            directory.start(self.stack)
        file_form.write(draft, Form(*form, size, with_plugin=True))
        method.write_ranges(draft, pieces)
        return Taken(made.line, state)

    def _pour(self, place: str, sink: Sink) -> int:
        """Pass a copy on as a tar stream; how much it was. What lies in memory the engine does not see, but ``tar``."""
        if not _in_memory(self.stack.container(self._service).attrs, place):
            with storage.reading(self.stack, self._service, place) as source:
                return _poured(source, sink)
        parent, name = posixpath.split(place)
        with streams.inside(self.stack, self._service, ["tar", "-C", parent, "-cf", "-", name]) as program:
            size = _poured(program.stdout, sink)
            program.finish(_PATIENCE)
        return size

    @property
    def _service(self) -> str:
        return self.stack.service_name(Role.DATABASE)

    def _directory(self, archive: Archived) -> Directory:
        return Directory(self.stack, archive, _mounted(self.stack), with_plugin=file_form.read(archive).with_plugin)


def _poured(source: Source, sink: Sink) -> int:
    size = 0
    while block := source.read(CHUNK):
        sink.write(block)
        size += len(block)
    return size


def _in_memory(attrs: Mapping[str, Any], path: str) -> bool:
    """Whether a path of a container lies in a tmpfs: the mount that is nearest to it says."""
    kinds = {mount["Destination"]: mount["Type"] for mount in attrs["Mounts"]}
    kinds |= dict.fromkeys(attrs["HostConfig"].get("Tmpfs") or {}, "tmpfs")
    above = [place for place in kinds if f"{path}/".startswith(f"{place.rstrip('/')}/")]
    return bool(above) and kinds[max(above, key=len)] == "tmpfs"


def _mounted(stack: Stack) -> str:
    """The database's directory; it lies in a volume or bind mount, where it can be reached without the database.

    Raises:
        errors.StackError: It does not.
    """
    path = isolation.STATE_PATHS[Role.DATABASE][0]
    mounts = stack.container(stack.service_name(Role.DATABASE)).attrs["Mounts"]
    kept = [m["Destination"] for m in mounts if m["Type"] in {"volume", "bind"}]
    if not any(f"{path}/".startswith(f"{place.rstrip('/')}/") for place in kept):
        raise errors.StackError(
            "reach the database's directory",
            expected=f"a volume or a bind mount at {path}",
            actual=f"mounted are {', '.join(kept) or 'none'}",
            next_step="take and restore logical backups",
        )
    return path


def _select(source: Source, sink: Sink, left_out: re.Pattern[str]) -> int:
    """Pass on what belongs to the data, below the name that a clone has; how much it was."""
    size = 0
    with tar_streams.reported("read the database's directory"):
        outgoing = tar_streams.Outgoing(sink)
        for member, content in tar_streams.members(source):
            _, _, path = member.name.partition("/")
            if not left_out.fullmatch(path):
                member.name = posixpath.join(clone.TOP, path)
                outgoing.add(member, content)
                size += member.size
        outgoing.finish()
    return size
