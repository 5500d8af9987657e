"""What is amiss after a backup or a restore was cut short."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.archive import reading, shelf
from agentchat_check.procedures import killing
from agentchat_check.procedures.backup import database, take
from agentchat_check.procedures.regular import Regular
from agentchat_check.stack.running import Stack


def of_take(regular: Regular, into: Path, before: facts.DatabaseState) -> list[str]:
    """What is amiss after a backup was cut short: in the database, among the archives, and for a user who writes.

    Args:
        regular: Who writes.
        into: The directory of the archives.
        before: The database before the backup.

    Returns:
        A line for each.
    """
    amiss = [] if database.state(regular.stack) == before else ["the database is not as it was"]
    amiss += _unsound(into)
    return amiss + [str(reply) for reply in regular.ask(lambda: 0.0, uploads=True).replies if not reply.done]


def of_restore(stack: Stack, arguments: Sequence[str], *, state: Path, services: Sequence[str]) -> list[str]:
    """Restore once more after a restore was cut short; what is amiss then.

    Args:
        stack: The stack.
        arguments: What follows ``agentchat-check``, as of the one that was cut short.
        state: The directory of its state.
        services: Those that ran before and use the data.

    Returns:
        A line for each.
    """
    try:
        result = killing.run(stack, arguments, state=state)
    except errors.StackError as error:
        return [f"the next one fails: {error.actual}"]
    amiss = [str(one["actual"]) for one in result["findings"] if one["verdict"] != "HOLDS"]
    return amiss + [f"{name} does not run any more" for name in services if name not in take.running(stack)]


def _unsound(shelf_: Path) -> list[str]:
    """The archives of a directory that are listed and do not verify."""
    found = []
    for entry in shelf.list_archives(shelf_).entries if shelf_.is_dir() else ():
        try:
            reading.open_archive(entry.path).verify()
        except errors.ArchiveError as error:
            found.append(f"{entry.name} is listed as an archive: {error.actual}")
    return found
