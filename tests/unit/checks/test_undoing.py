"""The way back is judged call by call, its price is said before, and what is refused or cut short leaves no trace."""

import pytest

from agentchat_check import facts
from agentchat_check.checks import undoing
from agentchat_check.facts import ContractLook, WayBack
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Entry, Outcome
from contract_looks import LOOK, NO_COLUMN, WRONG
from makers import entry, service

HOLDS, BROKEN, UNKNOWN = Verdict.HOLDS, Verdict.BROKEN, Verdict.UNKNOWN
PAIR = "ref-1 to ref-2"

SAID = "what was written since would be lost:\ndialog: 2 rows more\nhistory: 4 rows more\nfiles: 1 new, changed or gone"


def entries(*kinds: str, outcome: Outcome = Outcome.ACKNOWLEDGED) -> list[Entry]:
    return [entry(kind, "anything", outcome) for kind in kinds]


@pytest.mark.parametrize(
    ("way", "verdict", "actual"),
    [
        (WayBack(LOOK), HOLDS, "2 calls on the newer schema, each did: the data stay"),
        (WayBack(WRONG), BROKEN, f"on the newer schema:\n{NO_COLUMN}\nthe backup was not restored"),
        (
            WayBack(WRONG, restored=True, at_last=LOOK),
            HOLDS,
            f"on the backup: every call did\non the newer schema, which is why the backup was restored:\n{NO_COLUMN}",
        ),
        (
            WayBack(None, "backend exited", restored=True, at_last=WRONG),
            BROKEN,
            f"on the backup: {NO_COLUMN}\non the newer schema, which is why the backup was restored:\nbackend exited",
        ),
        (WayBack(LOOK, restored=True, at_last=LOOK), HOLDS, "on the backup: every call did"),
        (WayBack(LOOK, restored=True), BROKEN, "on the backup: it was not asked after the restore"),
        (WayBack(ContractLook()), BROKEN, "on the newer schema:\nno call was made\nthe backup was not restored"),
        (
            WayBack(None, "backend exited"),
            BROKEN,
            "on the newer schema:\nbackend exited\nthe backup was not restored",
        ),
        (WayBack(None), UNKNOWN, "it was not run again"),
    ],
)
def test_the_former_release_works_on_the_newer_schema_or_on_the_backup(
    way: WayBack, verdict: Verdict, actual: str
) -> None:
    found = undoing.comes_back(way, subject=PAIR)
    assert (found.verdict, found.actual) == (verdict, actual)
    assert bool(found.next_step) == (verdict is not HOLDS)
    assert found.promise.endswith(f": {PAIR}")


def test_what_is_cut_short_is_finished_or_undone() -> None:
    assert undoing.finishes_or_undoes({}).verdict is UNKNOWN
    assert undoing.finishes_or_undoes({"switching to": ()}).verdict is HOLDS
    found = undoing.finishes_or_undoes({"switching to": (), "done": ["two releases run"]})
    assert (found.verdict, found.actual) == (BROKEN, "cut short at 'done': two releases run")


@pytest.mark.parametrize(
    ("attempts", "after", "verdict", "actual"),
    [
        ({"downgrade": "it is older"}, [service()], HOLDS, "so it is"),
        ({"downgrade": ""}, [service()], BROKEN, "done: downgrade"),
        ({"downgrade": "no"}, [service(container="2")], BROKEN, "backend was made anew, or removed"),
        ({"downgrade": "no"}, [], BROKEN, "backend was made anew, or removed"),
        ({"downgrade": "no"}, [service(started="later")], BROKEN, "backend was started again"),
        ({}, [service()], UNKNOWN, "none was made"),
    ],
)
def test_what_is_refused_touches_nothing(
    attempts: dict[str, str], after: list[facts.Service], verdict: Verdict, actual: str
) -> None:
    found = undoing.refused_untouched(attempts, before=[service()], after=after)
    assert (found.verdict, found.actual) == (verdict, actual)


def test_what_a_rollback_loses_was_said_before() -> None:
    finding = undoing.tells_the_loss(SAID, entries("dialog", "user", "file"), restored=True, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "they were")
    assert finding.expected == "dialog, files, history, named before they are lost"


@pytest.mark.parametrize(
    ("said", "actual"),
    [
        (SAID, f"user is not named\nit said: {SAID}"),
        ("", "dialog is not named\nuser is not named\nit said: nothing"),
    ],
)
def test_a_loss_that_was_not_said_is_seen(said: str, actual: str) -> None:
    finding = undoing.tells_the_loss(said, entries("dialog", "account"), restored=True, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, actual)


def test_where_the_data_stay_nothing_has_to_be_said() -> None:
    finding = undoing.tells_the_loss("", entries("dialog"), restored=False, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "it loses nothing: the data stay")


def test_without_a_write_since_nobody_knows_whether_it_would_be_said() -> None:
    finding = undoing.tells_the_loss(SAID, entries("dialog", outcome=Outcome.REFUSED), restored=True, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "none was acknowledged")
