"""A visit left no trace; whoever else was at work meanwhile is neither blamed nor taken for proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import durability
from agentchat_check.findings import Verdict
from makers import digests

BEFORE = digests(role=(2, "r"), user__7=(1, "u"), dialog__7=(1, "d"), history__8=(4, "h"))


def traces(**changes: tuple[int, str]) -> tuple[Verdict, str]:
    """What is said to user 7 when these groups have changed."""
    return traces_to("7", **changes)


def traces_to(user_id: str, /, **changes: tuple[int, str]) -> tuple[Verdict, str]:
    """What is said when these groups have changed."""
    after = facts.RowDigests({**BEFORE.groups, **digests(**changes).groups}, BEFORE.seen)
    finding = durability.no_trace(BEFORE, after, user_id)
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_rows_as_before_are_no_trace() -> None:
    verdict, actual = traces()
    assert verdict is Verdict.HOLDS
    assert actual.startswith("8 rows")


def test_what_the_application_notes_of_our_own_account_is_no_trace() -> None:
    verdict, actual = traces(usage_stats__7=(1, "s"), user__7=(1, "later"))
    assert verdict is Verdict.HOLDS
    assert actual.startswith("9 rows")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"dialog__7": (2, "dd")}, "dialog: 1 rows before, 2 after"),
        ({"dialog__7": (1, "other")}, "dialog: 1 rows before, 1 after, contents differ"),
        ({"history__7": (2, "x")}, "history: 0 rows before, 2 after"),
        ({"role": (1, "x")}, "role: 2 rows before, 1 after"),
        ({"orphans": (3, "x")}, "orphans: 0 rows before, 3 after"),
        (
            {"role": (2, "other"), "dialog__7": (0, "")},
            "dialog: 1 rows before, 0 after\nrole: 2 rows before, 2 after, contents differ",
        ),
    ],
)
def test_dialogs_of_ours_and_rows_of_nobody_are_a_trace(changes: dict[str, tuple[int, str]], cause: str) -> None:
    assert traces(**changes) == (Verdict.BROKEN, cause)


def test_rows_of_others_that_changed_prove_nothing() -> None:
    assert traces(history__8=(5, "x"), dialog__9=(1, "y")) == (
        Verdict.UNKNOWN,
        "others were at work:\ndialog: 0 rows before, 1 after (user 9)\nhistory: 4 rows before, 5 after (user 8)",
    )


def test_a_trace_of_ours_is_one_whoever_else_was_at_work() -> None:
    assert traces(history__8=(5, "x"), dialog__7=(2, "y")) == (
        Verdict.BROKEN,
        "dialog: 1 rows before, 2 after\nhistory: 4 rows before, 5 after (user 8)",
    )


def test_a_group_that_is_gone_has_changed() -> None:
    groups = {key: group for key, group in BEFORE.groups.items() if key != ("role", "")}
    finding = durability.no_trace(BEFORE, facts.RowDigests(groups, BEFORE.seen), "7")
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, "role: 2 rows before, 0 after")


@pytest.mark.parametrize("after", [digests(), digests(dialog__7=(1, "d"))])
def test_a_database_that_showed_nothing_is_unknown(after: facts.RowDigests) -> None:
    finding = durability.no_trace(digests(), after, "7")
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "the database showed no rows")


def test_without_knowing_who_we_are_nothing_is_known() -> None:
    assert traces_to("", role=(9, "x")) == (Verdict.UNKNOWN, "nobody knows whose rows are ours")


rows = st.tuples(st.integers(0, 3), st.sampled_from(["", "x", "y"]))
groups = st.dictionaries(st.tuples(st.sampled_from(["dialog", "role"]), st.sampled_from(["", "7", "8"])), rows)


@given(groups.filter(bool), groups)
def test_it_holds_only_if_nothing_but_our_own_account_changed(
    before: dict[tuple[str, str], tuple[int, str]], after: dict[tuple[str, str], tuple[int, str]]
) -> None:
    finding = durability.no_trace(facts.RowDigests(before, BEFORE.seen), facts.RowDigests(after, BEFORE.seen), "7")
    changed = {key for key in before.keys() | after.keys() if before.get(key, (0, "")) != after.get(key, (0, ""))}
    assert (finding.verdict is Verdict.HOLDS) == (changed <= {("role", "7")})
    assert (finding.verdict is Verdict.BROKEN) == bool(changed & {("role", ""), ("dialog", ""), ("dialog", "7")})
