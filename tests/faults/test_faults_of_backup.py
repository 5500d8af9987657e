"""Every promise about backups is seen broken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agentchat_check.archive import reading
from agentchat_check.archive.reading import Archive
from agentchat_check.checks import backup
from agentchat_check.faults.backup import losses
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.backup import files, proof, restore, take
from agentchat_check.procedures.regular import Regular
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from tests.faults import backup_cases
from tests.faults.broken import assert_breaks


@pytest.fixture(scope="module")
def lost_of(check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Archive]]:
    """A stack of which a backup was taken, and that archive."""
    directory = tmp_path_factory.mktemp("backup")
    with check_session.own_stack(evidence_into=directory / "evidence") as stack:
        Regular.arrive(stack, Ledger()).live()
        taken = take.take(stack, directory, take.Wishes())
        yield stack, reading.open_archive(taken.path)


def test_a_stack_that_lost_nothing_holds_and_each_loss_is_seen(lost_of: tuple[Stack, Archive]) -> None:
    stack, archive = lost_of
    assert [one for one in proof.of(stack, archive) if one.verdict is not Verdict.HOLDS] == []
    seen: set[str] = set()
    for plant, promise, words in backup_cases.LOSSES:
        plant(stack)
        broken = [one for one in proof.of(stack, archive) if one.verdict is Verdict.BROKEN]
        new = [one for one in broken if words in one.actual]
        assert [one.check for one in new] == [promise.check], f"{plant.__name__}:\n" + "\n".join(map(str, broken))
        seen.add(promise.check)
        assert {one.check for one in broken} == seen


def test_data_beside_every_volume_are_named(victim: Stack) -> None:
    assert backup.whole(files.omissions(victim)).verdict is Verdict.HOLDS
    losses.written_beside(victim)
    finding = backup.whole(files.omissions(victim))
    assert_breaks([finding], backup_cases.BESIDE_VOLUMES)


def test_a_backup_that_shows_no_one_moment_is_seen(victim: Stack, tmp_path: Path) -> None:
    regular = Regular.arrive(victim, Ledger())
    with meanwhile.users_write(regular) as writers:
        taken = take.take(victim, tmp_path, take.Wishes())
        writers.go_on()
    archive, safety = reading.open_archive(taken.path), restore.Safety(tmp_path / "safety", take.Wishes())
    restore.restore(victim, archive, replace=safety, state=tmp_path)
    found, cut = regular.read_back(), taken.contents.cut
    assert _verdict(backup.honours_cut(regular.written(), found, cut)) is Verdict.HOLDS
    # A snapshot that was begun earlier than it says lacks what was acknowledged; one begun later has too much.
    for seconds, words in ((60, "acknowledged before the cut and not there"), (-60, "begun after the cut and there")):
        moved = replace(cut, at=cut.at + timedelta(seconds=seconds))
        finding = backup.honours_cut(regular.written(), found, moved)
        assert finding.verdict in {Verdict.BROKEN, Verdict.UNKNOWN}
        assert words in finding.actual or "nothing is to be told apart" in finding.actual
    assert _verdict(backup.agrees(proof.sessions(victim, archive))) is Verdict.HOLDS


def _verdict(finding: Finding) -> Verdict:
    assert finding.verdict is Verdict.HOLDS, str(finding)
    return finding.verdict
