"""What upgrades left on this host: removed where it is nobody's any more, kept where a project can go back with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from agentchat_check import errors
from agentchat_check.procedures import durably
from agentchat_check.procedures.upgrade import history, journal
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.settings import Settings
from agentchat_check.stack import keeping, releases, sweep
from agentchat_check.stack.sweep import Left

if TYPE_CHECKING:
    from docker import DockerClient as Client

_IS_HERE = "it is on this engine, and its way back needs them"
_IS_NOTED = "it is gone from this engine, and noted still"


def removed(client: Client, settings: Settings) -> Iterator[Left]:
    """Remove what upgrades left of projects that are gone, and directories of releases that nobody runs from.

    Args:
        client: The engine.
        settings: Where our state is.

    Yields:
        What was removed, and what was kept and why.

    Raises:
        errors.CheckError: What was noted cannot be read, or the engine refuses.
    """
    known, kept = journal.projects(settings.state), keeping.projects(client)
    there = sweep.projects(client)  # after those: who comes meanwhile is not taken for gone
    noted = {}
    for project in known:
        past = history.of_installation(project, settings.state)
        left = _notes(client, past, settings.state, project, exists=project in there)
        noted[project] = past.every()
        yield left
    for project in sorted(kept & keeping.projects(client)):
        why = _IS_HERE if project in there else _IS_NOTED if noted.get(project) else ""
        if not why:
            keeping.forget(client, project)
        yield Left(f"the images that are kept for {project}", why)
    yield from sweep.images(client)
    needed = {path: f"{project} runs from it" for path, project in sweep.paths(client).items()}
    for project, every in noted.items():
        needed |= dict.fromkeys(_paths(every), f"it is noted as a release of {project}")
    yield from _releases(settings, {path.resolve(): why for path, why in needed.items()})


def _notes(client: Client, past: History, state: Path, project: str, *, exists: bool) -> Left:
    """What is noted of a project's releases, and copied of their files; kept while it may be needed."""
    what = f"what is noted of the releases of {project}"
    with ExitStack() as undo:
        try:
            notes = undo.enter_context(journal.of(state, project))
        except errors.StackError as error:
            return Left(what, error.actual)
        if exists and notes.read():
            return Left(what, "an upgrade or a rollback of it stands halfway")
        if exists:
            past.tidy(client, project)
        why = _needed(past, state, exists=exists)
        if not why:
            past.remove()
            notes.remove()
        return Left(what, why)


def _needed(past: History, state: Path, *, exists: bool) -> str:
    """Why what is noted of a project that stands nowhere halfway is still needed; "" where it is not."""
    every = past.every()
    if exists:
        return _IS_HERE if every else ""
    homes = [home for home in (Path(one.directory) for one in every) if home.is_dir()]
    own = next((home for home in homes if not home.resolve().is_relative_to(state.resolve())), None)
    return f"its files are still in {own}; if it is gone for good, remove {past.home}" if own else ""


def _releases(settings: Settings, needed: Mapping[Path, str]) -> Iterator[Left]:
    """The directories of former releases of the reference deployment."""
    for directory in releases.former(settings):
        place = directory.resolve()
        why = next((why for path, why in needed.items() if path.is_relative_to(place)), "")
        if not why:
            with durably.reported(f"remove {directory}", directory.parent):
                shutil.rmtree(directory)
        yield Left(str(directory), why)


def _paths(noted: Sequence[Recorded]) -> Iterator[Path]:
    """The files and directories that releases are brought up from."""
    for one in noted:
        yield Path(one.directory)
        for file in (*one.compose_files, *one.env_files, *one.mounts):
            yield Path(file.path)
