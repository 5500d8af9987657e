"""Secrets: well-known ones, and those that stand where they do not belong. Their values are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentchat_check.audit import configured
from agentchat_check.audit.files import TO_BE_FILLED_IN, Files, Text
from agentchat_check.audit.places import Place, text_if_any
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen, of

_SECRET = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|PRIVATE_KEY|ACCESS_KEY|API_?KEY|AUTH_TOKEN|ACCESS_TOKEN|_PASS$|REDISCLI_AUTH)",
    re.IGNORECASE,
)
_NOT_ONE = re.compile(
    r"(_FILE|_PATH|_ID|_LENGTH|_EXPIRE\w*|_TTL|_POLICY|_URL|ALLOW_EMPTY_\w+|RANDOM_\w+|_NAME|_MODE|_TYPE|NO_\w+)$",
    re.IGNORECASE,
)
_OURS_TO_CHOOSE = re.compile(r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|REDISCLI_AUTH|_PASS$)", re.IGNORECASE)
"""Secrets that an administrator makes up; of a provider's key a placeholder does not work, and so harms nobody."""

_WELL_KNOWN = re.compile(
    r"^(\d{2,8}|root|admin|password|passw0rd|p@ssw0rd|secret|minioadmin|change_?me|changeit|test|demo|example|default|"
    r"guest|postgres|mysql|redis|toor|qwerty\w*|letmein|abc123|admin123|root123|password123|agentchat)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(^|[^a-z])(your|change|replace|insert|example|placeholder|todo)([^a-z]|$)|^<.*>$|^x{3,}$|\*{3,}", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"://[^\s:/@]*:([^\s@/]+)@")
_TOKENS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b|\bglpat-[\w-]{20,}\b"
    r"|\bxox[abprs]-[\w-]{10,}|\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}(?![\w*-])"
)
_SETTING = re.compile(r"^\s*[\"']?([A-Za-z][\w.-]*)[\"']?\s*[:=]\s*[\"']?([^\s\"'#,]+)[\"']?\s*(?:[#,].*)?$")
_HOLDS_SETTINGS = {".yaml", ".yml", ".toml", ".ini", ".conf", ".cfg", ".properties", ".json"}
_ENV_FILE = re.compile(r"(^|\.)env(\.|$)")


def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None and _NOT_ONE.search(name) is None


def _weak(name: str, value: str) -> bool:
    """Whether everybody knows it: a usual default, or a placeholder that works as well as any other word."""
    if value == TO_BE_FILLED_IN:
        return False
    return bool(_WELL_KNOWN.match(value)) or bool(_OURS_TO_CHOOSE.search(name) and _PLACEHOLDER.search(value))


def _passwords_in(value: str) -> list[str]:
    return [found for found in _IN_ADDRESS.findall(value) if not found.startswith("$")]


def _default(files: Files) -> Iterator[Hit | Unseen]:
    for service in files.services.values():
        told = set()
        for name, value in service.environment.items():
            weak = _is_secret(name) and _weak(name, value or "")
            in_address = any(_WELL_KNOWN.match(one) for one in _passwords_in(value or ""))
            if (weak or in_address) and name not in told:
                told.add(name)
                place = _set_in_env_file(files, service.at(f"environment:{name}", "environment"))
                yield Hit(place, service.name, f"{service.name}: {name} holds a value that everybody knows")


def _set_in_env_file(files: Files, place: Place) -> Place:
    """The line of the env file that gives a compose file's line its value, where only one does."""
    names = {use.name for use, where in files.uses if where == place}
    lines = [variable.place for variable in files.variables if variable.name in names and variable.value]
    return lines[-1] if len(names) == 1 and lines else place


