"""One planted defect for each promise of the smoke suite, for stacks of the reference deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.faults.planting import edited, must, rebuilt, reconfigured, run_sql, sql
from agentchat_check.probes import containers
from agentchat_check.stack.running import SERVICE, Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

SLOW = "1.5"
"""Seconds: half as much again as the manual's alarm."""

# --- services ---


@contextmanager
def service_paused(stack: Stack) -> Iterator[None]:
    """The cache hangs: its processes are stopped, its port still answers."""
    stack.act("pause", stack.service_name(Role.CACHE))
    try:
        yield
    finally:
        stack.act("unpause", stack.service_name(Role.CACHE))
        stack.settle(timeout=60)


@contextmanager
def service_crashed(stack: Stack) -> Iterator[None]:
    """The cache's main process died, and the engine started it again. Its count of restarts goes with the container."""
    crashed = stack.service(Role.CACHE)
    must(stack, crashed.name, "sh", "-c", "kill -SEGV 1", user="redis")
    wait.until(lambda: stack.service(Role.CACHE).restarts, bool, what="the cache was restarted", timeout=30)
    stack.settle(timeout=60)
    yield
    stack.act("up", "--detach", "--no-deps", "--force-recreate", crashed.name)
    stack.settle(timeout=60)


@contextmanager
def worker_out_of_memory(stack: Stack) -> Iterator[None]:
    """A process beside the model's main one was killed for memory; the container runs on as if nothing had happened."""
    limit = 128 * 2**20
    with _limited(stack, mem_limit=limit, memswap_limit=limit) as container:
        container.exec_run(["python", "-c", f"bytearray({4 * limit})"])
        yield


def undeclared_port(stack: Stack) -> AbstractContextManager[None]:
    """The compose file was changed to publish another port of the frontend, and nobody recreated the container."""
    return edited(
        Path(stack.compose.context) / "docker-compose.yml", {"FRONTEND_PORT:-8090}:8090": "FRONTEND_PORT:-8090}:8091"}
    )


@contextmanager
def error_in_the_log(stack: Stack) -> Iterator[None]:
    """The backend printed an error; its log goes with its container."""
    service = stack.service_name(Role.BACKEND)
    must(stack, service, "sh", "-c", "echo 'ERROR disk quota exceeded' > /proc/1/fd/1")
    yield
    stack.act("up", "--detach", "--no-deps", "--force-recreate", service)
    stack.settle(timeout=60)


@contextmanager
def busy_processor(stack: Stack) -> Iterator[None]:
    """The model uses all of the little that it may."""
    with _limited(stack, cpu_period=100_000, cpu_quota=10_000) as container:
        container.exec_run(["sh", "-c", "while :; do :; done"], detach=True)
        yield


@contextmanager
def memory_limit_reached(stack: Stack) -> Iterator[None]:
    """The model uses nine tenths of the memory that it may."""
    limit = 256 * 2**20
    with _limited(stack, mem_limit=limit, memswap_limit=limit) as container:
        used = next(usage.memory for usage in containers.load(stack).usage if usage.service == _name(container))
        hold = f"import time; held = b'x' * {int(limit * 0.9) - used}; time.sleep(600)"
        container.exec_run(["python", "-c", hold], detach=True)
        wait.until(
            lambda: containers.load(stack),
            lambda load: any(usage.memory > 0.88 * limit for usage in load.usage if usage.service == _name(container)),
            what="the memory is held",
            timeout=30,
        )
        yield


@contextmanager
def _limited(stack: Stack, **limits: Any) -> Iterator[Container]:
    """The model's container with limits it did not have; a new one without them afterwards."""
    service = stack.service(Role.MODEL)
    container = stack.client.containers.get(service.container)
    container.update(**limits)
    try:
        yield container
    finally:
        stack.act("up", "--detach", "--no-deps", "--force-recreate", service.name)
        stack.settle(timeout=60)


def _name(container: Container) -> str:
    return str(container.labels[SERVICE])


@contextmanager
def full_disk(stack: Stack) -> Iterator[None]:
    """A small disk of the model's is filled to the last tenth."""
    service, disk = stack.service_name(Role.MODEL), "/mnt/small"
    small = {"type": "tmpfs", "target": disk, "tmpfs": {"size": 2**20}}
    with reconfigured(stack, service, {"volumes": [small]}):
        must(stack, service, "sh", "-c", f"head -c 1000000 /dev/zero > {disk}/data", user="root")
        yield


