"""The way back: exactly the former images and configuration, and the data of the backup where it must be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.archive import reading
from agentchat_check.deployment import Role
from agentchat_check.findings import Finding
from agentchat_check.procedures.backup import journal as backup_journal
from agentchat_check.procedures.backup import restore as restores
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.upgrade import history, journal, preflight, switching, writes
from agentchat_check.procedures.upgrade.gate import Gate
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.journal import Entry, Journal, Phase
from agentchat_check.procedures.upgrade.outcome import RolledBack, Tell, Wishes, downtime
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack


def rollback(stack: Stack, settings: Settings, wishes: Wishes, tell: Tell = lambda _: None) -> RolledBack:
    """Bring a stack back to the release that ran before; run again, one that was cut short goes on.

    The former release runs on the data as they are. Only where it does not work on them, or where that is asked for,
    the backup of then is put back, and only where nothing was written since, or that may be lost.

    Args:
        stack: What runs, or stands halfway.
        settings: How long a start may take, and where our state is.
        wishes: How it is to be done.
        tell: Is told each step as it begins.

    Raises:
        errors.HalfwayError: It stands halfway; the error says what is to be decided.
        errors.CheckError: It was refused, and nothing was touched.
    """
    began = facts.Moment.now()
    preflight.require_account(stack, wishes.account)
    with journal.of(settings.state, stack.project) as notes:
        tell("looking at what runs")
        releases = history.of(stack, settings.state)
        back = Return(stack, releases, notes, Gate(wishes.account), settings, wishes, tell, began)
        entry = notes.read()
        if entry is None:
            former, current = releases.former(), releases.current()
            if former is None or current is None:
                raise errors.StackError(
                    f"roll {stack.project} back",
                    expected="an upgrade of ours that brought in what runs",
                    actual="none is known, or it was rolled back already",
                    next_step="an earlier release by hand: its files, `docker compose up --detach`, and its backup",
                )
            entry = Entry(Phase.ROLLING_BACK, former.number, current.number, began=began.utc.isoformat())
        return back.finished(notes.write(replace(entry, phase=Phase.ROLLING_BACK)))


@dataclass(frozen=True, slots=True)
class Return:
    """A way back, from its beginning or from where it was cut short.

    Attributes:
        stack: What runs, or stands halfway.
        releases: The releases of its project.
        notes: Where is noted how far it has come.
        gate: Who tries every call.
        settings: How long a start may take, and where our state is.
        wishes: How it is to be done.
        tell: Is told each step as it begins.
        began: When all this began.
    """

    stack: Stack
    releases: History
    notes: Journal
    gate: Gate
    settings: Settings
    wishes: Wishes
    tell: Tell
    began: facts.Moment

    def finished(self, entry: Entry) -> RolledBack:
        """Bring the former release up, and put its data back where that must be and may be.

        Raises:
            errors.HalfwayError: It stands halfway.
        """
        before, after = self.releases.read(entry.before), self.releases.read(entry.after)
        try:
            return self._finished(entry, before, after)
        except errors.HalfwayError:
            raise
        except errors.CheckError as error:
            raise errors.HalfwayError(
                f"roll {self.stack.project} back to {before.name}",
                expected=f"{before.name} up and working",
                actual="\n".join(filter(None, [str(error), entry.why and f"it was to be left for: {entry.why}"])),
                next_step=f"mend that, then go on: agentchat-check upgrade rollback --attach {self.stack.project}",
            ) from None

    def _finished(self, entry: Entry, before: Recorded, after: Recorded) -> RolledBack:
        self.tell(f"rolling back to {before.name}")
        then = self.releases.stack(self.stack, before)
        restored: restores.Restored | None = None
        lost: tuple[str, ...] = ()
        findings, obstacle = self._brought_up(then, before) if not self._is_restoring(entry) else ((), entry.obstacle)
        if not entry.restored and (obstacle or entry.restores or self.wishes.restore_data):
            lost = self._lost(entry, then, before, after, obstacle)
            entry = self.notes.write(replace(entry, restores=True, obstacle=obstacle))
            restored = self._restore(then, after)
            self.notes.write(replace(entry, restored=True))
            self.gate.go_back()
            findings, still = self._brought_up(then, before)
        else:
            still = obstacle
        if still:
            raise errors.StackError(
                f"try every call of {before.name}",
                expected="all of them to work on the data of the backup",
                actual=still,
                next_step="read the services' logs",
            )
        former = self.releases.former()
        kept = former.number if former and former.number != before.number else 0
        self.releases.settle(current=before.number, former=kept)
        self.notes.end()
        self.releases.tidy(then.client, then.project)
        self.tell("done")
        began = datetime.fromisoformat(entry.began)
        return RolledBack(
            left=after.name,
            runs=before.name,
            why=entry.why,
            findings=findings,
            obstacle=entry.obstacle,
            restored=Path(after.archive) if restored or entry.restored else None,
            safety_copy=restored.safety_copy if restored else None,
            lost=lost,
            seconds=self.began.until(facts.Moment.now()),
            downtime=downtime(self.stack.timeline.events(), then.service_name(Role.BACKEND), began),
        )

    def _brought_up(self, then: Stack, before: Recorded) -> tuple[tuple[Finding, ...], str]:
        """What the gate sees of the former release, and why it does not work, or ""."""
        try:
            switching.bring_up(then, before, timeout=self.settings.up_timeout, tell=self.tell)
            return switching.tried(then, before, self.gate, tell=self.tell), ""
        except (errors.StackError, errors.TimeoutError) as error:
            return (), str(error)

    def _is_restoring(self, entry: Entry) -> bool:
        """Whether a restore was begun and not ended, so that nothing may start on what is there."""
        if not entry.restores or entry.restored:
            return False
        with backup_journal.of(self.settings.state, self.stack.project) as notes:
            return notes.read() is not None

    def _lost(self, entry: Entry, then: Stack, before: Recorded, after: Recorded, obstacle: str) -> tuple[str, ...]:
        """What putting the backup back loses, where that may be.

        Raises:
            errors.HalfwayError: It may not, or there is no backup; somebody has to decide.
        """
        if self._is_restoring(entry):
            return ()  # it was decided, and the application is stopped since
        tried = f"put the data of before {after.name} back"
        if not after.archive or not Path(after.archive).is_dir():
            self._leave(then)
            raise errors.HalfwayError(
                tried,
                expected="the backup that was taken before",
                actual="\n".join(filter(None, [f"it is gone: {after.archive or 'none was taken'}", obstacle])),
                next_step="put it back where it was, then: agentchat-check upgrade rollback",
            )
        users = [*entry.users, *after.our_users, *self.gate.users]
        names = [*after.our_files, *self.gate.files]
        lost = writes.since(then, self.releases.held(after.number), ours=users, our_files=names)
        if lost and not self.wishes.lose_newer_writes:
            left = self._leave(then)
            raise errors.HalfwayError(
                tried,
                expected="nothing written since, or leave to lose it",
                actual="\n".join(filter(None, ["what was written since would be lost:", *lost, left, obstacle])),
                next_step="decide: to put the backup back and lose that (it is backed up before), "
                f"agentchat-check upgrade rollback --attach {self.stack.project} --lose-newer-writes; "
                f"to keep it, mend {before.name} by hand, and roll back again",
            )
        return lost

    def _leave(self, then: Stack) -> str:
        """Leave the former release running while somebody decides, or the application stopped where it does not."""
        if all(then.is_at_rest(one) for one in then.services()):
            return f"{then.name} runs meanwhile"
        takes.stop(then, self._application(then))
        return "the application is stopped meanwhile"

    def _restore(self, then: Stack, after: Recorded) -> restores.Restored:
        takes.stop(then, self._application(then))  # what keeps on crashing would start on what is half restored
        archive = reading.open_archive(Path(after.archive), self.wishes.identity)
        safety = restores.Safety(self.wishes.into.absolute(), self.wishes.backup)
        return restores.restore(then, archive, replace=safety, state=self.settings.state, tell=self.tell)

    def _application(self, then: Stack) -> list[str]:
        keepers = {then.roles.get(Role.DATABASE), then.roles.get(Role.CACHE)}
        return [one.name for one in then.services() if one.name not in keepers]
