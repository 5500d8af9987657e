"""What a secret looks like, and where one stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentchat_check.facts import Sighting
from agentchat_check.stack import compose_yaml

SHORTEST = 8
"""Characters from which a value does not stand in ordinary text by chance."""

_NAME = re.compile(
    r"(?i)(?:^|_)(?:PASS(?:WORD|WD)?|SECRET|TOKEN|(?:API_?|SECRET_?|PRIVATE_?|JWT_?|ACCESS_?)KEY|CREDENTIALS?|AUTH)(?:_|$)"
)
_IN_URL = re.compile(r"[a-z][\w+.-]*://[^\s/:@$]*:([^\s/@$]+)@")
_OPTION = re.compile(r"(?i)--?(?:requirepass|password|passwd|api-key|secret)(?:=|\s+)([^\s$\"']+)")
_NOT_ONE = re.compile(r"(?i)true|false|none|null|yes|no|\d{1,3}|/[\w./-]*|\[redacted\]")

Secrets = Mapping[str, frozenset[str]]
"""Every form of each secret's value, by the variable that holds it."""


def literals(text: str) -> list[str]:
    """Names of settings of a compose file whose values are secrets that stand there, instead of variables."""
    found = []
    for way, value in _leaves(compose_yaml.parsed(text)):
        name, given = _setting(way, value)
        # A default is a value, too; what is left of a variable without one says nothing.
        plain = re.sub(r"\$\{\w+:?-([^{}]*)\}", r"\1", given.replace("$$", ""))
        plain = re.sub(r"\$\{[^{}]*\}|\$\w+", "", plain)
        secret = plain if _NAME.search(name) and not name.upper().endswith("_FILE") else ""
        secret = secret or next((match[1] for match in (_IN_URL.search(plain), _OPTION.search(plain)) if match), "")
        if secret and not _NOT_ONE.fullmatch(secret):
            found.append(" ".join([*way[1:2], name]))
    return found


def holding(secrets: Secrets, text: str, place: str) -> list[Sighting]:
    """The secrets whose values stand in a text, but for those that are too short to be known there."""
    return [
        Sighting(name, place)
        for name, values in secrets.items()
        if any(len(value) >= SHORTEST and value in text for value in values)
    ]


def on_lines(secrets: Secrets, lines: Sequence[str], place: str) -> Iterator[Sighting]:
    """The secrets that stand on command lines, and what is given there as a password, whatever its value."""
    for line in lines:
        yield from holding(secrets, line, place)
        if (option := _OPTION.search(line)) and not _NOT_ONE.fullmatch(option[1]):
            yield Sighting(option[0].split("=")[0].split()[0], place)


def baked(pairs: Iterable[str], place: str) -> Iterator[Sighting]:
    """Settings of an image's own environment that are named as secrets are, whatever their value."""
    for pair in pairs:
        name, _, value = pair.partition("=")
        if _NAME.search(name) and value and not _NOT_ONE.fullmatch(value) and not name.endswith("_FILE"):
            yield Sighting(name, place)


def _leaves(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*way, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, way)
    elif value is not None:
        yield way, str(value)


def _setting(way: tuple[str, ...], value: str) -> tuple[str, str]:
    """Name and value of a setting, whether it is written ``NAME: value`` or ``- NAME=value``."""
    if listed := re.match(r"([A-Z_][A-Z0-9_]*)=(.*)", value, re.DOTALL):
        return listed[1], listed[2]
    return (way[-1] if way else ""), value