# --- health and responses ---


@contextmanager
def health_lies(stack: Stack) -> Iterator[None]:
    """Health says OK whatever happens, and the database takes no writes."""
    lie = {"healthy = all(answers)": "healthy = True", '"OK" if fine else "DOWN"': '"OK"'}
    with ExitStack() as faults:
        faults.enter_context(rebuilt(stack, Role.BACKEND, {"backend/health.py": lie}))
        faults.enter_context(refused_by_the_database(stack, "dialog"))
        yield


@contextmanager
def health_is_slow(stack: Stack) -> Iterator[None]:
    """Health takes longer than anybody waits for it."""
    pause = {
        "    answers = await asyncio.gather": f"    await asyncio.sleep({SLOW})\n    answers = await asyncio.gather"
    }
    with rebuilt(stack, Role.BACKEND, {"backend/health.py": pause}):
        yield


@contextmanager
def slow_answers(stack: Stack) -> Iterator[None]:
    """The list of agents takes longer than the alarm."""
    pause = {"    query = select(Agent)": f'    __import__("time").sleep({SLOW})\n    query = select(Agent)'}
    with rebuilt(stack, Role.BACKEND, {"backend/api/agents.py": pause}):
        yield


# --- accounts ---


@contextmanager
def refused_by_the_database(stack: Stack, table: str) -> Iterator[None]:
    """The database refuses new rows in a table."""
    trigger = f"agentchat_check_{table}"
    refuse = f"CREATE TRIGGER {trigger} BEFORE INSERT ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000'"
    with sql(stack, refuse, f"DROP TRIGGER {trigger}"):
        yield


@contextmanager
def users_refused(stack: Stack) -> Iterator[None]:
    """Nobody can register."""
    with refused_by_the_database(stack, "user"):
        yield


@contextmanager
def useless_tokens(stack: Stack) -> Iterator[None]:
    """A log-in succeeds, and its token opens nothing."""
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": {'"sid": session, "type"': '"sid": "", "type"'}}):
        yield


@contextmanager
def any_password(stack: Stack) -> Iterator[None]:
    """Every password is the right one."""
    right = {"return bcrypt.checkpw(_condensed(password), stored.encode())": "return bool(password and stored)"}
    with rebuilt(stack, Role.BACKEND, {"backend/passwords.py": right}):
        yield


@contextmanager
def unchecked_signatures(stack: Stack) -> Iterator[None]:
    """A token is believed without looking who signed it."""
    believe = {'options={"require": required}': 'options={"require": required, "verify_signature": False}'}
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": believe}):
        yield


# --- conversation ---


@contextmanager
def model_fails(stack: Stack) -> Iterator[None]:
    """The model answers every question with an error."""
    control = "http://{}:{}/control".format(*stack.address(Role.MODEL))
    requests.put(control, json={"mode": "fail"}, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.put(control, json={"mode": "ok"}, timeout=10).raise_for_status()


@contextmanager
def history_backwards(stack: Stack) -> Iterator[None]:
    """The history comes back with the last message first."""
    with rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": {"col(History.id))": "col(History.id).desc())"}}):
        yield


@contextmanager
def nothing_deleted(stack: Stack) -> Iterator[None]:
    """A delete says that it is done, and does nothing."""
    keep = {"session.delete(own_dialog(session, user_id, dialog_id, to_change=True))": "pass"}
    with rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": keep}):
        yield


