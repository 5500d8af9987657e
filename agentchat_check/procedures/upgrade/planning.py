"""What an upgrade would change, and what stands in its way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from agentchat_check import facts
from agentchat_check.deployment import Configuration, Role
from agentchat_check.facts import Hindrance, Obstacle, VariableFate
from agentchat_check.procedures.upgrade import data_places, direction, example, services
from agentchat_check.procedures.upgrade.merge import Merged, merge

_NEEDED = (Role.DATABASE, Role.CACHE, Role.BACKEND, Role.FRONTEND)
_OF_COMPOSE = re.compile(r"(?i)(COMPOSE|DOCKER|BUILDKIT|BUILDX)_\w+|(https?|no|all|ftp)_proxy")
"""Variables that compose and the engine read themselves."""

_NO_NEWS = {VariableFate.KEPT, VariableFate.OWN, VariableFate.REMOVED}
"""What becomes of variables where two releases have the same example."""


@dataclass(frozen=True, slots=True)
class Described:
    """A release, as far as its files and what runs of it tell.

    Attributes:
        release: Its name, images and migrations.
        configuration: Its compose files, as compose reads them.
        places: Where its services keep data; of one that runs as the engine says it.
        directory: Where its compose files are; None where they are not at hand.
        example: The text of its example of an env file; "" where it has none.
        uses: The variables that its compose files take from the env file.
        required: Those without which they refuse to go on.
        schema: How it defines its database; None where that is not known.
    """

    release: facts.Release
    configuration: Configuration
    places: tuple[facts.DataPlace, ...] = ()
    directory: Path | None = None
    example: str = ""
    uses: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    schema: facts.SchemaDefinition | None = None

    def hears(self, variable: str) -> bool:
        """Whether the value that the env file gives a variable means anything to it."""
        return variable in self.uses

    def knows(self, variable: str) -> bool:
        """Whether it has a variable at all, be it with a value that the compose files give it."""
        environments = (self.configuration.environment(service) for service in self.configuration.services)
        return self.hears(variable) or any(variable in environment for environment in environments)


def plan(before: Described, after: Described, own: str) -> facts.Plan:
    """Say what changes from one release to another.

    Args:
        before: The release that runs.
        after: The release that is to run, its places named as the project that runs would name them.
        own: The administrator's env file.

    Raises:
        errors.DeploymentError: An env file or an example cannot be read; the error says which line.
    """
    pairs = services.pairs(before.configuration, after.configuration)
    both = (before.configuration, after.configuration)
    changed = tuple(services.change(pair, *both, before.release, after.release) for pair in pairs)
    directories = (before.directory, after.directory)
    storage = data_places.changes(before.places, after.places, pairs, directories)
    ports = tuple(line for pair in pairs for line in services.ports(pair, *both))
    merged = merged_env(before, after, own)
    known = before.schema is not None and after.schema is not None
    schema = before.schema.changes(after.schema) if before.schema and after.schema else ()
    moves = bool(ports or schema) or any(
        [
            *(change.what != "same" or change.image != "same" for change in changed),
            *(change.what != "kept" for change in storage),
            *(change.fate not in _NO_NEWS for change in merged.changes),
        ]
    )
    return facts.Plan(
        before=before.release,
        after=after.release,
        services=changed,
        storage=storage,
        ports=ports,
        variables=merged.changes,
        schema=schema if known else None,
        project=_project(*both),
        obstacles=(
            *_wrong_way(before, after, moves=moves),
            *_lost_roles(*both),
            *_moved_data(storage),
            *_variables(merged, example.names(own), before, after),
        ),
    )


def merged_env(before: Described, after: Described, own: str) -> Merged:
    """The administrator's env file, as the next release is to have it.

    Raises:
        errors.DeploymentError: An env file or an example cannot be read; the error says which line.
    """
    return merge(before.example, own, after.example, required=after.required)


def as_dict(planned: facts.Plan) -> dict[str, Any]:
    """A plan for JSON."""
    plain: dict[str, Any] = TypeAdapter(facts.Plan).dump_python(planned, mode="json")
    return plain


def _project(before: Configuration, after: Configuration) -> str:
    if before.project == after.project:
        return ""
    return (
        f"the new files name the project {after.project}; run them as {before.project} "
        f"(docker compose --project-name {before.project}), or every volume would be another one"
    )


def _wrong_way(before: Described, after: Described, *, moves: bool) -> Iterator[Obstacle]:
    database = after.configuration.roles.get(Role.DATABASE, "")
    if wrong := direction.hindrance(before.release, after.release, database):
        yield wrong
    elif not moves:
        what = f"nothing changes from {before.release.name} to {after.release.name}"
        yield Obstacle(Hindrance.SAME_RELEASE, what, "name another release: --to")


def _lost_roles(before: Configuration, after: Configuration) -> Iterator[Obstacle]:
    for role in _NEEDED:
        if role in before.roles and role not in after.roles:
            what = f"no service of the new release plays the {role}, as {before.roles[role]} does"
            yield Obstacle(Hindrance.LOST_ROLE, what, f"say which does: [roles] {role} in agentchat-check.toml")


def _moved_data(storage: Sequence[facts.StorageChange]) -> Iterator[Obstacle]:
    for change in storage:
        if change.what == "moved":
            what = f"{change.owner} would start empty: {change}"
            yield Obstacle(Hindrance.MOVED_DATA, what, data_places.next_step(change))


def _variables(merged: Merged, own: Sequence[str], before: Described, after: Described) -> Iterator[Obstacle]:
    renamed = {change.former: change.name for change in merged.changes if change.former}
    told = {change.name: change for change in merged.changes}
    for change in merged.changes:
        if change.lacks_value:
            step = f"set {change.name} in the env file"
            yield Obstacle(Hindrance.MISSING_VALUE, f"{change.name} is required and has no value", step)
        if change.fate is VariableFate.CONFLICT:
            yield Obstacle(Hindrance.CONFLICT, str(change), f"decide about {change.name} in the env file")
        if change.fate is VariableFate.OWN and not (
            before.knows(change.name) or after.knows(change.name) or _OF_COMPOSE.fullmatch(change.name)
        ):
            what = f"{change.name} is set, and neither release knows it"
            yield Obstacle(Hindrance.UNKNOWN_KEY, what, f"correct its name, or take {change.name} out")
    dropped = {VariableFate.CONFLICT, VariableFate.GONE}
    for name in own:
        now = renamed.get(name, name)
        kept = name not in told or told[name].fate not in dropped
        if kept and before.hears(name) and not after.hears(now):
            what = f"{now} is set, and no service of the new release gets it"
            yield Obstacle(Hindrance.UNHEEDED, what, f"pass {now} on in the new compose file, or take it out")
