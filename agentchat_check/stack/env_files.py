"""Env files as compose reads them, written."""

from __future__ import annotations

import re
from collections.abc import Mapping


def lines(values: Mapping[str, str]) -> str:
    """A line for each variable, in the quotes that keep every character of its value."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def filled(example: str, values: Mapping[str, str]) -> str:
    """An example as an administrator would fill it in: each value where its variable stands, the others at the end.

    Args:
        example: The example's text; a variable may stand there commented out.
        values: Values by variable.
    """
    text, rest = example, {}
    for name, value in values.items():
        line = f"{name}={_quoted(value)}"
        line = line.replace("\\", r"\\")  # in what is put in its place a backslash begins a group
        text, found = re.subn(rf"(?m)^#?\s*{re.escape(name)}=.*$", line, text, count=1)
        if not found:
            rest[name] = value
    return text.rstrip("\n") + "\n" + lines(rest)


def _quoted(value: str) -> str:
    if "'" not in value:
        return f"'{value}'"
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'"{escaped}"'
