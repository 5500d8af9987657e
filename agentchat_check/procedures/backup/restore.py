"""Restoring a backup: verified first, proven last, and everything as it was where that fails."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.archive.reading import Archive, Progress, open_archive
from agentchat_check.archive.sealing import Identity
from agentchat_check.deployment import Role
from agentchat_check.findings import Finding, Verdict
from agentchat_check.procedures.backup import cache, files, journal, methods, preflight, proof
from agentchat_check.procedures.backup.journal import Entry, Journal
from agentchat_check.procedures.backup.method import Restoration
from agentchat_check.procedures.backup.take import (
    PATIENCE,
    Tell,
    Wishes,
    require_running,
    resume,
    running,
    start,
    stop,
    take,
)
from agentchat_check.stack.running import Stack

_KEEPERS = {Role.DATABASE, Role.CACHE}

_TOUCHES = "stopping the application"
"""The first step that changes anything."""


@dataclass(frozen=True, slots=True)
class Safety:
    """The copy of what is there that is taken before it is replaced.

    Attributes:
        into: The directory of the archives.
        wishes: How it is taken.
    """

    into: Path
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that was done and proven.

    Attributes:
        findings: The proof: each promise, judged.
        safety_copy: The archive of what was there before; None where nothing was.
        seconds: From the first service's stop until the application was there again.
    """

    findings: tuple[Finding, ...]
    safety_copy: Path | None
    seconds: float


def restore(
    stack: Stack,
    archive: Archive,
    *,
    replace: Safety | None,
    state: Path,
    tell: Tell = lambda _: None,
    on_progress: Progress | None = None,
) -> Restored:
    """Put everything that an archive holds in the place of what a stack holds.

    Args:
        stack: The stack; its database and its cache run.
        archive: The archive, opened with its key.
        replace: How what is there is copied before it is replaced; None refuses where somebody's data are.
        state: The directory of our own state, for the journal.
        tell: Is told each step as it begins.
        on_progress: Is told how far the archive is verified.

    Returns:
        The proof.

    Raises:
        errors.ArchiveError: The archive is damaged; nothing was touched.
        errors.StackError: The stack cannot take it, and nothing was touched; or it failed halfway, and everything is as
            it was.
    """
    with journal.of(state, stack.project) as notes:
        tell("verifying the archive")
        archive.verify(on_progress)
        digest = hashlib.sha256(archive.manifest.written()).hexdigest()
        unfinished = _finishing(notes, archive, digest)
        if unfinished:
            tell("putting back what a restore that was killed had begun to replace")
            methods.of(stack, archive.manifest.method).recover(archive)
            _undo(stack, archive, _restoration(stack, archive), unfinished.cache_directory)
        resume(stack, notes, tell)
        require_running(stack, *_KEEPERS)
        preflight.check(stack, archive, may_replace=replace is not None or unfinished is not None)
        database = _restoration(stack, archive)
        copy = Path(unfinished.safety_copy) if unfinished and unfinished.safety_copy else None
        if copy is None and replace and preflight.is_in_use(stack):
            tell("copying what is there now")
            copy = take(stack, replace.into, replace.wishes, tell).path
        others = unfinished.services if unfinished else running(stack)
        kept = cache.asked_persistence(stack) if archive.manifest.cache else None
        entry = Entry(str(archive.path), digest, others, str(copy or ""), kept.directory if kept else "")
        notes.write(entry)
        began = facts.Moment.now()
        findings = _replace(stack, archive, database, kept, notes, entry, tell)
        return Restored(findings, copy, began.until(facts.Moment.now()))


def refusal(
    stack: Stack,
    archive: Path | Archive,
    *,
    state: Path,
    identity: Identity | None = None,
    replace: Safety | None = None,
) -> str:
    """Try to restore, and say why it was refused; "" where it was not, or only after something was stopped.

    Args:
        stack: The stack.
        archive: The archive, or its directory.
        state: The directory of our own state.
        identity: What opens it.
        replace: As ``restore`` takes it; without it a stack with users refuses whatever the archive is.
    """
    steps: list[str] = []
    try:
        opened = archive if isinstance(archive, Archive) else open_archive(archive, identity)
        restore(stack, opened, replace=replace, state=state, tell=steps.append)
    except errors.CheckError as error:
        return "" if _TOUCHES in steps else f"{error.tried}: {error.actual}"
    return ""


def _replace(
    stack: Stack,
    archive: Archive,
    database: Restoration,
    kept: cache.Persistence | None,
    notes: Journal,
    entry: Entry,
    tell: Tell,
) -> tuple[Finding, ...]:
    with ExitStack() as undo:
        undo.callback(_as_before, stack, archive, database, notes, entry, tell)
        tell("stopping the application")
        stop(stack, entry.services)
        tell("restoring the database")
        database.stage()
        database.swap()
        if kept:
            tell("restoring the cache")
            with _cache_stopped(stack):
                _put_cache_back(stack, archive, kept)
        for tree in archive.manifest.files:
            tell(f"restoring {tree.path} of {tree.service}")
            files.put_back(stack, archive.part, tree)
        tell("comparing everything with the archive")
        findings = proof.of(stack, archive)
        if wrong := [finding for finding in findings if finding.verdict is not Verdict.HOLDS]:
            raise errors.StackError(
                f"restore {archive.path}",
                expected="everything as the archive notes it",
                actual="\n".join(map(str, wrong)),
                next_step="what was there before is there again; restore into an empty installation, and compare",
            )
        tell("starting the application")
        start(stack, entry.services)
        undo.pop_all()
    tell("removing what was there before")
    database.confirm()
    if kept:
        cache.forget(stack, kept.directory)
    for tree in archive.manifest.files:
        files.forget(stack, tree)
    notes.end()
    return findings


def _as_before(stack: Stack, archive: Archive, database: Restoration, notes: Journal, entry: Entry, tell: Tell) -> None:
    """Put everything back, and let the application go on; where that fails the journal says so to the next restore."""
    tell("not done: putting back what was there before")
    stop(stack, entry.services)
    _undo(stack, archive, database, entry.cache_directory)
    if entry.services:
        stack.act("start", *entry.services, timeout=PATIENCE)
    notes.end()


def _undo(stack: Stack, archive: Archive, database: Restoration, cache_directory: str) -> None:
    """Put everything back; the cache need not answer, since it may be what it was given that it cannot load."""
    database.put_back()
    if cache_directory:
        with _cache_stopped(stack):
            cache.take_back(stack, cache_directory)
    for tree in archive.manifest.files:
        files.take_back(stack, tree)


def _restoration(stack: Stack, archive: Archive) -> Restoration:
    return methods.of(stack, archive.manifest.method).restoration(archive, archive.manifest.database)


@contextmanager
def _cache_stopped(stack: Stack) -> Iterator[None]:
    service = stack.service_name(Role.CACHE)
    stack.act("stop", service, timeout=PATIENCE)
    try:
        yield
    finally:
        stack.act("start", service, timeout=PATIENCE)
    cache.wait_until_loaded(stack)


def _put_cache_back(stack: Stack, archive: Archive, kept: cache.Persistence) -> None:
    size = next(part.raw_bytes for part in archive.manifest.parts if part.name == cache.DUMP)
    with archive.part(cache.DUMP) as dump:
        cache.put_back(stack, dump, size, kept)


def _finishing(notes: Journal, archive: Archive, digest: str) -> Entry | None:
    """The restore that this one finishes.

    Raises:
        errors.StackError: Another archive's was begun and not ended.
    """
    entry = notes.read()
    if entry and entry.digest != digest:
        notes.require_ended(f"restore {archive.path}")
    return entry
