"""Secrets, changed as an administrator does while users are there; and what the users notice."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import administration, cache, database, tokens
from agentchat_check.probes import api as apis
from agentchat_check.probes import variables as looks
from agentchat_check.probes.database import Credentials
from agentchat_check.procedures import asking, visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack import evidence, variables
from agentchat_check.stack.running import Stack

_PATIENCE = 180.0
"""Seconds that the stack has to come up with another secret."""

_SPECIAL = " #$%&@:/?=+;,<>|{}~^*()!"
_QUOTES = "'\"\\`é"


def password(*, quotes: bool) -> str:
    """A strong password with special characters in it.

    Args:
        quotes: Whether quotes, a backslash and a letter outside ASCII may be in it; the official image of MySQL does
            not escape them.
    """
    return f"{secrets.token_hex(6)}{_SPECIAL}{_QUOTES if quotes else ''}{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class _Before:
    """The stack as it was."""

    volumes: Mapping[str, frozenset[str]]
    rows: facts.RowDigests


Steps = Callable[[Stack], None]
Attempts = Mapping[str, facts.LogIn | facts.HttpAnswer]
Tried = tuple[Attempts, Attempts]
"""Attempts with the new secret, and with the old one."""


def database_password(stack: Stack, guest: Guest, *, page: str, retire_old: bool = True) -> facts.Rotation:
    """Change the password of the application's account in the database.

    The account gets a second password, and so does the env file; compose recreates what is told it; then the first
    one goes.

    Args:
        stack: A stack of ours.
        guest: A user of it.
        page: The page's address.
        retire_old: Whether the first one goes.
    """
    account, new = database.credentials(stack), password(quotes=False)
    fresh = Credentials(account.user, new, account.database)

    def admit(_: Stack) -> None:
        _alter(stack, account.user, "IDENTIFIED BY %s RETAIN CURRENT PASSWORD", new)

    def retire(_: Stack) -> None:
        if retire_old:
            _alter(stack, account.user, "DISCARD OLD PASSWORD")

    def attempts(now: Stack) -> Tried:
        taken: Attempts = {"the database": database.log_in(now, fresh), "the application": _users_log_in(now, guest)}
        return taken, {"the database": database.log_in(now, account)}

    return _rotate("the database password", stack, guest, page, account.password, new, admit, retire, attempts)


def cache_password(stack: Stack, guest: Guest, *, page: str) -> facts.Rotation:
    """Change the cache's password: in the env file; compose recreates the cache and what talks to it.

    Raises:
        errors.InapplicableError: The cache has no password.
    """
    old, new = cache.password(stack), password(quotes=True)
    if not old:
        raise errors.InapplicableError(
            "rotate the cache's password",
            expected="a password",
            actual=f"the cache of {stack.name} has no password",
            next_step="give it one, if others reach its network",
        )

    def attempts(now: Stack) -> Tried:
        taken: Attempts = {"the cache": cache.log_in(now, new), "the application": _users_log_in(now, guest)}
        return taken, {
            "the cache": cache.log_in(now, old),
            "the cache without a password": cache.log_in(now, ""),
        }

    return _rotate("the cache's password", stack, guest, page, old, new, _nothing, _nothing, attempts)


def token_key(stack: Stack, guest: Guest, *, page: str) -> facts.Rotation:
    """Change the key that signs the tokens: in the env file; compose recreates the backend. Users log in again."""
    new = secrets.token_hex(32)
    given = variables.given(stack)
    old = next((value for value in given.values() if value and tokens.is_signed_with(guest.token, value)), "")

    def attempts(now: Stack) -> Tried:
        api = _api(now)
        logged_in = api.log_in(guest.account)
        token = visit.token_of(logged_in)
        stale = api.as_user(guest.token).call("dialogs")
        forged = api.as_user(tokens.signed_with(token, old)).call("dialogs")
        taken: Attempts = {"a new log-in": logged_in, "its token": api.as_user(token).call("dialogs")}
        return taken, {
            "a token from before": stale,
            "a token signed with the old key": forged,
        }

    return _rotate("the key of the tokens", stack, guest, page, old, new, _nothing, _nothing, attempts, logs_out=True)


def _rotate(
    what: str,
    stack: Stack,
    guest: Guest,
    page: str,
    old: str,
    new: str,
    admit: Steps,
    retire: Steps,
    attempts: Callable[[Stack], Tried],
    *,
    logs_out: bool = False,
) -> facts.Rotation:
    """Change a secret while somebody asks, and look at what became of it.

    Args:
        what: Which secret, in words.
        stack: A stack of ours.
        guest: Who asks.
        page: The page's address.
        old: The secret as it is.
        new: The secret as it is to be.
        admit: What has to be done before the env file is changed.
        retire: What has to be done at the end.
        attempts: Attempts with the new secret and with the old one, on the stack as it is then.
        logs_out: Whether users are logged out by it, so that being told to log in is a good answer.
    """
    names = _that_hold(stack, old, new)
    if not names:
        return facts.Rotation(
            what, obstacle="no variable of the deployment's files changes it where the backend reads it"
        )
    before = _Before(_volumes(stack), database.row_digests(stack))
    good = (lambda answer: answer.ok or answer.status in {401, 403}) if logs_out else (lambda answer: answer.ok)
    with asking.all_the_time(stack, page, guest.api, good) as asker:
        try:
            admit(stack)
            now = variables.put(stack, dict.fromkeys(names, new))
            now.act("up", "--detach", "--no-build", timeout=_PATIENCE)
            now.settle(timeout=_PATIENCE)
            retire(now)
        except errors.CheckError as error:
            words = evidence.redacted(f"{error.tried}: {error.actual}", {*evidence.secrets(stack), old, new})
            return facts.Rotation(what, obstacle=words)
        came_back = asker.answers_again()
    rows = _rows(now)
    with_new, with_old = attempts(now)
    return facts.Rotation(
        what=what,
        asked=asker.asked,
        failed=asker.failed,
        downtime=asker.downtime(),
        came_back=came_back,
        with_new=with_new,
        with_old=with_old,
        volumes_kept=all(kept <= _volumes(now).get(name, frozenset()) for name, kept in before.volumes.items()),
        rows_kept=bool(rows) and all(rows.get(key) == group for key, group in before.rows.groups.items()),
    )


def _that_hold(stack: Stack, old: str, new: str) -> list[str]:
    """The variables that hold a secret, and change it where the backend is told it."""
    usual = looks.rendered(stack)
    backend = stack.service_name(Role.BACKEND)
    found = []
    for name, value in variables.given(stack).items():
        if old and value == old:
            changes = looks.rendered(stack, {name: new}).differs_from(usual)
            if any(place[:2] == (backend, "environment") for place in changes):
                found.append(name)
    return found


def _users_log_in(stack: Stack, guest: Guest) -> facts.HttpAnswer:
    return _api(stack).log_in(guest.account)


def _api(stack: Stack) -> apis.Api:
    """The API where the backend answers now: recreated, it has another port."""
    host, port = stack.address(Role.BACKEND)
    return apis.discover(f"http://{host}:{port}")


def _rows(stack: Stack) -> Mapping[tuple[str, str], tuple[int, str]]:
    """What the tables hold; nothing where nobody is let in to see."""
    try:
        return database.row_digests(stack).groups
    except errors.StackError:
        return {}


def _volumes(stack: Stack) -> dict[str, frozenset[str]]:
    """The named volumes of each container, with where they are mounted."""
    return {
        service: frozenset(f"{m['Name']} at {m['Destination']}" for m in attrs["Mounts"] if m["Type"] == "volume")
        for service, attrs in stack.inspect().items()
    }


def _nothing(_: Stack) -> None:
    """Nothing is to be done."""


def _alter(stack: Stack, user: str, clause: str, *values: str) -> None:
    """Change every account of a user, as the database's administrator.

    Raises:
        errors.StackError: The database refuses.
    """
    with administration.connected(stack, "change the password in the database") as root, root.cursor() as cursor:
        cursor.execute("SELECT Host FROM mysql.user WHERE User = %s", (user,))
        for (host,) in cursor.fetchall():
            cursor.execute(f"ALTER USER %s@%s {clause}", (user, host, *values))
