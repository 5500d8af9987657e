"""Variables: those that nobody sets, and those that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentchat_check.audit.files import Files, Text
from agentchat_check.audit.places import Place
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen
from agentchat_check.audit.variables import Variable

_OF_COMPOSE = re.compile(r"^(COMPOSE|DOCKER|BUILDKIT|BUILDX)_")
_OF_THE_HOST = {"HOME", "USER", "PWD", "UID", "GID", "PATH", "HOSTNAME"}
_ENV_FILE = re.compile(r"^(\.env|[\w.-]*\.env|\.env\.[\w.-]+)$")
_EXAMPLE = re.compile(r"example|sample|template|dist$|default", re.IGNORECASE)


def _unset(files: Files) -> Iterator[Hit | Unseen]:
    known = {variable.name for variable in files.variables} | set(files.deployment.variables) | _OF_THE_HOST
    told = set()
    for use, place in files.uses:
        if use.name in known or use.provided_for or (use.required and files.example) or use.name in told:
            continue
        told.add(use.name)
        env_file = files.deployment.env_file
        why = f"{files.shown(env_file)} does not set it" if env_file else "there is no env file"
        yield Hit(place, use.name, f"{use.name} has no default, and {why}")


def _blank(files: Files) -> Iterator[Hit | Unseen]:
    values = {variable.name: variable for variable in files.variables}
    told = set()
    for use, place in files.uses:
        variable = values.get(use.name)
        if variable is None or variable.value or files.deployment.variables.get(use.name) or use.name in told:
            continue
        covered = use.operator in {":-", "+", ":+"} or (use.required and files.example)
        if not covered:
            told.add(use.name)
            text = f"{use.name} is blank in {files.shown(variable.place.file)}, and {place.file.name} has no default"
            yield Hit(variable.place, use.name, text)


def _unread(files: Files) -> Iterator[Hit | Unseen]:
    read = {use.name for use, _ in files.uses}
    passed_on = {path for service in files.services.values() for path in service.env_files}
    if files.deployment.env_file in passed_on:
        return
    for variable in files.variables:
        name = variable.name
        if name not in read and not _OF_COMPOSE.match(name) and not _in_a_script(name, files):
            yield Hit(variable.place, name, f"{name} is set, and nothing reads it")


def _in_a_script(name: str, files: Files) -> bool:
    return any(re.search(rf"\$\{{?{re.escape(name)}\b", text.content) for text in files.scripts())


def _unread_file(files: Files) -> Iterator[Hit | Unseen]:
    read = {*files.env_files, files.directory / ".env"}
    read |= {path for service in files.services.values() for path in service.env_files}
    for text in files.texts:
        path = text.path
        if path.parent != files.directory or not _ENV_FILE.match(path.name) or _EXAMPLE.search(path.name):
            continue
        if path not in read and not _mentioned(text, files):
            yield Hit(_first(text), files.shown(path), f"{files.shown(path)} is read by nothing")


def _first(text: Text) -> Place:
    return next(place for place, _ in text.lines())


def _mentioned(text: Text, files: Files) -> bool:
    """Whether a script, a Makefile or a mount names the file."""
    name = text.path.name
    mounted = any(mount.source == str(text.path) for service in files.services.values() for mount in service.mounts)
    others = (other for other in files.texts if other.path != text.path)
    return mounted or any(name in other.content for other in others if other.path.suffix in {".sh", ".bat", ".ps1", ""})


def _twice(files: Files) -> Iterator[Hit | Unseen]:
    seen: dict[str, Variable] = {}
    for variable in files.variables:
        if variable.name in seen:
            first = seen[variable.name].place.line
            yield Hit(variable.place, variable.name, f"{variable.name} is set again; line {first} does not count")
        seen.setdefault(variable.name, variable)


RULES = (
    Rule(
        "unset-variable",
        Severity.ERROR,
        "every variable of the compose files is set",
        "Compose puts an empty text in its place, with a warning that scrolls by; or refuses to start.",
        "set it in the env file, or write ${NAME:?} to be told",
        _unset,
    ),
    Rule(
        "blank-variable",
        Severity.WARNING,
        "no variable that is needed is blank",
        "A blank password is no password.",
        "fill it in; or write ${NAME:-} in the compose file where blank is meant",
        _blank,
    ),
    Rule(
        "variable-read-by-nothing",
        Severity.WARNING,
        "what the env file sets is read by something",
        "Who changes it believes that something changed: a rotated key that was never used protects nobody.",
        "pass it on in the compose file, NAME: ${NAME}, or remove the line",
        _unread,
    ),
    Rule(
        "env-file-read-by-nothing",
        Severity.WARNING,
        "every env file is read by something",
        "Settings in it do nothing; people will edit it all the same.",
        "name it under env_file or with --env-file, or remove it",
        _unread_file,
    ),
    Rule(
        "variable-twice",
        Severity.WARNING,
        "no variable is set twice",
        "The last line wins, and people edit the first.",
        "remove one of the lines",
        _twice,
    ),
)
