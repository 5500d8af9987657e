"""What a backup promises: each judgement holds, is broken with its words, and is unknown where nothing was seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import backup, restored
from agentchat_check.facts import Reply
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Entry, Outcome
from makers import answer, inner, moment, unanswered

NOW = moment().utc
TABLES = tuple(facts.TableDigest(name, 3, f"rows of {name}", f"schema of {name}") for name in ("dialog", "user"))
DATABASE = facts.DatabaseState(
    "9.7.0", "chat", "utf8mb4", "utf8mb4_0900_ai_ci", "STRICT", "UTC", TABLES, "r", "v", "t", ("app@%", "root@%")
)
EMPTY = replace(DATABASE, tables=(), accounts=())
TREE = facts.FileTree("backend", "/app/uploads", "volume", 2, 10, "f")
CUT = facts.CutLine(NOW, 0.5, "", 0, "")


def judged(finding: Finding) -> tuple[Verdict, str]:
    """A finding's verdict and what was seen; a next step is named exactly where one is needed."""
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    assert finding.expected
    return finding.verdict, finding.actual


def table(name: str = "dialog", **changes: Any) -> facts.DatabaseState:
    """The database with one table otherwise; without it when nothing is said of it."""
    tables = tuple(replace(one, **changes) if one.table == name else one for one in TABLES)
    return replace(DATABASE, tables=tables if changes else tuple(one for one in TABLES if one.table != name))


def key(name: str = "session", **changes: Any) -> facts.KeyDigest:
    """A key that ends in a minute."""
    ends = round((NOW + timedelta(minutes=1)).timestamp() * 1000)
    return replace(facts.KeyDigest(database=0, name=name, kind="string", digest="d", ends=ends), **changes)


def keys(noted: list[facts.KeyDigest], found: list[facts.KeyDigest], after: float = 0.0) -> tuple[Verdict, str]:
    """What is said of keys that are looked at so many seconds later."""
    return judged(restored.same_keys(noted, found, now=NOW + timedelta(seconds=after)))


def written(kind: str = "dialog", seconds: float = 0.0, **changes: Any) -> Entry:
    """An acknowledged write that took a tenth of a second, and began so many seconds after the cut."""
    made = Entry(kind, "7", f"{kind} {seconds}", Outcome.ACKNOWLEDGED, moment(seconds), moment(seconds + 0.1))
    return replace(made, **changes)


def read(*dialogs: str, **changes: Any) -> facts.ReadBack:
    """What is read back: these dialogs."""
    return replace(facts.ReadBack({}, answer(), dialogs, {}, {}), **changes)


def test_the_same_tables_hold() -> None:
    finding = restored.same_tables(DATABASE, DATABASE)
    assert judged(finding) == (Verdict.HOLDS, "2 tables, 6 rows, each as it was")
    assert judged(restored.same_tables(DATABASE, replace(DATABASE, tables=TABLES[::-1])))[0] is Verdict.HOLDS


@pytest.mark.parametrize(
    ("noted", "found", "words"),
    [
        (DATABASE, table(), "dialog: is not there"),
        (table(), DATABASE, "dialog: was not there"),
        (DATABASE, table(rows=2), "dialog: 3 rows noted, 2 found"),
        (DATABASE, table(digest="others"), "dialog: 3 rows, but not the same ones"),
        (DATABASE, EMPTY, "dialog: is not there\nuser: is not there"),
    ],
)
def test_a_table_that_differs_is_named(noted: facts.DatabaseState, found: facts.DatabaseState, words: str) -> None:
    assert judged(restored.same_tables(noted, found)) == (Verdict.BROKEN, words)


def test_of_many_tables_the_first_are_told() -> None:
    many = replace(DATABASE, tables=tuple(replace(TABLES[0], table=f"t{number}") for number in range(9)))
    actual = restored.same_tables(many, EMPTY).actual.splitlines()
    assert (actual[0], actual[-1], len(actual)) == ("t0: is not there", "… and 3 more", 7)


