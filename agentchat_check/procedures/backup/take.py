"""Taking a backup: everything of one moment, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.archive import writing
from agentchat_check.archive.manifest import Contents
from agentchat_check.archive.places import archive_name
from agentchat_check.archive.sealing import Sealing
from agentchat_check.deployment import Role
from agentchat_check.procedures.backup import configuration, files, methods
from agentchat_check.procedures.backup.journal import Journal
from agentchat_check.procedures.backup.methods import MethodName
from agentchat_check.procedures.backup.saving import Saving
from agentchat_check.stack import priority
from agentchat_check.stack.running import Stack

PATIENCE = 300.0
"""Seconds that services may take to stop, or to come up again."""

Tell = Callable[[str], None]
"""Is told each step as it begins."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a backup is to be taken.

    Attributes:
        method: How the database is copied; see ``methods.METHODS``.
        cold: Whether the application is stopped meanwhile.
        sealing: For whom the archive is encrypted.
        secrets: Whether the deployment's secrets go in; only into an encrypted archive.
        gives_way: Whether others have the processors first, while the application runs. Who measures its users from
            this very process or session does not want it.
    """

    method: MethodName = "logical"
    cold: bool = False
    sealing: Sealing = field(default_factory=Sealing)
    secrets: bool = False
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was taken.

    Attributes:
        path: The archive.
        contents: What it says of itself.
        seconds: How long it took.
    """

    path: Path
    contents: Contents
    seconds: float


def take(
    stack: Stack, into: Path, wishes: Wishes, tell: Tell = lambda _: None, *, notes: Journal | None = None
) -> Taken:
    """Take a backup of a running stack.

    Args:
        stack: The stack; its database and its cache run.
        into: The directory of the archives.
        wishes: How.
        tell: Is told each step as it begins.
        notes: Where a cold backup notes what it stops, for ``resume``; without it nothing is noted.

    Raises:
        errors.CheckError: It cannot be taken; nothing is left behind.
    """
    began = facts.Moment.now()
    if wishes.secrets and not wishes.sealing.encrypts:
        raise errors.ArchiveError(
            "put the deployment's secrets into a backup",
            expected="an archive that is encrypted",
            actual="nobody is named who could read it",
            next_step="name a recipient or a passphrase, or leave the secrets out",
        )
    require_running(stack, Role.DATABASE, Role.CACHE)
    name = archive_name(stack.name, datetime.now(UTC))
    with (
        priority.giving_way() if wishes.gives_way and not wishes.cold else nullcontext(),
        writing.draft(into, name, wishes.sealing) as draft,
    ):
        tell("looking for data outside of every volume")
        omissions = files.omissions(stack)
        with _still(stack, wishes.method, notes, tell) if wishes.cold else nullcontext():
            contents = _copy(stack, draft, wishes, began, omissions, tell)
        tell("finishing the archive")
        path = draft.finish(contents)
    return Taken(path, contents, began.until(facts.Moment.now()))


def require_running(stack: Stack, *roles: Role) -> None:
    """See that the services of these roles run, where a deployment has them.

    Raises:
        errors.StackError: One does not.
    """
    for role in roles:
        if role in stack.roles and (service := stack.service(role)).state != "running":
            raise errors.StackError(
                f"copy what the {role} holds",
                expected=f"{service.name} running",
                actual=str(service),
                next_step=f"docker compose --project-name {stack.project} start {service.name}",
            )


def running(stack: Stack) -> list[str]:
    """The services that run and use what the database and the cache hold: all others."""
    keepers = {stack.roles.get(Role.DATABASE), stack.roles.get(Role.CACHE)}
    return [one.name for one in stack.services() if one.name not in keepers and one.state == "running"]


def stop(stack: Stack, services: Sequence[str]) -> None:
    """Stop these services; compose would take none for all."""
    if services:
        stack.act("stop", *services, timeout=PATIENCE)


def start(stack: Stack, services: Sequence[str]) -> None:
    """Start these services again, and wait until each is where it should be; whoever did not run before stays so."""
    if services:
        stack.act("start", *services, timeout=PATIENCE)
        stack.settle(timeout=PATIENCE, unhealthy_too=True, only=services)


def resume(stack: Stack, notes: Journal, tell: Tell) -> None:
    """Start what a cold backup that was killed has left stopped; whatever has been removed since stays so."""
    if stopped := notes.stopped():
        tell("starting what a backup that was killed had stopped")
        there = {service.name for service in stack.services()}
        start(stack, [service for service in stopped if service in there])
        notes.note_started()


def _copy(
    stack: Stack,
    draft: writing.Draft,
    wishes: Wishes,
    began: facts.Moment,
    omissions: tuple[facts.Omission, ...],
    tell: Tell,
) -> Contents:
    saving = Saving(stack) if Role.CACHE in stack.roles else None
    if saving:
        saving.make_ready()
    tell(f"copying the database ({wishes.method})")
    method = methods.of(stack, wishes.method, cold=wishes.cold)
    copied = method.take(draft, at_the_cut=saving.begin if saving else lambda: None)
    tell("copying the cache")
    held = saving.finish(draft.part) if saving else None
    tell("copying the files of volumes")
    trees = files.take(stack, draft.part, until=copied.cut.at)
    tell("copying the configuration")
    configuration.put(stack, draft.part, secrets=wishes.secrets)
    return Contents(
        taken_at=began.utc,
        deployment=stack.name,
        project=stack.project,
        method=wishes.method,
        hot=not wishes.cold,
        images=tuple(facts.Image(one.name, one.image, one.image_id) for one in stack.services()),
        cut=copied.cut,
        database=copied.database,
        cache=held,
        files=trees,
        omissions=omissions,
    )


@contextmanager
def _still(stack: Stack, method: MethodName, notes: Journal | None, tell: Tell) -> Iterator[None]:
    """The application is stopped, and goes on at the end; or at the next backup or restore, should we be killed."""
    others = running(stack)
    if notes:
        notes.note_stopped([*([stack.service_name(Role.DATABASE)] if method == "physical" else []), *others])
    tell("stopping the application")
    try:
        stop(stack, others)
        yield
    finally:
        tell("starting the application")
        start(stack, others)
        if notes:
            notes.note_started()
