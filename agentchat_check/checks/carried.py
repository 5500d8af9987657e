"""Is everything that was there before there after it: definitions, rows, files, settings?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from agentchat_check import facts
from agentchat_check.facts import VariableFate
from agentchat_check.findings import Finding, Promise, few

SAME_AS_FRESH = Promise(
    "carried.same_as_fresh",
    "a migrated database is defined as a fresh one of the same release, and has its rows",
    "do not use this release on old data: its migrations forget what is named above",
)
SEEDS_ONCE = Promise(
    "carried.seeds_once",
    "the release's agents, tools and models are there once each, and none of before is lost",
    "remove the rows that stand twice; let the release's migration add only what is not there",
)
STAYS_IN_ITS_VOLUMES = Promise(
    "carried.stays_in_its_volumes",
    "data stay where they are: no service starts empty",
    "do not write anything: stop the new release, and let its compose file name the volumes of before",
)
CONFIGURATION_CARRIED = Promise(
    "carried.configuration_carried",
    "what the administrator set is still set, and reaches the new release",
    "compare the env file with the new example: `agentchat-check upgrade plan`",
)


def same_as_fresh(
    migrated: facts.SchemaDefinition,
    fresh: facts.SchemaDefinition,
    migrated_rows: Sequence[facts.SeedRecord] = (),
    fresh_rows: Sequence[facts.SeedRecord] = (),
    *,
    subject: str,
) -> Finding:
    """Columns, types, defaults, indexes, keys and character sets are alike, and the release's own rows are there.

    Args:
        migrated: The database that an older release made, and the newer one migrated.
        fresh: The database of a first start of the newer one.
        migrated_rows: Rows of the former that no user made.
        fresh_rows: Rows of the latter.
        subject: The releases.
    """
    promise = SAME_AS_FRESH.about(subject)
    expected = f"{len(fresh.tables)} tables, {len(fresh_rows)} rows of the release's own"
    if not (fresh.tables and migrated.tables):
        return promise.unknown(
            expected="tables in both",
            actual=f"{len(migrated.tables)} in the migrated one, {len(fresh.tables)} in the fresh one",
            next_step="see which database the application uses",
        )
    wrong = [f"fresh -> migrated: {line}" for line in fresh.changes(migrated)]
    wrong += _rows_amiss(Counter(migrated_rows), Counter(fresh_rows))
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or f"{expected}, alike")


def seeds_once(
    before: Sequence[facts.SeedRow],
    after: Sequence[facts.SeedRow],
    fresh: Sequence[facts.SeedRow],
    answers: Sequence[facts.HttpAnswer],
    *,
    subject: str,
) -> Finding:
    """What a fresh installation lists is listed as often here, and what was listed before still is.

    Args:
        before: What was listed before.
        after: What is listed now.
        fresh: What a first start of the new release lists; what it has no more may be gone.
        answers: The requests that listed them.
        subject: The releases.
    """
    promise = SEEDS_ONCE.about(subject)
    was, is_, wanted = Counter(before), Counter(after), Counter(fresh)
    expected = f"the {wanted.total()} agents, tools and models of the new release, and {was.total()} of before"
    if failed := [str(answer) for answer in answers if not answer.ok]:
        return promise.unknown(expected=expected, actual=few(failed), next_step="read the backend's log at that time")
    if not wanted:
        return promise.unknown(
            expected="agents, tools and models",
            actual="a first start of the new release lists none",
            next_step="read the backend's log of its first start",
        )
    wrong = [
        f"{row.kind} {row.name!r}: {wanted[row] or was[row]} wanted, {is_[row]} there"
        for row in {**was, **wanted}
        if is_[row] != max(was[row], wanted[row]) and not (row not in wanted and is_[row] == 0 and row.owner in _SYSTEM)
    ]
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or "so it is")


def stays_in_its_volumes(storage: Sequence[facts.StorageChange], *, subject: str) -> Finding:
    """Every place where data lie is looked for where it is.

    Args:
        storage: What becomes of each place: as planned, or as the engine has it before and after.
        subject: The releases.
    """
    promise = STAYS_IN_ITS_VOLUMES.about(subject)
    places = [change for change in storage if change.before]
    if not places:
        return promise.unknown(
            expected="places with data",
            actual="no service had any",
            next_step="see where the database keeps its data: docker inspect",
        )
    moved = [str(change) for change in places if change.what == "moved"]
    unused = [str(change) for change in places if change.what == "unused"]
    fine = "\n".join([f"{len(places) - len(unused)} places, each where it was", *unused])
    return promise.judge(not moved, expected=f"{len(places)} places, each where it was", actual=few(moved) or fine)


def configuration_carried(
    changes: Sequence[facts.VariableChange],
    obstacles: Sequence[facts.Obstacle] = (),
    *,
    reaches: Mapping[str, tuple[str, str]] | None = None,
    subject: str,
) -> Finding:
    """No variable that was set is dropped, unknown, or no longer heeded, and none that is needed has no value.

    Args:
        changes: What becomes of each variable of the env file.
        obstacles: What stands in the upgrade's way; those of other kinds are not looked at.
        reaches: What was set, and what a service of the new release has of it, by variable.
        subject: The releases.
    """
    ours = {facts.Hindrance.UNKNOWN_KEY, facts.Hindrance.UNHEEDED}
    wrong = [str(change) for change in changes if change.fate is VariableFate.CONFLICT or change.lacks_value]
    wrong += [obstacle.what for obstacle in obstacles if obstacle.kind in ours]
    wrong += [
        f"{name}: {value} was set, {told or 'nothing'} reaches the new release"
        for name, (value, told) in (reaches or {}).items()
        if told != value
    ]
    moved = [str(change) for change in changes if change.fate is VariableFate.RENAMED]
    return CONFIGURATION_CARRIED.about(subject).judge(
        not wrong,
        expected="every variable that is set, by its new name where it has one",
        actual=few(wrong) or "\n".join(["so it is", *moved]),
    )


_SYSTEM = {"0", ""}


def _rows_amiss(migrated: Counter[facts.SeedRecord], fresh: Counter[facts.SeedRecord]) -> Iterator[str]:
    for row in {**fresh, **migrated}:
        extra = migrated[row] > fresh[row] and row.owned
        if migrated[row] < fresh[row] or extra:
            yield f"{row.table}: {row.label!r} is there {migrated[row]} times as it is fresh, should be {fresh[row]}"
