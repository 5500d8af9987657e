"""Env files with their lines."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import parser

from agentchat_check.audit import interpolation
from agentchat_check.audit.places import Place, text_of


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that an env file sets.

    Attributes:
        name: Its name.
        value: Its value, with the variables in it filled in; None where the line has no ``=``.
        place: Its line.
    """

    name: str
    value: str | None
    place: Place


def read(path: Path) -> tuple[Variable, ...]:
    """Read an env file: quotes, ``export``, a byte order mark, either kind of line end; a later value wins.

    Raises:
        errors.DeploymentError: It cannot be read.
    """
    text = text_of(path).replace("\r\n", "\n").replace("\r", "\n")
    found: list[Variable] = []
    known: dict[str, str] = {}
    for binding in parser.parse_stream(io.StringIO(text)):
        if binding.key is None:
            continue
        value = binding.value
        if value is not None and not _literal(binding.original.string):
            value = interpolation.filled(value, known)
        if value is not None:
            known[binding.key] = value
        found.append(Variable(binding.key, value, Place(path, _line(binding.original))))
    return tuple(found)


def values(variables: tuple[Variable, ...]) -> Mapping[str, str]:
    """What the variables come to in the end."""
    return {variable.name: variable.value for variable in variables if variable.value is not None}


def _literal(line: str) -> bool:
    return re.match(r"\s*(export\s+)?[^=]*=\s*'", line) is not None


def _line(original: parser.Original) -> int:
    """The line of the name; the parser counts blank lines before it in."""
    blank = original.string[: len(original.string) - len(original.string.lstrip())]
    return original.line + blank.count("\n")
