"""The variables of a deployment: where its files name them, and what they change in what compose runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.stack import complaints, one_off, process, variables
from agentchat_check.stack.running import Stack

_EXAMPLES = ("*.env.example", "env.example", "*.env.sample")
_EXAMPLE_LINE = re.compile(r"(?m)^#?[ \t]?(?:export[ \t]+)?([A-Z_][A-Z0-9_]*)=(.*)$")
_USE = re.compile(r"\$(?:\{(\w+)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_]\w*))")
_OPTIONS = frozenset({"-", ":-", "+", ":+"})


def declared(stack: Stack) -> tuple[facts.Variable, ...]:
    """Every variable of the examples of env files and of the compose files, production's too, in their order."""
    files = [Path(file) for file in _every_file(stack)]
    examples = [path for pattern in _EXAMPLES for path in sorted(stack.directory.glob(pattern))]
    named: dict[str, dict[str, None]] = {}
    values: dict[str, str] = {}
    forms: dict[str, set[str]] = {}
    for path in examples:
        for name, value in _EXAMPLE_LINE.findall(path.read_text(encoding="utf-8-sig")):
            named.setdefault(name, {})[path.name] = None
            values.setdefault(name, value.strip().strip("\"'"))
    for path in files:
        for name, form, rest in uses(path.read_text(encoding="utf-8-sig")):
            named.setdefault(name, {})[path.name] = None
            forms.setdefault(name, set()).add(form)
            if form in _OPTIONS and not values.get(name):
                values[name] = rest
    given = variables.given(stack)
    return tuple(
        facts.Variable(
            name=name,
            value=given.get(name) or values.get(name, ""),
            named_in=tuple(places),
            required=any(form.endswith("?") for form in forms.get(name, ())),
            has_default=bool(forms.get(name)) and forms[name] <= _OPTIONS,
        )
        for name, places in named.items()
    )


def uses(text: str) -> Iterator[tuple[str, str, str]]:
    """Each variable that a compose file takes: name, form (``:-``, ``?``, or "" for a bare one), and what follows it.

    ``$$`` stands for a dollar, and comments take nothing.
    """
    for line in text.splitlines():
        code = re.sub(r"(?:^|\s)#.*", "", line).replace("$$", "")
        for name, form, rest, bare in _USE.findall(code):
            yield name or bare, form, rest
            yield from uses(rest)


def rendered(
    stack: Stack, values: Mapping[str, str | None] | None = None, *, production: bool = False
) -> facts.Rendering:
    """The deployment's own compose files with other values, as compose reads them; nothing is started.

    Args:
        stack: A stack of ours.
        values: Values by variable; None for a variable that is missing.
        production: Whether with the production overlay.

    Raises:
        errors.InapplicableError: There is no overlay.
    """
    files = one_off.files(stack, production=production)
    with variables.changed(stack, values or {}) as other:
        command = ["docker", "compose", "--project-directory", str(stack.directory)]
        command += [part for file in files for part in ("--file", file)]
        command += [part for file in other.compose.env_file or () for part in ("--env-file", file)]
        # What is missing shall be missing in our own environment, too.
        unset = [part for name, value in (values or {}).items() if value is None for part in ("--unset", name)]
        seen = process.run(
            ["env", *unset, *command, "config", "--format", "json"],
            cwd=stack.directory,
            environment=other.compose.environment,
            timeout=60,
            check=False,
        )
    if seen.returncode != 0:
        return facts.Rendering(complaints.without_progress(seen.said), {})
    return facts.Rendering("", dict(_flat(json.loads(seen.stdout).get("services") or {})))


def has_overlay(stack: Stack) -> bool:
    """Whether the deployment has a production overlay."""
    try:
        one_off.files(stack, production=True)
    except errors.InapplicableError:
        return False
    return True


def _every_file(stack: Stack) -> list[str]:
    return one_off.files(stack, production=has_overlay(stack))


def _flat(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each value of nested mappings and lists, with the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, (*place, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, (*place, str(number)))
    else:
        yield place, "" if value is None else str(value)
