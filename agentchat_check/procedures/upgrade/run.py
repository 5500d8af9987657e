"""An upgrade: looked at first, backed up, brought in, tried; and undone where it does not work."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dotenv

from agentchat_check import errors, facts
from agentchat_check.audit import places
from agentchat_check.deployment import Deployment, Role
from agentchat_check.procedures.backup import journal as backup_journal
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.upgrade import described, history, journal, preflight, switching, writes
from agentchat_check.procedures.upgrade import rollback as rollbacks
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.journal import Entry, Phase
from agentchat_check.procedures.upgrade.merge import Merged
from agentchat_check.procedures.upgrade.outcome import RolledBack, Tell, Upgraded, Wishes, downtime
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.settings import Settings
from agentchat_check.stack import own_files, pinning, reference, succession
from agentchat_check.stack.running import Stack


def run(
    stack: Stack,
    target: Callable[[Deployment], Deployment],
    settings: Settings,
    wishes: Wishes,
    tell: Tell = lambda _: None,
) -> Upgraded | RolledBack:
    """Bring a stack to another release; run again, one that was cut short goes on, or is undone.

    Args:
        stack: What runs.
        target: The release that is to run; is given the one that does.
        settings: Where images come from, how long a start may take, and where our state is.
        wishes: How it is to be done.
        tell: Is told each step as it begins.

    Returns:
        What became of it: where the release does not come up or a call does not work, the former one runs again.

    Raises:
        errors.HalfwayError: It stands halfway; running it again goes on.
        errors.CheckError: It was refused, and nothing was touched.
    """
    began = facts.Moment.now()
    preflight.require_account(stack, wishes.account)
    with journal.of(settings.state, stack.project) as notes:
        releases, gate = history.of(stack, settings.state), Gate(wishes.account)
        entry, plan = notes.read(), None
        if entry is None:
            sick = frozenset(one.name for one in stack.services() if one.health == "unhealthy")
            stack = replace(stack, unhealthy=sick)
            before, after, plan = _prepared(stack, target, releases, gate, settings, wishes, tell)
            at = facts.Moment.now().utc.isoformat()
            entry = notes.write(Entry(Phase.SWITCHING, before.number, after.number, began=at, users=gate.users))
        back = rollbacks.Return(stack, releases, notes, gate, settings, wishes, tell, began)
        if entry.phase is Phase.ROLLING_BACK:
            return back.finished(entry)
        before, after = releases.read(entry.before), releases.read(entry.after)
        _require_the_same(stack, target, after, settings)
        try:
            now = releases.stack(stack, after)
            tell(f"switching to {after.name}")
            switching.bring_up(now, after, timeout=settings.up_timeout, tell=tell)
            findings = switching.tried(now, after, gate, tell=tell)
        except errors.CheckError as error:
            return back.finished(notes.write(replace(entry, phase=Phase.ROLLING_BACK, why=str(error))))
        releases.write(replace(after, our_users=gate.users, our_files=gate.files))
        releases.settle(current=after.number, former=before.number)
        notes.end()
        releases.tidy(now.client, now.project)
        tell("done")
        return Upgraded(
            before=before.name,
            after=after.name,
            archive=Path(after.archive) if after.archive else None,
            findings=findings,
            plan=plan,
            seconds=began.until(facts.Moment.now()),
            downtime=downtime(
                stack.timeline.events(), now.service_name(Role.BACKEND), datetime.fromisoformat(entry.began)
            ),
        )


def _require_the_same(
    stack: Stack, target: Callable[[Deployment], Deployment], after: Recorded, settings: Settings
) -> None:
    """See that the release that is named is the one to which an upgrade stands halfway.

    Raises:
        errors.HalfwayError: It is another one.
    """
    named = target(succession.deployment_of(stack, settings.roles)).name
    if named != after.name:
        raise errors.HalfwayError(
            f"upgrade {stack.project} to {named}",
            expected="no upgrade begun and not ended",
            actual=f"that to {after.name} was begun and not ended",
            next_step=f"finish it, with --to {after.name}; or undo it: agentchat-check upgrade rollback",
        )


def _prepared(
    stack: Stack,
    target: Callable[[Deployment], Deployment],
    releases: History,
    gate: Gate,
    settings: Settings,
    wishes: Wishes,
    tell: Tell,
) -> tuple[Recorded, Recorded, facts.Plan]:
    """The release that runs, the one that is to run, and what changes; all is ready, and nothing was touched."""
    tell("looking at what runs")
    preflight.require_services(stack)
    running = succession.deployment_of(stack, settings.roles)
    to = with_its_overlays(target(running), running, settings)
    tell("checking whether it may be upgraded")
    preflight.require_room(stack, wishes.into)
    own = _own(running, to, wishes)
    to = with_secrets(to, running, own)
    plan, merged = preflight.plan(stack, running, to, own)
    releases.tidy(stack.client, stack.project)
    before = releases.note_running(stack)
    preflight.require_working(stack, gate.findings(stack))
    gate.mark()
    tell("fetching the images")
    number = releases.next_number()
    to = with_env(to, merged, releases.directory(number))
    after = succession.successor(stack, to, settings, number=number, into=releases.directory(number))
    images = pinning.images_of(after)
    preflight.require_new(stack, to, releases, images)
    tell("copying what is there")
    with backup_journal.of(settings.state, stack.project) as notes:
        notes.require_ended(f"upgrade {stack.project}")
        takes.resume(stack, notes, tell)
        held = writes.look(stack)
        taken = takes.take(stack, wishes.into.absolute(), wishes.backup, tell, notes=notes)
    recorded = replace(releases.note(after, images, number), archive=str(taken.path))
    releases.write(recorded)
    releases.note_held(number, held)
    return before, recorded, plan


def with_its_overlays(target: Deployment, running: Deployment, settings: Settings) -> Deployment:
    """The release with every compose file that it has by the name of one that runs, unless the operator names them."""
    if settings.compose_files:
        return target
    names = (
        file.relative_to(running.directory) for file in running.compose_files if file.is_relative_to(running.directory)
    )
    has = {file.name for file in target.compose_files}
    there = [target.directory / name for name in names if name.name not in has and (target.directory / name).is_file()]
    return replace(target, compose_files=tuple(dict.fromkeys([*target.compose_files, *there])))


def _own(running: Deployment, target: Deployment, wishes: Wishes) -> str:
    """The administrator's env file: the one that was named, else a release's own that is filled in, else what runs."""
    if wishes.env_file:
        return places.text_of(wishes.env_file)
    filled = target.env_file and not target.env_file.name.endswith(".example")
    return described.own(target if filled else running)


def with_secrets(target: Deployment, running: Deployment, own: str) -> Deployment:
    """The release with the secrets that the data know; the values in the administrator's env file win over ours."""
    given = dotenv.dotenv_values(stream=io.StringIO(own), interpolate=False)
    secrets = {name: running.variables[name] for name in reference.SECRETS if name in running.variables}
    variables = {name: value for name, value in {**target.variables, **secrets}.items() if not given.get(name)}
    return replace(target, variables=variables)


def with_env(target: Deployment, merged: Merged, into: Path) -> Deployment:
    """The release with the administrator's env file."""
    if target.env_file and places.text_of(target.env_file) == merged.text:
        return target
    return replace(target, env_file=own_files.write(into / "docker.env", merged.text))
