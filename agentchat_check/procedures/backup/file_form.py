"""What has to be the same where a database's own files are to be used: noted with them, and compared."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from agentchat_check import errors, facts
from agentchat_check.probes.digests import Cursor
from agentchat_check.procedures.backup import logical, scripts
from agentchat_check.procedures.backup.method import Archived, Draft
from agentchat_check.versions import at_least

PART = "database/directory.json"
"""The part that says it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What has to be the same where the files are to be used, and how large they are.

    Attributes:
        page_size: Bytes of a page.
        lower_case: How names of tables are kept: ``lower_case_table_names``.
        bytes: What the files hold.
        with_plugin: Whether the clone plugin belongs to the server; one that came for the copy only goes again.
    """

    page_size: int
    lower_case: int
    bytes: int
    with_plugin: bool


def here(cursor: Cursor) -> tuple[int, int]:
    """A server's size of a page, and how it keeps names of tables."""
    cursor.execute("SELECT @@GLOBAL.innodb_page_size, @@GLOBAL.lower_case_table_names")
    ((page_size, lower_case),) = cursor.fetchall()
    return int(page_size), int(lower_case)


def write(draft: Draft, form: Form) -> None:
    """Note it in an archive."""
    with draft.part(PART) as sink:
        sink.write(json.dumps(asdict(form)).encode())


def read(archive: Archived) -> Form:
    """What an archive notes."""
    with archive.part(PART) as source:
        return Form(**json.loads(scripts.whole(source)))


def require_same(cursor: Cursor, archive: Archived, state: facts.DatabaseState) -> None:
    """See that the files can be used here.

    Raises:
        errors.CheckError: They cannot.
    """
    form = read(archive)
    cursor.execute("SELECT VERSION()")
    ((version,),) = cursor.fetchall()
    page_size, lower_case = here(cursor)
    release = logical.release(state.version)
    fits = logical.release(version) == release and at_least(version, state.version)
    if not fits or (page_size, lower_case) != (form.page_size, form.lower_case):
        raise errors.StackError(
            "restore the database",
            expected=f"a server of release {release}, not older than {state.version}, with {_words(form)}",
            actual=f"{version}, with {_words(Form(page_size, lower_case, form.bytes, form.with_plugin))}",
            next_step="restore a logical backup, or into the release that this one was taken of",
        )


def _words(form: Form) -> str:
    return f"pages of {form.page_size} bytes and lower_case_table_names={form.lower_case}"
