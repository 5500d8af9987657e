"""``agentchat-check.toml``, written so that it documents itself."""

from __future__ import annotations

import textwrap
from typing import Any

from agentchat_check.settings.fields import PREFIX, Settings

_WIDTH = 110
_ELSEWHERE = {"password"}
"""Settings that do not belong in a file."""

_HEAD = f"""\
Settings of agentchat-check, read from the directory it runs in. Each can also be given in the environment as \
{PREFIX}<NAME>, which wins over this file; options on the command line win over both. A line below is a setting's \
default, or where it has none an example."""


def template() -> str:
    """Every setting with its meaning, commented out."""
    blocks = [_comment(_HEAD)]
    for name, field in Settings.model_fields.items():
        if name not in _ELSEWHERE:
            shown = field.examples[0] if field.examples else field.default
            blocks.append(f"{_comment(field.description or '')}\n#{name} = {_toml(shown)}")
    return "\n\n".join(blocks) + "\n"


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False))


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(_toml(inner) for inner in value) + "]"
        case int() | float():
            return str(value)
        case _:
            return f'"{value}"'
