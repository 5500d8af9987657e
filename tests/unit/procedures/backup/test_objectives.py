"""What a backup loses is counted from what was acknowledged, and its history can be read."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agentchat_check import facts
from agentchat_check.ledger import Entry, Outcome
from agentchat_check.procedures.backup import objectives
from agentchat_check.procedures.backup.objectives import Objectives
from makers import moment

CUT = facts.CutLine(moment().utc, 0.5, "", 0, "")
ENDED = moment(10).utc
ONE = Objectives("2026-11-24T12:00:00+00:00", "agentchat", "logical", 2_500_000, 1.25, 31.0)


def written(seconds: float, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Entry:
    """A write that was answered so many seconds after the cut."""
    return Entry("dialog", "7", "d", outcome, moment(seconds - 1), moment(seconds))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ([], 0.0),
        ([written(-3)], 0.0),
        ([written(0)], 0.0),
        ([written(4), written(7.5), written(2)], 7.5),
        ([written(4), written(8, Outcome.UNKNOWN), written(9, Outcome.REFUSED)], 4.0),
        ([written(10), written(11)], 10.0),
        ([replace(written(3), ended=None)], 0.0),
    ],
)
def test_what_is_lost_reaches_from_the_cut_to_the_last_acknowledged_write(said: list[Entry], seconds: float) -> None:
    assert objectives.lost(said, CUT, ENDED) == seconds


def test_the_newest_of_a_history_come_last(tmp_path: Path) -> None:
    for number in range(7):
        table = objectives.keep(tmp_path / "state", replace(ONE, back=float(number)))
    head, *rows = table.splitlines()
    assert head.split() == ["when", "deployment", "method", "MB", "RPO", "s", "RTO", "s"]
    assert [row.split()[-1] for row in rows] == ["2.0", "3.0", "4.0", "5.0", "6.0"]
    assert rows[0].split() == ["2026-11-24T12:00:00", "agentchat", "logical", "2.5", "1.25", "2.0"]
    assert {len(row) for row in rows} == {len(head)}


def test_what_a_killed_run_or_another_version_left_is_passed_over_and_stays(tmp_path: Path) -> None:
    history = tmp_path / "recovery.jsonl"
    left = '{"at": "20\n[]\n{"at": "x", "more": 1}\n'
    history.write_text(left)
    assert len(objectives.keep(tmp_path, ONE).splitlines()) == 2
    assert history.read_text().startswith(left)


def test_it_is_counted_from_the_cut_and_not_from_the_begin() -> None:
    late = replace(CUT, at=CUT.at + timedelta(seconds=2))
    assert objectives.lost([written(5)], late, ENDED) == 3.0
