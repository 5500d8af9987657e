"""A production deployment that has lost what its overlay is there for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import PATIENCE, edited, must, rebuilt, reconfigured, run_sql, sql
from agentchat_check.stack.running import Stack

_MIB = 2**20


def fewer_workers(stack: Stack) -> AbstractContextManager[None]:
    """The backend runs with one worker, older than its files."""
    return reconfigured(stack, stack.service_name(Role.BACKEND), {"environment": {"WORKERS": "1"}})


@contextmanager
def every_worker_seeds(stack: Stack) -> Iterator[None]:
    """Each worker fills the tables by itself."""
    columns = "user_id, name, description, create_time, update_time"
    once_more = (
        f"INSERT INTO tool (tool_id, {columns}) SELECT CONCAT('x', LEFT(REPLACE(UUID(), '-', ''), 31)), {columns} "  # noqa: S608 - constants
        "FROM tool WHERE tool_id NOT LIKE 'x%%' LIMIT 1"
    )
    seed = (
        "def post_worker_init(_: object) -> None:\n"
        "    from backend import database\n\n"
        "    with database.session() as session:\n"
        f'        session.connection().exec_driver_sql("{once_more}")\n'
        "        session.commit()\n\n\n"
        "def on_starting"
    )
    try:
        with rebuilt(stack, Role.BACKEND, {"gunicorn.conf.py": {"def on_starting": seed}}):
            yield
    finally:
        run_sql(stack, "DELETE FROM tool WHERE tool_id LIKE 'x%'")


def slow_registrations(stack: Stack) -> AbstractContextManager[None]:
    """The database takes a second for each new user, while the others wait."""
    slow = "CREATE TRIGGER agentchat_check_slow BEFORE INSERT ON user FOR EACH ROW DO SLEEP(1)"
    return sql(stack, slow, "DROP TRIGGER agentchat_check_slow")


def names_not_unique(stack: Stack) -> AbstractContextManager[None]:
    """The database does not mind two users of one name."""
    later = "SELECT a.user_id FROM user a JOIN user b ON a.user_name = b.user_name AND a.user_id + 0 > b.user_id + 0"
    forget = [
        f"DELETE FROM {table} WHERE user_id IN (SELECT user_id FROM (SELECT DISTINCT user_id FROM ({later}) AS l) AS m)"  # noqa: S608 - constants
        for table in ("user_role", "user")
    ]
    back = "ALTER TABLE user ADD UNIQUE INDEX user_name (user_name)"
    return sql(stack, "ALTER TABLE user DROP INDEX user_name", "; ".join([*forget, back]))


def killed_too_soon(stack: Stack) -> AbstractContextManager[None]:
    """The backend has a second to stop, and is killed then."""
    return reconfigured(stack, stack.service_name(Role.BACKEND), {"stop_grace_period": "1s"})


def impatient_server(stack: Stack) -> AbstractContextManager[None]:
    """The server itself gives its workers a second to stop."""
    hasty = {"environment": {"GUNICORN_CMD_ARGS": "--graceful-timeout 1"}}
    return reconfigured(stack, stack.service_name(Role.BACKEND), hasty)


@contextmanager
def endless_logs(stack: Stack) -> Iterator[None]:
    """The compose file names no size for logs, and the model was made from it."""
    up = ("up", "--detach", "--no-deps", stack.service_name(Role.MODEL))
    try:
        with edited(stack.directory / "docker-compose.yml", {'options: {max-size: 10m, max-file: "3"}': "options: {}"}):
            stack.act(*up)
            stack.settle(timeout=PATIENCE)
            yield
    finally:
        stack.act(*up)
        stack.settle(timeout=PATIENCE)


@contextmanager
def larger_limit(stack: Stack) -> Iterator[None]:
    """Somebody gave the running model more memory than its files say."""
    container = stack.client.containers.get(stack.service(Role.MODEL).container)
    before = container.attrs["HostConfig"]["Memory"]
    container.update(mem_limit=before + 256 * _MIB, memswap_limit=2 * (before + 256 * _MIB))
    try:
        yield
    finally:
        container.update(mem_limit=before, memswap_limit=2 * before)


@contextmanager
def no_log_of_the_cache(stack: Stack) -> Iterator[None]:
    """Somebody told the running cache not to write its log."""
    service = stack.service_name(Role.CACHE)
    must(stack, service, "redis-cli", "CONFIG", "SET", "appendonly", "no")
    try:
        yield
    finally:
        must(stack, service, "redis-cli", "CONFIG", "SET", "appendonly", "yes")