def test_the_same_schema_holds() -> None:
    assert judged(restored.same_schema(DATABASE, DATABASE)) == (Verdict.HOLDS, "2 compared, the same")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (table(schema_digest="other"), "dialog is defined otherwise"),
        (replace(DATABASE, charset="latin1"), "charset: 'utf8mb4' noted, 'latin1' found"),
        (replace(DATABASE, collation="utf8mb4_bin"), "collation: 'utf8mb4_0900_ai_ci' noted, 'utf8mb4_bin' found"),
        (replace(DATABASE, sql_mode=""), "sql mode: 'STRICT' noted, '' found"),
        (replace(DATABASE, time_zone="+08:00"), "time zone: 'UTC' noted, '+08:00' found"),
        (replace(DATABASE, routines_digest="x"), "routines differ"),
        (replace(DATABASE, views_digest="x"), "views differ"),
        (replace(DATABASE, triggers_digest="x"), "triggers differ"),
        (replace(EMPTY, views_digest="x"), "views differ"),
    ],
)
def test_a_definition_that_differs_is_named(found: facts.DatabaseState, words: str) -> None:
    assert judged(restored.same_schema(DATABASE, found)) == (Verdict.BROKEN, words)


@pytest.mark.parametrize(("noted", "found"), [("CST", "+08:00"), ("CET", "+01:00, +02:00"), ("UTC", "+00:00")])
def test_a_time_zone_that_an_older_archive_notes_by_its_name_is_understood(noted: str, found: str) -> None:
    before, after = (replace(DATABASE, time_zone=f"SYSTEM ({zone})") for zone in (noted, found))
    words = f"2 compared, the same; its time zone is noted as {noted}, which may be SYSTEM ({found})"
    assert judged(restored.same_schema(before, after)) == (Verdict.HOLDS, words)


def test_a_time_zone_that_is_never_called_as_an_older_archive_notes_it_is_another() -> None:
    before, after = (replace(DATABASE, time_zone=f"SYSTEM ({zone})") for zone in ("CST", "+00:00"))
    words = "time zone: 'SYSTEM (CST)' noted, 'SYSTEM (+00:00)' found"
    assert judged(restored.same_schema(before, after)) == (Verdict.BROKEN, words)


def test_accounts_hold_when_none_has_lost_anything() -> None:
    assert judged(restored.same_accounts(DATABASE, ())) == (Verdict.HOLDS, "each, as it was")


def test_a_privilege_that_the_server_does_not_know_is_said_and_not_lost() -> None:
    finding = restored.same_accounts(DATABASE, (), ("root@%: NEW_ADMIN",))
    assert judged(finding) == (Verdict.HOLDS, "each, as it was\nunknown to this server: root@%: NEW_ADMIN")
    lost = restored.same_accounts(DATABASE, ("app@%",), ("root@%: NEW_ADMIN",))
    assert judged(lost) == (Verdict.BROKEN, "gone: app@%")


def test_an_account_that_is_lost_is_named() -> None:
    lost = ("app@%", "root@%: GRANT SELECT ON *.* TO `root`@`%`")
    assert judged(restored.same_accounts(DATABASE, lost)) == (
        Verdict.BROKEN,
        "gone: app@%\ngone: root@%: GRANT SELECT ON *.* TO `root`@`%`",
    )


def test_the_same_keys_hold() -> None:
    assert keys([key(), key("b", ends=None)], [key("b", ends=None), key()]) == (
        Verdict.HOLDS,
        "2 compared, each as it was",
    )


@pytest.mark.parametrize("shift", [-2000, 2000])
def test_an_end_may_differ_by_two_seconds(shift: int) -> None:
    assert keys([key()], [key(ends=(key().ends or 0) + shift)])[0] is Verdict.HOLDS


def test_an_empty_cache_is_seen_to_be_empty() -> None:
    assert keys([], [])[0] is Verdict.HOLDS
    assert keys([], [key()]) == (Verdict.BROKEN, "session: was not there")