def _plain(files: Files) -> Iterator[Hit | Unseen]:
    filled_in = {place for _, place in files.uses}
    for service in files.services.values():
        for name, value in service.environment.items():
            place = service.at(f"environment:{name}", "environment")
            literal = bool(value) and place not in filled_in and place.file in files.compose_files
            if literal and (_is_secret(name) or _passwords_in(value or "")):
                yield Hit(place, service.name, f"{service.name}: {name} stands in the compose file itself")
        words = service.command or ()
        for before, word in zip(("", *words), words, strict=False):
            given = word.partition("=")[2] if re.match(r"--(require)?pass(word)?=", word) else ""
            if before in {"--requirepass", "--password"}:
                given = word
            if given and "$" not in given and service.at("command") not in filled_in:
                yield of(service, "a password stands in its command", "command")


def _in_files(files: Files) -> Iterator[Hit | Unseen]:
    compose = {path.resolve() for path in files.compose_files}
    env_files = {*files.env_files, *(path for service in files.services.values() for path in service.env_files)}
    for path in files.too_large:
        if path.suffix in _HOLDS_SETTINGS and "lock" not in path.name:  # lock files are long, and hold digests
            yield Unseen(files.shown(path), "it is too large for a file of settings, and was not read")
    for text in (*files.texts, *_put_into_images(files)):
        if text.path in env_files and "example" not in text.path.name:
            continue  # where secrets belong
        for place, what in _found(text, settings=text.path.resolve() not in compose):
            yield Hit(place, files.shown(text.path), f"{what} stands in {files.shown(text.path)}")


def _put_into_images(files: Files) -> Iterator[Text]:
    """Configuration from outside of the deployment's directory, that services are given."""
    seen = {text.path.resolve() for text in files.texts}
    for name, service in files.services.items():
        for path in configured.files(service, files.images[name]):
            content = text_if_any(path) if path.resolve() not in seen else None
            if content is not None:
                seen.add(path.resolve())
                yield Text(path, content)


def _found(text: Text, *, settings: bool) -> Iterator[tuple[Place, str]]:
    for place, line in text.lines():
        token = _TOKENS.search(line)
        if token and not _PLACEHOLDER.search(token.group()):
            yield place, "a key"
        elif settings and text.path.suffix in _HOLDS_SETTINGS and not _ENV_FILE.search(text.path.name):
            yield from _setting(place, line)
        elif settings and text.path.name.startswith("Dockerfile"):
            for name, value in re.findall(r"(?:ENV|ARG)\s+(\w+)[ =]\"?([^\s\"]+)", line):
                if _is_secret(name) and "$" not in value:
                    yield place, name


def _setting(place: Place, line: str) -> Iterator[tuple[Place, str]]:
    if line.lstrip().startswith(("#", "//", ";")):
        return
    found = _SETTING.match(line)
    name, value = found.groups() if found else ("", "")
    literal = value and not set(value) & set("${<") and not _PLACEHOLDER.search(value)
    if literal and _is_secret(name) and value.lower() not in {"null", "none", "true", "false"}:
        yield place, name
    elif any(not _PLACEHOLDER.search(one) and "$" not in one for one in _passwords_in(line)):
        yield place, "a password in an address"


RULES = (
    Rule(
        "default-secret",
        Severity.ERROR,
        "no secret has a value that everybody knows",
        "The first thing an intruder tries is the value of the example.",
        "make one: openssl rand -hex 32; the database takes a new password only if you change it there as well",
        _default,
    ),
    Rule(
        "secret-in-compose-file",
        Severity.ERROR,
        "no secret stands in a compose file",
        "Compose files are copied, shared and committed; and a value that stands there cannot differ between hosts.",
        "write ${NAME:?} in the compose file, and the value in the env file, which stays on its host",
        _plain,
    ),
    Rule(
        "secret-in-file",
        Severity.ERROR,
        "no secret stands in a file of the deployment beside its env file",
        "What stands in a configuration file or a Dockerfile becomes part of the image, for everybody who can pull it.",
        "let the service read it from its environment or from a Docker secret, and change the one that was there",
        _in_files,
    ),
)
