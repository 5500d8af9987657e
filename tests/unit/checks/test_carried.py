"""What was there before is there after: definitions, rows of the release's own, places of data, settings."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import carried
from agentchat_check.facts import Hindrance, VariableFate
from agentchat_check.findings import Finding, Verdict
from makers import answer, outer

HOLDS, BROKEN, UNKNOWN = Verdict.HOLDS, Verdict.BROKEN, Verdict.UNKNOWN
PAIR = "ref-1 to ref-2"


def judged(found: Finding) -> tuple[Verdict, str]:
    """A finding's verdict and what was seen; a next step is named exactly where one is needed."""
    assert bool(found.next_step) == (found.verdict is not HOLDS)
    assert found.promise.endswith(f": {PAIR}")
    return found.verdict, found.actual


USER = facts.TableDefinition(
    "user",
    {"name": "varchar(20) NOT NULL", "shown": "varchar(64) DEFAULT NULL"},
    ("PRIMARY KEY (`name`)",),
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
)
FRESH = facts.SchemaDefinition("utf8mb4", "utf8mb4_0900_ai_ci", (USER,))
ROWS = (facts.SeedRecord("agent", "helper", "a1", owned=True), facts.SeedRecord("role", "user", "b1", owned=False))


def compared(migrated: Any, rows: tuple[facts.SeedRecord, ...] = ROWS) -> tuple[Verdict, str]:
    """What is said of a migrated database."""
    return judged(carried.same_as_fresh(migrated, FRESH, rows, ROWS, subject=PAIR))


def test_the_same_definitions_are_alike_whatever_the_order_of_columns() -> None:
    turned = replace(USER, columns=dict(reversed(list(USER.columns.items()))))
    assert compared(replace(FRESH, tables=(turned,))) == (HOLDS, "1 tables, 2 rows of the release's own, alike")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"columns": {"name": "varchar(20) NOT NULL"}}, "user.shown: varchar(64) DEFAULT NULL -> nothing"),
        (
            {"columns": {**USER.columns, "shown": "varchar(64) NOT NULL"}},
            "user.shown: varchar(64) DEFAULT NULL -> varchar(64) NOT NULL",
        ),
        ({"columns": {**USER.columns, "more": "int"}}, "user.more: nothing -> int"),
        ({"keys": ()}, "user: PRIMARY KEY (`name`) is gone"),
        ({"keys": (*USER.keys, "KEY `x` (`x`)")}, "user: KEY `x` (`x`) is new"),
        ({"options": "ENGINE=MyISAM"}, "user: ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 -> ENGINE=MyISAM"),
    ],
)
def test_what_a_migration_forgets_is_named(changes: dict[str, Any], line: str) -> None:
    migrated = replace(FRESH, tables=(replace(USER, **changes),))
    assert compared(migrated) == (BROKEN, f"fresh -> migrated: {line}")


def test_tables_and_the_databases_defaults_count() -> None:
    other = replace(USER, table="other")
    assert compared(facts.SchemaDefinition("latin1", "latin1_swedish_ci", (other,))) == (
        BROKEN,
        (
            "fresh -> migrated: the database: utf8mb4, utf8mb4_0900_ai_ci -> latin1, latin1_swedish_ci\n"
            "fresh -> migrated: other: the table is new\nfresh -> migrated: user: the table is gone"
        ),
    )


@pytest.mark.parametrize(
    ("rows", "actual"),
    [
        (ROWS[1:], "agent: 'helper' is there 0 times as it is fresh, should be 1"),
        ((*ROWS, ROWS[0]), "agent: 'helper' is there 2 times as it is fresh, should be 1"),
        (
            (replace(ROWS[0], digest="a2"), ROWS[1]),
            (
                "agent: 'helper' is there 0 times as it is fresh, should be 1\n"
                "agent: 'helper' is there 1 times as it is fresh, should be 0"
            ),
        ),
        (ROWS[:1], "role: 'user' is there 0 times as it is fresh, should be 1"),
    ],
)
def test_rows_of_the_release_that_are_not_as_fresh_ones_are_named(
    rows: tuple[facts.SeedRecord, ...], actual: str
) -> None:
    assert compared(FRESH, rows) == (BROKEN, actual)


def test_rows_without_an_owner_may_be_more() -> None:
    assert compared(FRESH, (*ROWS, replace(ROWS[1], label="guest", digest="b2")))[0] is HOLDS


def test_without_tables_nothing_is_compared() -> None:
    assert compared(replace(FRESH, tables=())) == (UNKNOWN, "0 in the migrated one, 1 in the fresh one")


HELPER, POET = facts.SeedRow("agent", "helper", "0"), facts.SeedRow("agent", "poet", "0")
MINE = facts.SeedRow("agent", "mine", "7")