@pytest.mark.parametrize("after", [58.5, 60, 1e6])
def test_a_key_that_has_ended_need_not_be_there_and_may_be_about_to_end(after: float) -> None:
    assert keys([key(), key("b", ends=None)], [key("b", ends=None)], after) == (
        Verdict.HOLDS,
        "1 compared, each as it was",
    )
    assert keys([key()], [key()], after)[0] is Verdict.HOLDS
    finding = restored.same_keys([key()], [], now=NOW + timedelta(seconds=after))
    assert finding.expected == "1 keys, 1 of which have ended since"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([], "session: is not there"),
        ([key(database=1)], "session: is not there\nsession: was not there"),
        ([key(digest="x")], "session: holds something else"),
        ([key(kind="hash")], "session: holds something else"),
        ([key(ends=None)], "session: does not end any more"),
        ([key(ends=(key().ends or 0) + 2500)], "session: ends +2.5 s from when it was to end"),
        ([key(ends=(key().ends or 0) - 2500)], "session: ends -2.5 s from when it was to end"),
        ([key(), key("stale")], "stale: was not there"),
    ],
)
def test_a_key_that_differs_is_named(found: list[facts.KeyDigest], words: str) -> None:
    assert keys([key()], found) == (Verdict.BROKEN, words)


def test_a_key_that_is_there_long_after_its_end_is_not_taken_for_one_that_ended() -> None:
    assert keys([key()], [key(ends=None)], 1e6) == (Verdict.BROKEN, "session: does not end any more")
    assert keys([key(ends=None)], [key()]) == (Verdict.BROKEN, "session: has an end that it had not")


def test_the_same_files_hold_with_other_places_beside_them() -> None:
    assert judged(restored.same_files([TREE], [replace(TREE, path="/more"), TREE])) == (Verdict.HOLDS, "each as it was")


def test_files_that_differ_are_named() -> None:
    assert judged(restored.same_files([TREE], [])) == (Verdict.BROKEN, "backend /app/uploads: is not there")
    other = replace(TREE, files=1, digest="x")
    words = "backend /app/uploads: 2 files noted, 1 found, not the same"
    assert judged(restored.same_files([TREE], [other])) == (Verdict.BROKEN, words)


def test_data_beside_every_volume_are_named() -> None:
    assert judged(backup.whole([])) == (Verdict.HOLDS, "none")
    lost = [facts.Omission("backend", "/app/notes.db", 12)]
    assert judged(backup.whole(lost)) == (Verdict.BROKEN, "backend: /app/notes.db, 12 bytes")


BEFORE, MEANWHILE, AFTER = written(seconds=-1), written(seconds=0.2), written(seconds=0.6)


@pytest.mark.parametrize("found", [("dialog -1",), ("dialog -1", "dialog 0.2")])
def test_what_came_before_the_cut_is_there_and_what_came_in_it_may_be(found: tuple[str, ...]) -> None:
    finding = backup.honours_cut([BEFORE, MEANWHILE, AFTER], read(*found), CUT)
    assert judged(finding) == (Verdict.HOLDS, "so it is")
    assert finding.expected == "1 writes of before the cut, and none of 1 of after it"


@pytest.mark.parametrize(
    ("said", "found", "words"),
    [
        ([BEFORE, AFTER], read(), "acknowledged before the cut and not there: dialog 'dialog -1'"),
        ([BEFORE], read(), "acknowledged before the cut and not there: dialog 'dialog -1'"),
        ([AFTER], read("dialog 0.6"), "begun after the cut and there: dialog 'dialog 0.6'"),
        (
            [BEFORE, replace(AFTER, outcome=Outcome.UNKNOWN)],
            read("dialog -1", "dialog 0.6"),
            "begun after the cut and there: dialog 'dialog 0.6'",
        ),
    ],
)
def test_what_is_on_the_wrong_side_of_the_cut_is_named(said: list[Entry], found: facts.ReadBack, words: str) -> None:
    assert judged(backup.honours_cut(said, found, CUT)) == (Verdict.BROKEN, words)


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        ("file", {"files": {"7": "file -1"}}),
        ("account", {"log_ins": {"7": answer()}}),
        ("user", {"histories": {"7": (answer(), (facts.Message("user", " user -1\n"),))}}),
        ("assistant", {"histories": {"7": (answer(), (facts.Message("assistant", "assistant -1"),))}}),
    ],
)
def test_every_kind_of_write_is_looked_for_where_it_belongs(kind: str, there: dict[str, Any]) -> None:
    said = [written(kind, -1), AFTER]
    assert judged(backup.honours_cut(said, read(**there), CUT))[0] is Verdict.HOLDS
    elsewhere = read(
        files={"7": "x"}, log_ins={"7": inner(500)}, histories={"7": (answer(), (facts.Message("system", "x"),))}
    )
    assert judged(backup.honours_cut(said, elsewhere, CUT))[0] is Verdict.BROKEN


