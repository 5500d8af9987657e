"""What a failure is understood from, saved before the stack is gone, with every secret taken out."""

from __future__ import annotations

import contextlib
import io
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dotenv
import yaml

from agentchat_check import errors, progress
from agentchat_check.findings import shown
from agentchat_check.stack import timeline
from agentchat_check.stack.running import Stack

LOG_LINES = 500
REDACTED = "[redacted]"

_SECRET_NAME = re.compile(r"PASS|SECRET|KEY|TOKEN|CREDENTIAL|AUTH", re.IGNORECASE)
_ORDINARY = re.compile(r"true|false|none|null|/[\w./-]*", re.IGNORECASE)
"""Values that a setting with a telling name may have without being a secret: switches and paths of secret files."""

_SHORTEST = 4
"""Characters; a shorter value would blacken half of every file, and is no secret."""


def collect(stack: Stack, directory: Path, *, more_secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Save what the stack looks like now.

    Args:
        stack: What to look at; what cannot be looked at any more, or not be saved, is left out, and said so.
        directory: Where to; made if need be.
        more_secrets: Values to take out besides those of the stack's own configuration.

    Returns:
        The paths of the files, in the order in which they are worth reading.
    """
    hidden = sorted({*secrets(stack), *more_secrets}, key=len, reverse=True)
    sources: dict[str, Callable[[], str]] = {
        "ps.txt": lambda: "".join(f"{service}\n" for service in stack.services()),
        "timeline.txt": lambda: timeline.as_text(stack.timeline.events()),
        "health.json": lambda: _json({name: _health(attrs) for name, attrs in stack.inspect().items()}),
        "inspect.json": lambda: _json(stack.inspect()),
        "config.yml": lambda: yaml.safe_dump(stack.compose.rendered(), sort_keys=False),
    }
    with contextlib.suppress(errors.CheckError):
        for service in stack.services():
            sources[f"{service.name}.log"] = partial(stack.logs, service.name, tail=LOG_LINES)
    paths = []
    for name, source in sources.items():
        try:
            text = source()
        except errors.CheckError as error:
            text = f"could not be looked at:\n{error}\n"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(redacted(text, hidden), errors="replace")
        except OSError as error:
            progress.announce(f"evidence that could not be saved: {error}")
        else:
            paths.append(shown(directory / name))
    return tuple(paths)


def secrets(stack: Stack) -> set[str]:
    """Every secret value in the stack's configuration, by the names of its settings and inside its URLs.

    Settings are what its containers were given, and what compose was: a password may stand in a command alone.
    """
    found = secret_values(stack.compose.environment)
    for file in stack.compose.env_file or ():
        with contextlib.suppress(OSError):
            values = dotenv.dotenv_values(stream=io.StringIO(Path(file).read_text(errors="replace")))
            found |= secret_values({name: value for name, value in values.items() if value})
    with contextlib.suppress(errors.CheckError):
        for attrs in stack.inspect().values():
            pairs = (pair.partition("=") for pair in attrs["Config"]["Env"] or [])
            found |= secret_values({name: value for name, _, value in pairs})
    return found


def secret_values(settings: Mapping[str, str]) -> set[str]:
    """The secrets among settings: values of telling names, and passwords inside URLs, in every form they take."""
    plain = {value for name, value in settings.items() if _SECRET_NAME.search(name)}
    for value in settings.values():
        with contextlib.suppress(ValueError):
            plain |= {urllib.parse.urlsplit(value).password or ""} if "://" in value else set()
    plain = {value for value in plain if _tells(value)}
    quoted = {urllib.parse.quote(value, safe="") for value in plain}
    every = plain | quoted | {urllib.parse.unquote(value) for value in plain}
    every |= {json.dumps(value)[1:-1] for value in every}
    return {value for value in every if _tells(value)}


def _tells(value: str) -> bool:
    """Whether a value would give something away."""
    return len(value) >= _SHORTEST and not _ORDINARY.fullmatch(value)


def redacted(text: str, hidden: Iterable[str]) -> str:
    """A text without these values; longer ones first, so that none is left half."""
    for value in hidden:
        text = text.replace(value, REDACTED)
    return text


def _health(attrs: Mapping[str, Any]) -> Any:
    return attrs["State"].get("Health", "no health check")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
