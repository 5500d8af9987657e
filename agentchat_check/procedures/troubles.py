"""How each kind of trouble is made, on a stack of any deployment, without touching its files, and ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agentchat_check import errors, wait
from agentchat_check.deployment import Role
from agentchat_check.facts import Trouble
from agentchat_check.probes import cache, database
from agentchat_check.stack import complaints, labels
from agentchat_check.stack.running import Stack

PATIENCE = 120.0
"""Seconds that a dependency has to come up again."""


@contextmanager
def made(stack: Stack, dependency: Role, trouble: Trouble) -> Iterator[None]:
    """Make a trouble, and end it at the end, whatever happens; then the dependency is on its way back.

    Raises:
        errors.CheckError: It cannot be made or ended.
    """
    service = stack.service_name(dependency)
    match trouble:
        case Trouble.LATE:
            with _late(stack, service):
                yield
        case Trouble.REFUSED:
            with _refused(stack, service):
                yield
        case Trouble.WRONG_PASSWORD:
            with _another_database_password(stack) if dependency is Role.DATABASE else _another_cache_password(stack):
                yield
        case Trouble.PAUSED:
            _pause(stack, service)
            try:
                yield
            finally:
                stack.act("unpause", service)
        case Trouble.KILLED:
            stack.act("kill", service)
            try:
                yield
            finally:
                stack.act("start", service)
        case Trouble.KILLED_AND_BACK:
            stack.act("kill", service)
            stack.act("start", service)
            yield


def well(stack: Stack, dependency: Role) -> None:
    """Wait until a dependency answers again: whom it knows, and what it is asked.

    Raises:
        errors.CheckError: It does not come up.
    """

    def answers() -> str:
        with suppress(errors.StackError):
            if dependency is Role.DATABASE:
                return database.log_in(stack).error
            if dependency is Role.CACHE:
                return cache.ping(stack).error
            service = stack.service(dependency)
            return "" if stack.is_at_rest(service) else str(service)
        return "it does not run"

    wait.until(
        answers,
        lambda error: not error,
        what=f"the {dependency} answers",
        timeout=PATIENCE,
        next_step=f"docker compose --project-name {stack.project} logs {stack.service_name(dependency)}",
    )


def _pause(stack: Stack, service: str) -> None:
    """Stop every process of a service; a kernel with cgroups of version 1 refuses that while one is being started."""

    def refusal() -> str:
        try:
            stack.act("pause", service)
        except errors.StackError as error:
            return error.actual
        return ""

    wait.until(refusal, lambda refused: not refused, what=f"{service} hangs", timeout=15.0, delay=0.5)


@contextmanager
def _late(stack: Stack, service: str) -> Iterator[None]:
    """The backend starts, and what it wants is not there yet."""
    backend = stack.service_name(Role.BACKEND)
    stack.act("stop", backend, service, timeout=PATIENCE)
    try:
        stack.act("up", "--detach", "--no-deps", "--no-recreate", "--no-build", backend)
        yield
    finally:
        stack.act("start", service)


@contextmanager
def _refused(stack: Stack, service: str) -> Iterator[None]:
    """Its name leads to a host that refuses the connection: somebody sleeps at its address, and listens to nothing."""
    stack.act("stop", service, timeout=PATIENCE)
    try:
        stack.act("run", "--detach", "--no-deps", "--use-aliases", "--entrypoint", "sleep", service, "3600")
        yield
    finally:
        with complaints.translated(f"remove what stood in for {service}"):
            mine = [f"{labels.PROJECT}={stack.project}", f"{labels.SERVICE}={service}", f"{labels.ONE_OFF}=True"]
            for container in stack.client.containers.list(all=True, filters={"label": mine}):
                container.remove(force=True, v=True)
        stack.act("start", service)


@contextmanager
def _another_database_password(stack: Stack) -> Iterator[None]:
    """The account's password is another one, and whoever had come in with the old one is put out."""
    account = database.credentials(stack)
    _as_administrator(stack, account.user, secrets.token_hex(16))
    try:
        yield
    finally:
        _as_administrator(stack, account.user, account.password)


def _as_administrator(stack: Stack, user: str, password: str) -> None:
    """Give an account another password wherever it comes from over the network, and end its connections.

    The administrator comes in through the server's own socket, and keeps the password that the container was given.
    """
    who, what = (value.replace("\\", "\\\\").replace("'", "\\'") for value in (user, password))
    others = f"user = '{who}' AND host NOT IN ('localhost', '127.0.0.1', '::1')"
    statements = f"""
        SELECT CONCAT('ALTER USER ''{who}''@''', host, ''' IDENTIFIED BY ''{what.replace("'", "''")}''')
          FROM mysql.user WHERE {others};
        SELECT CONCAT('KILL ', id) FROM information_schema.processlist
          WHERE user = '{who}' AND host <> 'localhost' AND id <> CONNECTION_ID();
    """  # noqa: S608 - an administrator's own names, quoted
    changes = _mysql(stack, statements).splitlines()
    if not any(change.startswith("ALTER") for change in changes):
        raise errors.StackError(
            "change a password in the database",
            expected=f"the account {user}, which the application logs in with",
            actual="there is no such account",
            next_step="look at mysql.user",
        )
    for change in changes:  # a connection may be gone before it is ended
        _mysql(stack, change, force=change.startswith("KILL"))


def _mysql(stack: Stack, statements: str, *, force: bool = False) -> str:
    """Run statements as the database's administrator; they are told on the client's input, where nobody reads along."""
    client = (
        'export MYSQL_PWD="${MYSQL_ROOT_PASSWORD:-$(cat "$MYSQL_ROOT_PASSWORD_FILE")}"; '
        "exec $(command -v mysql || command -v mariadb) --user=root --batch --skip-column-names --raw "
    )
    command = ["sh", "-c", client + ("--force" if force else "")]
    service = stack.service_name(Role.DATABASE)
    with complaints.translated(f"administer {service}"):
        return stack.compose("exec", "-T", service, *command, given=statements, check=not force).stdout


@contextmanager
def _another_cache_password(stack: Stack) -> Iterator[None]:
    """The cache's password is another one, and whoever had come in with the old one is put out."""
    with cache.asked(stack) as client:
        own = cache.password(stack)
        client.config_set("requirepass", secrets.token_hex(16))
        try:
            client.client_kill_filter(_type="normal", skipme=True)
            yield
        finally:
            client.config_set("requirepass", own)