@pytest.mark.parametrize(
    ("after", "verdict", "actual"),
    [
        ((HELPER, POET, MINE), HOLDS, "so it is"),
        ((HELPER, POET, POET, MINE), BROKEN, "agent 'poet': 1 wanted, 2 there"),
        ((HELPER, MINE), BROKEN, "agent 'poet': 1 wanted, 0 there"),
        ((HELPER, POET), BROKEN, "agent 'mine': 1 wanted, 0 there"),
    ],
)
def test_what_a_release_brings_is_there_once_and_what_users_made_stays(
    after: tuple[facts.SeedRow, ...], verdict: Verdict, actual: str
) -> None:
    found = carried.seeds_once((HELPER, MINE), after, (HELPER, POET), [answer()], subject=PAIR)
    assert judged(found) == (verdict, actual)


def test_what_a_release_does_not_bring_any_more_may_go_or_stay() -> None:
    for after in ((HELPER,), (HELPER, POET)):
        assert judged(carried.seeds_once((HELPER, POET), after, (HELPER,), [answer()], subject=PAIR))[0] is HOLDS


def test_what_could_not_be_listed_is_not_known() -> None:
    assert judged(carried.seeds_once((HELPER,), (), (HELPER,), [outer(503)], subject=PAIR)) == (
        UNKNOWN,
        "GET /api/v1/dialog/list: 503 in 0.02 s",
    )
    assert judged(carried.seeds_once((HELPER,), (HELPER,), (), [answer()], subject=PAIR)) == (
        UNKNOWN,
        "a first start of the new release lists none",
    )


PLACE = facts.DataPlace("database", "mysql", "/var/lib/mysql", "volume", "chat_mysql")
KEPT = facts.StorageChange("database", "/var/lib/mysql", "kept", PLACE, PLACE)
OTHER = replace(PLACE, source="chat_db")


@pytest.mark.parametrize(
    ("storage", "verdict", "actual"),
    [
        ((KEPT,), HOLDS, "1 places, each where it was"),
        (
            (KEPT, replace(KEPT, owner="etl", what="unused", after=None)),
            HOLDS,
            "1 places, each where it was\netl /var/lib/mysql: unused, volume chat_mysql -> nothing",
        ),
        (
            (replace(KEPT, what="moved", after=OTHER),),
            BROKEN,
            "database /var/lib/mysql: moved, volume chat_mysql -> volume chat_db",
        ),
        ((replace(KEPT, what="new", before=None),), UNKNOWN, "no service had any"),
    ],
)
def test_data_stay_where_they_are(storage: tuple[facts.StorageChange, ...], verdict: Verdict, actual: str) -> None:
    assert judged(carried.stays_in_its_volumes(storage, subject=PAIR)) == (verdict, actual)


def change(fate: VariableFate, **more: Any) -> facts.VariableChange:
    """What becomes of LIMIT."""
    return facts.VariableChange("LIMIT", fate, **more)


@pytest.mark.parametrize(
    ("changes", "obstacles", "verdict", "actual"),
    [
        ([change(VariableFate.KEPT)], [], HOLDS, "so it is"),
        ([change(VariableFate.RENAMED, former="SIZE")], [], HOLDS, "so it is\nLIMIT: renamed, was SIZE"),
        ([change(VariableFate.CONFLICT, words="gone")], [], BROKEN, "LIMIT: conflict; gone"),
        ([change(VariableFate.NEW, lacks_value=True)], [], BROKEN, "LIMIT: new; it needs a value"),
        ([], [facts.Obstacle(Hindrance.UNKNOWN_KEY, "LIMTI is set", "correct it")], BROKEN, "LIMTI is set"),
        ([], [facts.Obstacle(Hindrance.UNHEEDED, "nobody gets LIMIT", "pass it on")], BROKEN, "nobody gets LIMIT"),
        ([], [facts.Obstacle(Hindrance.DOWNGRADE, "older", "roll back")], HOLDS, "so it is"),
    ],
)
def test_what_was_set_is_carried_over(
    changes: list[facts.VariableChange], obstacles: list[facts.Obstacle], verdict: Verdict, actual: str
) -> None:
    assert judged(carried.configuration_carried(changes, obstacles, subject=PAIR)) == (verdict, actual)


def test_what_was_set_by_a_former_name_reaches_the_new_release() -> None:
    finding = carried.configuration_carried((), reaches={"MAX": ("21", "21")}, subject="a to b")
    assert (finding.verdict, finding.actual) == (HOLDS, "so it is")
    finding = carried.configuration_carried((), reaches={"MAX": ("21", "20"), "TZ": ("utc", "")}, subject="a to b")
    assert finding.verdict is BROKEN
    assert finding.actual.splitlines() == [
        "MAX: 21 was set, 20 reaches the new release",
        "TZ: utc was set, nothing reaches the new release",
    ]
