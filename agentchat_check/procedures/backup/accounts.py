"""The accounts of a database's server: kept with their hashes and grants, compared, and made again."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

import pymysql

from agentchat_check.probes import database, database_state
from agentchat_check.probes.digests import Cursor
from agentchat_check.probes.row_hashes import quoted
from agentchat_check.procedures.backup import grants, scripts
from agentchat_check.procedures.backup.method import Archived, Draft
from agentchat_check.stack.running import Stack

PART = "database/accounts.json"

_DEFAULT_ROLE = re.compile(r" DEFAULT ROLE (?P<roles>.+?)(?= REQUIRE )")
_HASH = re.compile(r" IDENTIFIED WITH '(?P<plugin>[^']+)'(?: AS (?P<hash>0x[0-9A-F]+))?")


@dataclass(frozen=True, slots=True)
class Account:
    """An account, or a role.

    Attributes:
        user: Its name.
        host: From where it may log in.
        definition: The statement that makes it, its password as a hash.
        grants: The statements that give it what it may do, in the server's order.
    """

    user: str
    host: str
    definition: str
    grants: tuple[str, ...]

    @property
    def hash(self) -> str:
        """How its password is kept: plugin and hash, as ``IDENTIFIED WITH`` takes them; "" where it has none."""
        found = _HASH.search(self.definition)
        return f"'{found['plugin']}' AS {found['hash']}" if found and found["hash"] else ""

    def __str__(self) -> str:
        """``user@host``."""
        return f"{self.user}@{self.host}"


def look(cursor: Cursor) -> tuple[Account, ...]:
    """The accounts of a server, but for its own."""
    cursor.execute("SET SESSION print_identified_with_as_hex = 1")
    return tuple(_look(cursor, *name.rsplit("@", 1)) for name in database_state.account_names(cursor))


def write(draft: Draft, accounts: Iterable[Account]) -> None:
    """Keep accounts in an archive."""
    with draft.part(PART) as sink:
        sink.write(json.dumps([asdict(account) for account in accounts], ensure_ascii=False, indent=1).encode())


def read(archive: Archived) -> tuple[Account, ...]:
    """The accounts that an archive keeps."""
    with archive.part(PART) as source:
        found = json.loads(scripts.whole(source))
    return tuple(Account(one["user"], one["host"], one["definition"], tuple(one["grants"])) for one in found)


def restore(cursor: Cursor, kept: Sequence[Account]) -> tuple[str, ...]:
    """Make the accounts that are missing, with their passwords; those that are there keep theirs. All get their grants.

    Args:
        cursor: An administrator's.
        kept: The accounts as they were.

    Returns:
        What the server refused, each with its own words. Privileges that it does not know are not asked of it.
    """
    known = grants.known(cursor)
    there = {str(account): account.grants for account in look(cursor)}
    refused: list[str] = []
    missing = [account for account in kept if str(account) not in there]
    for account in missing:
        _obey(cursor, _DEFAULT_ROLE.sub("", account.definition), refused)
    for account in kept:
        for statement in grants.lacking(account.grants, there.get(str(account), ()), known):
            _obey(cursor, statement, refused)
    for account in missing:
        if roles := _DEFAULT_ROLE.search(account.definition):
            _obey(cursor, f"ALTER USER {_named(account)} DEFAULT ROLE {roles['roles']}", refused)
    return tuple(refused)


def missing(cursor: Cursor, kept: Iterable[Account]) -> tuple[str, ...]:
    """The accounts that ``restore`` would make: ``user@host``."""
    there = set(database_state.account_names(cursor))
    return tuple(str(account) for account in kept if str(account) not in there)


def remove(cursor: Cursor, names: Iterable[str]) -> None:
    """Remove accounts, ``user@host``, where they are there."""
    for name in names:
        cursor.execute("DROP USER IF EXISTS %s@%s", tuple(name.rsplit("@", 1)))


def lost(before: Iterable[Account], after: Iterable[Account], known: Collection[str] | None = None) -> tuple[str, ...]:
    """What accounts had and have no more: ``chat@%``, or ``chat@%: GRANT SELECT ON …``.

    Args:
        before: The accounts as they were.
        after: As they are.
        known: The privileges that their server knows; what it does not know is not lost. None: all.
    """
    found = {str(account): account for account in after}
    missing: list[str] = []
    for account in before:
        if str(account) in found:
            lacking = grants.lacking(account.grants, found[str(account)].grants, known)
            missing += [f"{account}: {statement}" for statement in lacking]
        else:
            missing.append(str(account))
    return tuple(missing)


def unknown(kept: Iterable[Account], known: Collection[str]) -> tuple[str, ...]:
    """What accounts might do, and a server does not know: ``root@%: FLUSH_PRIVILEGES``."""
    return tuple(f"{account}: {name}" for account in kept for name in grants.unknown(account.grants, known))


def passwords(stack: Stack) -> dict[str, str]:
    """The passwords that this installation is told, by account's name: the administrator's and the application's."""
    every = {"root": database.root_password(stack)}
    every |= {account.user: account.password for account in (database.told(stack), database.credentials(stack))}
    return {user: password for user, password in every.items() if password}


def refusing(stack: Stack, cursor: Cursor, kept: Iterable[Account]) -> tuple[str, ...]:
    """The accounts of an archive that would not let this installation in, with the passwords that it is told.

    Each hash is tried on an account that is made for it, and removed again: the same password has many hashes.
    """
    told = passwords(stack)
    return tuple(
        str(account)
        for account in kept
        if account.user in told and account.hash and not _accepts(stack, cursor, account.hash, told[account.user])
    )


def _accepts(stack: Stack, cursor: Cursor, hashed: str, password: str) -> bool:
    name = f"agentchat-check-{secrets.token_hex(4)}"
    cursor.execute("SET SESSION sql_log_bin = 0")
    cursor.execute(f"CREATE USER %s@'%%' IDENTIFIED WITH {hashed}", (name,))
    try:
        return database.log_in(stack, database.Credentials(name, password, "")).accepted
    finally:
        cursor.execute("DROP USER %s@'%%'", (name,))


def _look(cursor: Cursor, user: str, host: str) -> Account:
    cursor.execute("SHOW CREATE USER %s@%s", (user, host))
    ((definition,),) = cursor.fetchall()
    cursor.execute("SHOW GRANTS FOR %s@%s", (user, host))
    return Account(user, host, definition, tuple(grant for (grant,) in cursor.fetchall()))


def _named(account: Account) -> str:
    return f"{quoted(account.user)}@{quoted(account.host)}"


def _obey(cursor: Cursor, statement: str, refused: list[str]) -> None:
    try:
        cursor.execute(statement)
    except pymysql.MySQLError as error:
        refused.append(f"{statement}: {' '.join(map(str, error.args[1:] or error.args))}")
