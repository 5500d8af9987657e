"""A stack's variables, given other values as an administrator gives them: in its env file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dotenv

from agentchat_check.stack import env_files
from agentchat_check.stack.running import Stack


def given(stack: Stack) -> dict[str, str]:
    """Every variable that a stack was given, with its value: the environment's wins over an env file's."""
    values: dict[str, str | None] = {}
    for file in stack.compose.env_file or ():
        text = io.StringIO(Path(file).read_text(encoding="utf-8-sig"))
        values |= dotenv.dotenv_values(stream=text, interpolate=False)
    # Between double quotes compose knows one escape more than the library; there a single quote drove the value.
    plain = {
        name: value.replace("\\$", "$") if "'" in value else value
        for name, value in values.items()
        if value is not None
    }
    return {**plain, **stack.compose.environment}


def put(stack: Stack, values: Mapping[str, str | None]) -> Stack:
    """Write values into a stack's env file, and leave them there; running containers keep what they have.

    Args:
        stack: A stack of ours; its files are a copy.
        values: Values by variable; None takes the variable out.

    Returns:
        The same stack, as its commands see it from now on.
    """
    stays = {name: value for name, value in stack.compose.environment.items() if name not in values}
    files = _files(stack)
    lines = re.compile(rf"(?m)^\s*(?:export\s+)?(?:{'|'.join(map(re.escape, values)) or '(?!)'})\s*=.*\n?")
    new = env_files.lines({name: value for name, value in values.items() if value is not None})
    for file in files:
        text = lines.sub("", file.read_text(encoding="utf-8-sig") if file.exists() else "")
        ended = text if not text or text.endswith("\n") else f"{text}\n"
        file.write_text(ended + (new if file is files[0] else ""))
    compose = replace(stack.compose, env_file=[str(file) for file in files], environment=stays)
    return replace(stack, compose=compose)


@contextmanager
def changed(stack: Stack, values: Mapping[str, str | None]) -> Iterator[Stack]:
    """The same stack, as its commands see it while its variables have other values; its files are put back.

    The values win over variables of the same names in our own environment, too. They stand in the files themselves and
    not in a copy, because a service may read the same file by its ``env_file``; so change one stack in one place at a
    time.
    """
    before = {file: file.read_bytes() if file.exists() else None for file in _files(stack)}
    other = put(stack, values)
    set_ = {name: value for name, value in values.items() if value is not None}
    try:
        yield replace(other, compose=replace(other.compose, environment={**other.compose.environment, **set_}))
    finally:
        for file, content in before.items():
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content)


def _files(stack: Stack) -> list[Path]:
    """The env files that hold its variables, the one that is written first; without one it is to be made."""
    return [_ours(stack, Path(file)) for file in stack.compose.env_file or ()] or [stack.directory / "docker.env"]


def _ours(stack: Stack, file: Path) -> Path:
    """An env file that may be written: the copy's own, or a copy of one that lies elsewhere."""
    if file.is_relative_to(stack.directory):
        return file
    copy = stack.directory / f"agentchat-check.{file.name}"
    if not copy.exists():
        copy.touch(mode=0o600)
        copy.write_text(file.read_text(encoding="utf-8-sig"))
    return copy
