"""What a variable is given instead of its value: another one of its kind, and what is none of its kind."""

from __future__ import annotations

import re

from agentchat_check import facts

_OTHER = "another-value"

_SECRET = re.compile(r"PASS|SECRET|(^|_)KEY(_|$)|TOKEN$")
_CHOICE = re.compile(r"(\w+_)?(LEVEL|ENV|ENVIRONMENT|MODE)")
"""Names of secrets, and of settings that are one of a few words."""


def another(value: str) -> str:
    """Another value of the same kind."""
    if value.isdigit():
        return str(int(value) + 1)
    if re.fullmatch(r"\d+(\.\d+){3}", value):
        return "127.0.0.9"
    return {"true": "false", "false": "true"}.get(value.lower(), _OTHER)


def is_secret(name: str) -> bool:
    """Whether a variable is named as secrets are."""
    return bool(_SECRET.search(name))


def malformed(variable: facts.Variable) -> str:
    """What is no value of a variable's kind; "" where every text is one, as of names and secrets.

    The kind is told from the value it has: a number, an address, a URL, a switch; or from a name that means one thing.
    """
    value, name = variable.value, variable.name
    if name == "TZ":
        return "Nowhere/Nothing"
    if _CHOICE.fullmatch(name) or value.lower() in {"true", "false"}:
        return "none-of-these"
    if is_secret(name):
        return ""
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return "many"
    if re.fullmatch(r"\d+(\.\d+){3}", value):
        return "300.0.0.1"
    return "no address" if re.match(r"https?://", value) else ""