@contextmanager
def everything_deleted(stack: Stack) -> Iterator[None]:
    """A delete takes rows that belong to nobody along."""
    too_much = {
        "session.delete(own_dialog(session, user_id, dialog_id, to_change=True))": (
            "session.delete(own_dialog(session, user_id, dialog_id, to_change=True))\n"
            '        session.connection().exec_driver_sql("DELETE FROM role WHERE id = 99")'
        )
    }
    with ExitStack() as faults:
        plant, take_back = "INSERT INTO role VALUES (99, 'auditor')", "DELETE FROM role WHERE id = 99"
        faults.enter_context(sql(stack, plant, take_back))
        faults.enter_context(rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": too_much}))
        yield


@contextmanager
def seeded_twice(stack: Stack) -> Iterator[None]:
    """Every tool stands twice."""
    columns = "user_id, name, description, create_time, update_time"
    twice = f"INSERT INTO tool (tool_id, {columns}) SELECT CONCAT('x', LEFT(tool_id, 31)), {columns} FROM tool"  # noqa: S608 - constants
    with sql(stack, twice, "DELETE FROM tool WHERE tool_id LIKE 'x%'"):
        yield


# --- storage ---


@contextmanager
def another_database_password(stack: Stack) -> Iterator[None]:
    """The account's password in the database is not the one of the env file; old connections live on."""
    user = must(stack, stack.service_name(Role.DATABASE), "printenv", "MYSQL_USER").strip()
    password = must(stack, stack.service_name(Role.DATABASE), "printenv", "MYSQL_PASSWORD").strip()
    change = f"ALTER USER '{user}'@'%' IDENTIFIED BY "
    with sql(stack, f"{change}'another'", f"{change}'{password}'"):
        yield
    stack.settle(timeout=60)


@contextmanager
def table_missing(stack: Stack) -> Iterator[None]:
    """A table is gone."""
    with sql(stack, "RENAME TABLE mcp_server TO hidden", "RENAME TABLE hidden TO mcp_server"):
        yield


@contextmanager
def narrow_characters(stack: Stack) -> Iterator[None]:
    """A table stores Latin letters only."""
    convert = "ALTER TABLE knowledge CONVERT TO CHARACTER SET "
    collation = run_sql(
        stack,
        "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        " AND table_name = 'knowledge'",
    ).strip()
    with sql(stack, f"{convert}latin1", f"{convert}utf8mb4 COLLATE {collation}"):
        yield


@contextmanager
def another_cache_password(stack: Stack) -> Iterator[None]:
    """The cache's password is not the one of the env file."""
    service = stack.service_name(Role.CACHE)
    own = must(stack, service, "printenv", "REDISCLI_AUTH").strip()
    must(stack, service, "redis-cli", "ACL", "SETUSER", "default", "resetpass", ">another")
    try:
        yield
    finally:
        must(stack, service, "redis-cli", "-a", "another", "ACL", "SETUSER", "default", "resetpass", f">{own}")
        stack.settle(timeout=60)


@contextmanager
def immortal_sessions(stack: Stack) -> Iterator[None]:
    """Sessions never end."""
    for_ever = {"nx=True, get=True, ex=SESSION_SECONDS)": "nx=True, get=True)"}
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": for_ever}):
        yield


# --- page ---


@contextmanager
def frontend_with(stack: Stack, changes: Mapping[str, str]) -> Iterator[None]:
    """The frontend runs with a changed nginx.conf."""
    restart = ("restart", stack.service_name(Role.FRONTEND))
    try:
        with edited(Path(stack.compose.context) / "nginx.conf", changes):
            stack.act(*restart)
            stack.settle(timeout=60)
            yield
    finally:
        stack.act(*restart)
        stack.settle(timeout=60)


_PAGE = "try_files /index.html =404;"
_INJECT = "sub_filter '</head>' '<script src=\"/assets/{}\"></script></head>'; "


def no_page(stack: Stack) -> AbstractContextManager[None]:
    """The frontend has no page."""
    return frontend_with(stack, {_PAGE: "return 404;"})


def assets_missing(stack: Stack) -> AbstractContextManager[None]:
    """The page is of another build than its scripts and styles."""
    return frontend_with(stack, {"location / {": "location ^~ /assets/ { return 404; } location / {"})


def no_deep_links(stack: Stack) -> AbstractContextManager[None]:
    """Only the front page is a page."""
    return frontend_with(stack, {_PAGE: "try_files $uri $uri/ =404;"})


def api_not_proxied(stack: Stack) -> AbstractContextManager[None]:
    """The frontend looks for the backend where it is not."""
    return frontend_with(stack, {"set $backend backend:7860;": "set $backend backend:7861;"})


def scripts_forbidden(stack: Stack) -> AbstractContextManager[None]:
    """The page may not run its own script."""
    return frontend_with(stack, {"script-src 'self';": "script-src 'none';"})


def broken_script(stack: Stack) -> AbstractContextManager[None]:
    """The page works, and asks for a script that is not there."""
    return frontend_with(stack, {_PAGE: _INJECT.format("gone.js") + _PAGE})


def internal_host(stack: Stack) -> AbstractContextManager[None]:
    """A script of the page asks the backend by the name it has inside the deployment."""
    script = "default_type text/javascript; return 200 'fetch(\"http://backend:7860/\")';"
    location = f"location = /assets/internal.js {{ {script} }} location / {{"
    return frontend_with(stack, {_PAGE: _INJECT.format("internal.js") + _PAGE, "location / {": location})
