"""Whether a stack may go to another release: looked at before anything is touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment, Role
from agentchat_check.findings import Finding, Verdict
from agentchat_check.probes import administration, database, definitions
from agentchat_check.probes.api import Account
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.upgrade import data_places, described, planning
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.merge import Merged, merge
from agentchat_check.procedures.upgrade.planning import Described
from agentchat_check.settings import PREFIX
from agentchat_check.stack import content, prepared, workspace
from agentchat_check.stack.running import Stack

_PACKED = 0.25
"""The least share of the database that its backup takes; one that needs more fails before anything is touched."""


def require_account(stack: Stack, account: Account | None) -> None:
    """See that somebody can try every call: on an installation, an account that was made for checks.

    Raises:
        errors.CheckError: No account was named.
    """
    if stack.live and account is None:
        raise errors.CheckError(
            f"upgrade {stack.project}",
            expected="an account that was made for checks, to try every call with afterwards",
            actual="none was named",
            next_step=f"register a user there, and name it: {PREFIX}PASSWORD=… agentchat-check upgrade … --user NAME",
        )


def require_working(stack: Stack, findings: Sequence[Finding]) -> None:
    """See that what runs works: of a release that comes after it nobody could tell what it broke.

    Raises:
        errors.StackError: It does not.
    """
    if broken := [finding for finding in findings if finding.verdict is not Verdict.HOLDS]:
        raise errors.StackError(
            f"upgrade {stack.project}",
            expected="a release that works before anything is changed",
            actual="\n".join(map(str, broken)),
            next_step="mend that first; `pytest suites/smoke --attach` looks closer",
        )


def require_room(stack: Stack, into: Path) -> None:
    """See that there is room for a backup.

    Raises:
        errors.HostError: There is not.
    """
    place = next(path for path in (into.absolute(), *into.absolute().parents) if path.is_dir())
    free, needed = shutil.disk_usage(place).free, _size(stack) * _PACKED
    if free < needed:
        raise errors.HostError(
            f"back up {stack.project} before its upgrade",
            expected=f"room for {needed / 1e6:.0f} MB in {into}",
            actual=f"{free / 1e6:.0f} MB are free there",
            next_step="make room, or name another directory: --into DIR",
        )


def require_new(stack: Stack, target: Deployment, releases: History, images: Sequence[facts.Image]) -> None:
    """See that a release is not the one that this project came from.

    Raises:
        errors.DeploymentError: It is.
    """
    former, current = releases.former(), releases.current()
    if former and current and _same(former.images, images) and not _same(current.images, images):
        raise errors.DeploymentError(
            f"upgrade {stack.project} to {target.name}",
            expected="a release that it has not come from",
            actual=f"these are the images of {former.name}, which {current.name} took the place of",
            next_step=f"this is a way back: agentchat-check upgrade rollback --attach {stack.project}",
        )


def plan(stack: Stack, running: Deployment, target: Deployment, own: str) -> tuple[facts.Plan, Merged]:
    """What the upgrade will change, with nothing in its way.

    Args:
        stack: What runs.
        running: The deployment that it was brought up from.
        target: The one that is to run.
        own: The administrator's env file.

    Returns:
        The plan, and the env file of the release that is to run.

    Raises:
        errors.DeploymentError: Something stands in the way; the error lists all of it.
    """
    before = described.read(running, own, project=stack.project, image_id=lambda name: _id(stack, name))
    merged = merge(before.example, own, described.example(target))
    after = described.read(target, merged.text, project=stack.project, image_id=lambda name: _id(stack, name))
    before = replace(
        before,
        release=replace(
            before.release,
            images=tuple(_as_it_runs(before, stack)),
            revision=_revision(stack) or before.release.revision,  # after a rollback the schema may be a later one
        ),
        places=tuple(_places(stack)),
        directory=running.directory if stack.live else workspace.first(stack.project),
    )
    planned = planning.plan(before, after, own)
    if planned.obstacles:
        raise errors.DeploymentError(
            f"upgrade {stack.project} from {before.release.name} to {after.release.name}",
            expected="nothing in the way",
            actual="\n".join(obstacle.what for obstacle in planned.obstacles),
            next_step="\n".join(dict.fromkeys(obstacle.next_step for obstacle in planned.obstacles)),
        )
    return planned, planning.merged_env(before, after, own)


def _as_it_runs(before: Described, stack: Stack) -> Iterator[facts.Image]:
    """The images of the release that runs: what was built is known by its recipe, anything else by what runs."""
    runs = {one.name: one.image_id for one in stack.services()}
    for image in before.release.images:
        built, known = "build" in before.configuration.services[image.service], runs.get(image.service, image.id)
        same = built or (image.id and prepared.is_made_of(stack.client, known, image.name))
        yield image if same else replace(image, id=known)


def _places(stack: Stack) -> Iterator[facts.DataPlace]:
    """Where data lie; in a directory of an installation it is looked whether there are any."""
    for place in data_places.found(stack):
        directory = Path(place.source)
        looks = stack.live and place.kind == "bind" and directory.is_dir()
        yield replace(place, filled=any(directory.iterdir())) if looks else place


def require_services(stack: Stack) -> None:
    """See that everything runs that is needed to copy and to ask.

    Raises:
        errors.StackError: One does not.
    """
    takes.require_running(stack, Role.DATABASE, Role.CACHE, Role.BACKEND)


def _same(images: Sequence[facts.Image], others: Sequence[facts.Image]) -> bool:
    return {(one.service, one.id) for one in images} == {(one.service, one.id) for one in others}


def _id(stack: Stack, image: str) -> str:
    """The id of an image; "" of one that is not here."""
    return str(stack.client.images.get(image).id) if content.is_here(stack.client, image) else ""


def _revision(stack: Stack) -> str:
    """The revision that the schema is at; "" where nothing counts them."""
    with administration.connected(stack, "read the schema's revision") as connection, connection.cursor() as cursor:
        return definitions.revision(cursor, database.credentials(stack).database)


def _size(stack: Stack) -> int:
    """Bytes of the database's rows, as the server estimates them."""
    with administration.connected(stack, "measure the database") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(DATA_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s",
            (database.credentials(stack).database,),
        )
        ((size,),) = cursor.fetchall()
    return int(size)
