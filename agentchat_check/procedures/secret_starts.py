"""Starts with secrets as they should not be, and as an external manager hands them over."""

from __future__ import annotations

import re
import secrets
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import variables
from agentchat_check.stack import one_off
from agentchat_check.stack.running import Stack

_OURS_TO_CHOOSE = re.compile(r"(?i)(?:PASS(?:WORD|WD)?|SECRET(?:_KEY)?|JWT_KEY|SIGNING_KEY)$")
"""Names of secrets that the administrator makes; a key of somebody else's service is as it is."""

_WEAK = {"empty": "", "well known": "123456", "a default": "changeme"}

_SECRETS = "/run/secrets"


def of_ones_own(stack: Stack, *, production: bool = False) -> dict[str, dict[str, str]]:
    """The secrets that an administrator makes, with their values, as the environment of each service has them.

    Only of the backend and the database: the others take none from their environment that they judge.

    Raises:
        errors.InapplicableError: There is no production overlay.
    """
    settings = variables.rendered(stack, production=production).settings
    services = [stack.roles[role] for role in (Role.BACKEND, Role.DATABASE) if role in stack.roles]
    found: dict[str, dict[str, str]] = {name: {} for name in services}
    for place, value in settings.items():
        if place[0] in found and place[1:2] == ("environment",) and value and _is_one(place[2], value):
            found[place[0]][place[2]] = value
    return {service: names for service, names in found.items() if names}


def weak_ones(stack: Stack) -> dict[str, facts.Start]:
    """How production starts with each secret empty, well known and as examples have it; by what was tried.

    What compose itself refuses is not started. The database's own account is the application's, which is tried there.

    Raises:
        errors.InapplicableError: There is no production overlay, or no secret of one's own.
    """
    every = of_ones_own(stack, production=True)
    backend = every.get(stack.service_name(Role.BACKEND), {})
    attempts = []
    for service, names in every.items():
        for name, value in names.items():
            if value in backend.values() and service != stack.service_name(Role.BACKEND):
                continue
            attempts += [(service, name, how, _with_password(value, weak)) for how, weak in _WEAK.items()]
    if not attempts:
        raise errors.InapplicableError(
            "start production with weak secrets",
            expected="a secret in the environment of the backend or the database",
            actual=f"{stack.name} gives its services no secret through their environment",
            next_step="look at the application's own configuration file",
        )
    production = one_off.in_production(stack)
    # Rendering rewrites the stack's env file for a moment: it is over before anything starts.
    refused = {name: _refused_when_empty(stack, name) for _, name, _, value in attempts if not value}

    def attempt(service: str, name: str, value: str) -> facts.Start:
        if not value and refused[name]:
            return facts.Start(came_up=False, exit_code=1, said=refused[name])
        return one_off.start(production, service, environment={name: value})

    with ThreadPoolExecutor(max_workers=2) as pool:
        starts = list(pool.map(lambda one: attempt(one[0], one[1], one[3]), attempts))
    tried = [(service, name, how, start) for (service, name, how, _), start in zip(attempts, starts, strict=True)]
    unclear = {service for service, name, _, start in tried if start.came_up is False and not start.refuses(name)}
    sound = {service: one_off.start(production, service) for service in unclear}
    return {f"{name} {how}": _told(start, name, sound.get(service)) for service, name, how, start in tried}


def _told(start: facts.Start, name: str, usual: facts.Start | None) -> facts.Start:
    """A start that ended for another reason tells nothing where the service does not come up with its own secrets."""
    if usual is None or usual.came_up or start.came_up or start.refuses(name):
        return start
    return facts.Start(came_up=None, exit_code=None, said=f"with its own secrets, too, {usual}")


def _refused_when_empty(stack: Stack, name: str) -> str:
    """What compose says to a variable of that name without a value; "" where it takes that, or knows no such."""
    if name not in {one.name for one in variables.declared(stack)}:
        return ""
    return variables.rendered(stack, {name: ""}, production=True).refused


def from_files(stack: Stack) -> dict[str, facts.Start]:
    """How the backend and the database start with each of their secrets in a file, and with one given both ways.

    Returns:
        Starts by what was tried: ``backend: every secret in a file`` and, where that ends, each secret by itself;
        ``backend: MYSQL_PASSWORD twice``.

    Raises:
        errors.InapplicableError: Neither takes a secret from its environment.
    """
    every = of_ones_own(stack)
    if not every:
        raise errors.InapplicableError(
            "start with secrets in files",
            expected="a secret in the environment of the backend or the database",
            actual=f"{stack.name} gives its services no secret through their environment",
            next_step="look at the application's own configuration file",
        )
    found: dict[str, facts.Start] = {}
    with _files(every) as files, ThreadPoolExecutor(max_workers=2) as pool:
        for service, names in every.items():
            whole = _from_files(stack, service, names, files)
            found[f"{service}: every secret in a file"] = whole
            if whole.came_up is False and len(names) > 1:
                for name, value in names.items():
                    found[f"{service}: {name} in a file"] = _from_files(stack, service, {name: value}, files)
        twice = [(service, name) for service, names in every.items() for name in names]
        starts = pool.map(partial(_twice, stack, files), twice)
        found |= {f"{service}: {name} twice": start for (service, name), start in zip(twice, starts, strict=True)}
    return found


@contextmanager
def _files(every: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Path]]:
    """A file for each secret, that containers may read; in a directory that nobody else may enter."""
    with tempfile.TemporaryDirectory(prefix="agentchat-check-secrets-") as directory:
        files = {}
        for names in every.values():
            for name, value in names.items():
                files[name] = Path(directory) / f"{name.lower()}-{secrets.token_hex(4)}"
                files[name].write_text(value + "\n")
                files[name].chmod(0o444)
        yield files


def _from_files(stack: Stack, service: str, names: Mapping[str, str], files: Mapping[str, Path]) -> facts.Start:
    environment = dict.fromkeys(names, "") | {f"{name}_FILE": _inside(name) for name in names}
    mounted = {files[name]: _inside(name) for name in names}
    ready = _log_in(names) if service == stack.roles.get(Role.DATABASE) else ()
    return one_off.start(stack, service, environment=environment, mounted=mounted, ready=ready)


def _log_in(names: Iterable[str]) -> tuple[str, ...]:
    """A command that logs in to the database beside it, with each password that is in a file.

    Its health check may know the password of the environment alone.
    """
    users = {name: "root" if "ROOT" in name else f"${name.rpartition('_')[0]}_USER" for name in names}
    steps = [
        f'MYSQL_PWD="$(cat "${name}_FILE")" mysql --protocol=tcp --host=127.0.0.1 --user="{user}" --execute="SELECT 1"'
        for name, user in users.items()
    ]
    return "sh", "-c", " && ".join(steps)


def _twice(stack: Stack, files: Mapping[str, Path], one: tuple[str, str]) -> facts.Start:
    service, name = one
    mounted = {files[name]: _inside(name)}
    return one_off.start(stack, service, environment={f"{name}_FILE": _inside(name)}, mounted=mounted)


def _inside(name: str) -> str:
    return f"{_SECRETS}/{name.lower()}"


def _is_one(name: str, value: str) -> bool:
    in_url = "://" in value and urllib.parse.urlsplit(value).password
    return bool(_OURS_TO_CHOOSE.search(name) or in_url)


def _with_password(value: str, password: str) -> str:
    """A secret's weak stand-in: of an address, the same address with another password."""
    if "://" not in value:
        return password
    parts = urllib.parse.urlsplit(value)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username or ''}:{password}@{host}").geturl()