def test_a_write_that_nobody_acknowledged_proves_nothing_before_the_cut() -> None:
    refused = [replace(BEFORE, outcome=outcome) for outcome in (Outcome.REFUSED, Outcome.UNKNOWN)]
    under_way = replace(BEFORE, ended=None)
    assert judged(backup.honours_cut([*refused, under_way, AFTER], read(), CUT))[0] is Verdict.UNKNOWN


def test_a_session_of_nobody_is_named() -> None:
    assert judged(backup.agrees({"7": True})) == (Verdict.HOLDS, "so it is")
    words = "a session of 8, whom the database does not know"
    assert judged(backup.agrees({"7": True, "8": False})) == (Verdict.BROKEN, words)


def test_a_restored_application_goes_on_or_says_why_not() -> None:
    assert judged(backup.goes_on(Reply("chat", answer())))[0] is Verdict.HOLDS
    verdict, actual = judged(backup.goes_on(Reply("chat", unanswered())))
    assert verdict is Verdict.BROKEN
    assert "connection refused" in actual
    assert judged(backup.goes_on(Reply("chat", answer(), missing="the model's answer")))[0] is Verdict.BROKEN


def test_what_may_not_be_restored_is_refused() -> None:
    finding = backup.refused({"cut": "it is damaged"}, before=DATABASE, after=DATABASE)
    assert judged(finding) == (Verdict.HOLDS, "so it is")
    told = judged(backup.refused({"cut": "", "empty": "damaged"}, before=DATABASE, after=table()))
    assert told == (Verdict.BROKEN, "restored: cut\nthe database is not as it was")


@pytest.mark.parametrize("check", [backup.whole_or_nothing, backup.finishes])
def test_what_is_amiss_after_a_kill_is_named_with_its_step(check: Callable[[Any], Finding]) -> None:
    finding = check({"copying": [], "finishing": []})
    assert judged(finding)[0] is Verdict.HOLDS
    assert finding.expected.startswith("cut short 2 times: ")
    told = judged(check({"copying": ["users cannot write"], "finishing": []}))
    assert told == (Verdict.BROKEN, "cut short at 'copying': users cannot write")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (restored.same_tables(EMPTY, EMPTY), "the backup notes none"),
        (restored.same_tables(EMPTY, DATABASE), "the backup notes none"),
        (restored.same_schema(EMPTY, EMPTY), "no table is on both sides: no definition can be compared"),
        (restored.same_schema(DATABASE, EMPTY), "no table is on both sides: no definition can be compared"),
        (restored.same_accounts(EMPTY, ()), "the backup notes none"),
        (restored.same_files([], [TREE]), "the backup notes none"),
        (backup.honours_cut([], read(), CUT), "0 before, 0 after: nothing is to be told apart"),
        (backup.honours_cut([BEFORE], read("dialog -1"), CUT), "1 before, 0 after: nothing is to be told apart"),
        (backup.honours_cut([AFTER], read(), CUT), "0 before, 1 after: nothing is to be told apart"),
        (backup.agrees({}), "the cache holds none: nothing is to be compared"),
        (backup.refused({}, before=DATABASE, after=DATABASE), "none was made"),
        (backup.whole_or_nothing({}), "it never was"),
        (backup.finishes({}), "it never was"),
    ],
)
def test_where_nothing_was_seen_nothing_holds(finding: Finding, words: str) -> None:
    assert judged(finding) == (Verdict.UNKNOWN, words)
