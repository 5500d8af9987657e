"""The nginx in front of the application: whether it is one, and what it has loaded."""

from __future__ import annotations

import fnmatch
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import crossplane

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.probes import http
from agentchat_check.stack.running import Stack

_FILE = re.compile(r"^# configuration file (\S+):\n", re.MULTILINE)

_OWN = {"proxy_pass", "return", "try_files", "rewrite"}
"""Directives that a location does not inherit."""

Directive = Mapping[str, Any]


def required(base: str, stack: Stack | None) -> None:
    """See whether an nginx serves the page; for looks that only mean something where one does.

    Args:
        base: The page's address.
        stack: The stack, where there is one to look into.

    Raises:
        errors.InapplicableError: The frontend is something else.
        errors.StackError: It does not answer, and cannot be looked into.
    """
    answer = http.ask(http.session(base), "GET", f"{base}/")
    server = answer.headers.get("server", "")
    if server.lower().startswith(("nginx", "openresty")):
        return
    if stack is not None and stack.execute(stack.service_name(Role.FRONTEND), ["nginx", "-v"])[0] == 0:
        return
    if answer.error and stack is None:
        raise errors.StackError(
            "see what serves the page",
            expected="an answer",
            actual=str(answer),
            next_step="name the page's own address: --page-url",
        )
    raise errors.InapplicableError(
        "see what serves the page",
        expected="nginx",
        actual=f"the frontend is no nginx ({f'it calls itself {server}' if server else 'it does not say what it is'})",
        next_step="look at the deployment that people use: its page should be built, and served by nginx",
    )


def loaded(stack: Stack) -> facts.Location:
    """What the frontend's nginx is told to serve, as ``nginx -T`` reads it: its first server, and the locations in it.

    Raises:
        errors.StackError: It does not show it, or it cannot be read.
    """
    service = stack.service_name(Role.FRONTEND)
    _, dump = stack.execute(service, ["sh", "-c", "nginx -T 2>/dev/null"])  # its remarks would stand in the middle
    if not _FILE.search(dump):
        _, said = stack.execute(service, ["nginx", "-T"])
        raise errors.StackError(
            f"read what the nginx of {service} has loaded",
            expected="its configuration: nginx -T",
            actual=said.strip() or "nothing",
            next_step=f"docker compose --project-name {stack.project} exec {service} nginx -T",
        )
    return server(dump)


def server(dump: str) -> facts.Location:
    """The first server of a configuration, as ``nginx -T`` prints it.

    Raises:
        errors.StackError: It cannot be read, or there is no server in it.
    """
    parts = _FILE.split(dump)[1:]
    files = {path: _parsed(text) for path, text in zip(parts[::2], parts[1::2], strict=True)}
    main = next(iter(files))
    for block, settings in _blocks(_included(files[main], files, Path(main).parent), {}):
        if block["directive"] == "server":
            return facts.Location("", "", settings, _locations(block, settings))
    raise errors.StackError(
        "read what nginx has loaded",
        expected="a server",
        actual="there is none in its configuration",
        next_step="look at nginx.conf, and at what it includes",
    )


def size(text: str) -> int:
    """Bytes of a size as nginx writes it: ``20m``."""
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    return int(number) * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit]


def _parsed(text: str) -> list[Directive]:
    with tempfile.NamedTemporaryFile("w", prefix="agentchat-check-", suffix=".conf") as file:
        file.write(text)
        file.flush()
        # Where a directive may stand is nginx's to judge, which has loaded it.
        read = crossplane.parse(file.name, single=True, check_ctx=False, check_args=False)
    if read["errors"]:
        raise errors.StackError(
            "read what nginx has loaded",
            expected="a configuration",
            actual=str(read["errors"][0]["error"]).replace(file.name, "line ") or "crossplane cannot read it",
            next_step="this is a defect of agentchat-check: report it with this part of nginx.conf",
        )
    parsed: list[Directive] = read["config"][0]["parsed"]
    return parsed


def _included(block: Sequence[Directive], files: Mapping[str, list[Directive]], root: Path) -> list[Directive]:
    """A block with what it includes in the places where it includes it."""
    whole: list[Directive] = []
    for one in block:
        if one["directive"] == "include":
            pattern = str(root / one["args"][0])
            for name in sorted(fnmatch.filter(files, pattern)):
                whole += _included(files[name], files, root)
        else:
            inner = {"block": _included(one["block"], files, root)} if "block" in one else {}
            whole.append({**one, **inner})
    return whole


def _blocks(block: Sequence[Directive], inherited: Mapping[str, str]) -> Iterator[tuple[Directive, dict[str, str]]]:
    """Each block inside of a block, at any depth, with the settings in effect in it."""
    for one in block:
        if "block" in one:
            settings = _settings(one["block"], inherited)
            yield one, settings
            yield from _blocks(one["block"], settings)


def _settings(block: Sequence[Directive], inherited: Mapping[str, str]) -> dict[str, str]:
    passed_on = {name: value for name, value in inherited.items() if name not in _OWN}
    return {**passed_on, **{one["directive"]: " ".join(one["args"]) for one in block if "block" not in one}}


def _locations(block: Directive, settings: Mapping[str, str]) -> tuple[facts.Location, ...]:
    found = []
    for one in block["block"]:
        if one["directive"] == "location":
            own = _settings(one["block"], settings)
            modifier, path = one["args"] if len(one["args"]) > 1 else ("", one["args"][0])
            found.append(facts.Location(modifier, path, own, _locations(one, own)))
    return tuple(found)
