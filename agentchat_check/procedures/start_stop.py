"""What an administrator does with a deployment's scripts: fill the settings in, start it, stop it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.probes import scripts
from agentchat_check.procedures import guard
from agentchat_check.procedures.guard import Compose
from agentchat_check.stack import env_files, process
from agentchat_check.stack.running import Stack

SETTINGS = "docker.env"
EXAMPLE = "docker.env.example"

_CHANGES = "agentchat-check.changes.json"
"""A compose file of ours beside the others: what a test changes about the services."""


def without_settings(stack: Stack) -> Path:
    """Take the settings away, as in a deployment that was just unpacked.

    Returns:
        The example, of which the administrator makes the settings.

    Raises:
        errors.InapplicableError: The deployment comes without one.
    """
    example = stack.directory / EXAMPLE
    if not example.is_file():
        raise errors.InapplicableError(
            f"start {stack.name} without {SETTINGS}",
            expected=EXAMPLE,
            actual=f"this deployment has no {EXAMPLE}",
            next_step="nothing is to be done where the deployment needs no settings",
        )
    (stack.directory / SETTINGS).unlink(missing_ok=True)
    return example


def fill_in(stack: Stack) -> Path:
    """The settings as the administrator has them: their own, else the example with every secret filled in."""
    settings, example = stack.directory / SETTINGS, stack.directory / EXAMPLE
    if not settings.exists():
        settings.touch(mode=0o600)
        settings.write_text(
            env_files.filled(example.read_text() if example.is_file() else "", stack.compose.environment)
        )
    return settings


def unpacked(stack: Stack) -> Path:
    """The copy as it would be just unpacked, in a directory with spaces in its name.

    What a start has to make is not there yet. Under its old name the copy stays within reach.

    Returns:
        Where it is now.
    """
    for directory in _mounted(stack):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
    old = stack.directory
    new = old.parent / "Agent Chat" / old.name
    new.parent.mkdir()
    old.rename(new)
    old.symlink_to(new)
    return new


def unmade(stack: Stack) -> tuple[str, ...]:
    """Directories that services mount and that are not there, relative to the deployment's."""
    return tuple(_shown(stack, path) for path in _mounted(stack) if not path.exists())


def start(
    stack: Stack,
    *,
    timeout: float,
    offers: Compose = Compose.EITHER,
    directory: Path | None = None,
    elsewhere: bool = False,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> facts.ScriptRun:
    """Run the deployment's start.sh for a stack of ours.

    Args:
        stack: The stack.
        timeout: Seconds until it must have ended.
        offers: By which names the host offers compose.
        directory: Where the script is; the stack's own directory when not given.
        elsewhere: Run it from another directory than its own.
        changes: What is different about services, by service.

    Raises:
        errors.InapplicableError: The deployment has no such script.
        errors.StackError: The script reaches the engine by a way that we do not control.
    """
    path = scripts.find(directory or stack.directory, scripts.START)
    return _run(stack, path, given="", timeout=timeout, offers=offers, elsewhere=elsewhere, changes=changes)


def start_twice_at_once(stack: Stack, *, timeout: float) -> tuple[facts.ScriptRun, ...]:
    """Run start.sh twice at the same time, in the same directory."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return tuple(pool.map(lambda _: start(stack, timeout=timeout), range(2)))


def stop(stack: Stack, *, given: str, timeout: float, elsewhere: bool = False) -> facts.ScriptRun:
    """Run the deployment's stop.sh for a stack of ours.

    Args:
        stack: The stack.
        given: What the administrator types, with its line's end; "" ends the input.
        timeout: Seconds until it must have ended.
        elsewhere: Run it from another directory than its own.

    Raises:
        errors.InapplicableError: The deployment has no such script.
        errors.StackError: The script reaches the engine by a way that we do not control.
    """
    path = scripts.find(stack.directory, scripts.STOP)
    return _run(stack, path, given=given, timeout=timeout, elsewhere=elsewhere)


def _run(
    stack: Stack,
    path: Path,
    *,
    given: str,
    timeout: float,
    offers: Compose = Compose.EITHER,
    elsewhere: bool = False,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> facts.ScriptRun:
    script = scripts.script(path)
    if script.way_around:
        raise errors.StackError(
            f"run {path.name} of {stack.name} for a copy of it",
            expected="a script that finds docker on its PATH, so that it can be kept to the copy",
            actual=f"it says: {script.way_around}",
            next_step="have it say docker alone, or try it by hand in a test environment",
        )
    away = path.parent.parent / "elsewhere"
    away.mkdir(exist_ok=True)
    # Relative, as compose's own choice of files would be: a script that relies on where it runs must not find them.
    files = [_relative(Path(file), stack.directory) for file in stack.compose.compose_file_name or ()]
    if changes:
        (stack.directory / _CHANGES).write_text(json.dumps({"services": changes}))
        files.append(_CHANGES)
    seen = facts.Moment.now()
    with guard.standing(stack.project, files, offers=offers, directories=list(_mounted(stack))) as guarded:
        try:
            ended: int | None
            done = process.run(
                [str(path)] if script.executable and script.shebang else ["bash", str(path)],
                cwd=away if elsewhere else path.parent,
                environment=guarded.environment,
                given=given,
                timeout=timeout,
                check=False,
            )
            ended = done.returncode
        except process.CommandError as error:
            done, ended = error.completed, None
        where = "from another directory" if elsewhere else "from its own directory"
        return facts.ScriptRun(
            script=path.name,
            how=where if offers is Compose.EITHER else f"{where}, with {offers}",
            status=ended,
            printed=done.stdout,
            complained=done.stderr,
            held_back=guarded.held_back,
            not_made=tuple(_shown(stack, Path(directory)) for directory in guarded.not_made),
            seconds=seen.until(facts.Moment.now()),
            seen=seen,
        )


def _relative(file: Path, directory: Path) -> str:
    return str(file.relative_to(directory)) if file.is_relative_to(directory) else str(file)


def _mounted(stack: Stack) -> Iterator[Path]:
    """Directories of the copy that services mount; without its settings compose does not say which."""
    root = stack.directory.parent
    if not all(Path(file).exists() for file in stack.compose.env_file or ()):
        return
    for service in stack.compose.rendered()["services"].values():
        for volume in service.get("volumes") or ():
            source = Path(volume.get("source") or "")
            if volume.get("type") == "bind" and source.is_relative_to(root) and not source.is_file():
                yield source


def _shown(stack: Stack, path: Path) -> str:
    """A path as the deployment would say it."""
    return os.path.relpath(path, stack.directory)
