"""Did the new release take over, and is what a rollback loses said before?"""

import pytest

from agentchat_check.checks import carried, upgrade
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Entry, Outcome
from makers import entry

SAID = "what was written since would be lost:\ndialog: 2 rows more\nhistory: 4 rows more\nfiles: 1 new, changed or gone"


def entries(*kinds: str, outcome: Outcome = Outcome.ACKNOWLEDGED) -> list[Entry]:
    return [entry(kind, "anything", outcome) for kind in kinds]


def test_a_release_that_was_not_rolled_back_took_over() -> None:
    finding = upgrade.took_over("", subject="ref-1 to ref-2")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "it was not")
    finding = upgrade.took_over("backend is unhealthy", subject="ref-1 to ref-2")
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, "backend is unhealthy")


def test_what_a_rollback_loses_was_said_before() -> None:
    finding = upgrade.tells_the_loss(SAID, entries("dialog", "user", "file"), restored=True, subject="a to b")
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
    finding = upgrade.tells_the_loss(said, entries("dialog", "account"), restored=True, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, actual)


def test_where_the_data_stay_nothing_has_to_be_said() -> None:
    finding = upgrade.tells_the_loss("", entries("dialog"), restored=False, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "it loses nothing: the data stay")


def test_without_a_write_since_nobody_knows_whether_it_would_be_said() -> None:
    finding = upgrade.tells_the_loss(SAID, entries("dialog", outcome=Outcome.REFUSED), restored=True, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "none was acknowledged")


def test_what_was_set_by_a_former_name_reaches_the_new_release() -> None:
    finding = carried.configuration_carried((), reaches={"MAX": ("21", "21")}, subject="a to b")
    assert (finding.verdict, finding.actual) == (Verdict.HOLDS, "so it is")
    finding = carried.configuration_carried((), reaches={"MAX": ("21", "20"), "TZ": ("utc", "")}, subject="a to b")
    assert finding.verdict is Verdict.BROKEN
    assert finding.actual.splitlines() == [
        "MAX: 21 was set, 20 reaches the new release",
        "TZ: utc was set, nothing reaches the new release",
    ]
