"""Upgrades, rollbacks, restarts, kills and writes in an order that a seed chooses, so that it can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agentchat_check.deployment import Deployment
from agentchat_check.findings import Finding
from agentchat_check.procedures import killing, meanwhile, restarts
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import aftermath, history, journal, run
from agentchat_check.procedures.upgrade import rollback as rollbacks
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack

_PAUSE = 0.5
"""Seconds between two rounds of a user's requests: several plans at once leave the processors to the upgrades."""


class Kind(StrEnum):
    """What can be done."""

    WRITE = "write"
    RESTART = "restart"
    UPGRADE = "upgrade"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a plan.

    Attributes:
        kind: What is done.
        release: The release that runs afterwards, as the operator names it.
        way: The way of a restart; at which step an upgrade or a rollback is killed and begun again; else "".
    """

    kind: Kind
    release: str
    way: str = ""

    def __str__(self) -> str:
        """``upgrade to ref-2, killed at "switching to", and once more``."""
        if self.kind is Kind.RESTART:
            return f"{self.kind}: {self.way}"
        killed = f', killed at "{self.way}", and once more' if self.way else ""
        return f"{self.kind} to {self.release}{killed}" if self.kind is not Kind.WRITE else str(self.kind)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps, one after the other.

    Attributes:
        seed: What chose them.
        acts: In order; a shorter plan of the same seed is the beginning of a longer one.
    """

    seed: int
    acts: tuple[Act, ...]

    def __str__(self) -> str:
        """The plan as it is shown before it begins."""
        lines = [f"{number:2}. {act}" for number, act in enumerate(self.acts, start=1)]
        again = f"--plans 1 --plan-seed {self.seed} --plan-length {len(self.acts)}"
        return "\n".join([f"seed {self.seed}; to repeat it: {again}; fewer steps are its beginning", *lines])


def make(seed: int, releases: Sequence[str], length: int) -> Plan:
    """Choose what is done, so that each step is possible after the ones before it.

    Args:
        seed: The same gives the same plan.
        releases: The releases as the operator names them, the oldest first; the first one runs.
        length: How many steps.
    """
    chance = random.Random(f"{seed} {' '.join(releases)}")  # noqa: S311 - repeatable on purpose
    acts, runs, former = [], 0, -1
    for _ in range(length):
        possible = [Kind.WRITE, Kind.RESTART]
        possible += [Kind.UPGRADE] * 2 if runs + 1 < len(releases) else []
        possible += [Kind.ROLL_BACK] * 2 if former >= 0 else []
        kind, way = chance.choice(possible), ""
        if kind is Kind.UPGRADE:
            runs, former = runs + 1, runs
            way = chance.choice(["", *killing.UPGRADING])
        elif kind is Kind.ROLL_BACK:
            runs, former = former, -1
            way = chance.choice(["", *killing.ROLLING_BACK])
        elif kind is Kind.RESTART:
            way = chance.choice(sorted(restarts.WAYS))
        acts.append(Act(kind, releases[runs], way))
    return Plan(seed, tuple(acts))


@dataclass(frozen=True, slots=True)
class Course:
    """A plan that is carried out on a stack, while a user writes all the time.

    Attributes:
        regular: The user.
        releases: Each release, by the name that the operator has for it.
        settings: Where images come from, how long a start may take, and where our state is.
        into: A directory for backups.
    """

    regular: Regular
    releases: dict[str, Deployment]
    settings: Settings
    into: Path

    def carry_out(self, plan: Plan) -> Iterator[tuple[Finding, ...]]:
        """Do one step after the other; after each it is judged what runs, and whether everything is there.

        Raises:
            errors.CheckError: A step cannot be done.
        """
        for number, act in enumerate(plan.acts, start=1):
            with meanwhile.users_write(self.regular, pause=_PAUSE) as writers:
                self._do(act)
                writers.go_on()
            if not self.regular.now().api.call("dialogs").ok:  # a cache that was killed may forget who was logged in
                self.regular.come_again()
            yield aftermath.findings(self.regular, self.settings.state, f"step {number}, {act}")

    def _do(self, act: Act) -> None:
        if act.kind is Kind.WRITE:
            self.regular.live(dialogs=1, messages=1)
        elif act.kind is Kind.RESTART:
            now = self._as_it_runs()
            restarts.WAYS[act.way](now)
            now.settle(timeout=restarts.PATIENCE)
        elif not act.way or not self._had_ended_when_killed(act):
            self._finish(act)

    def _had_ended_when_killed(self, act: Act) -> bool:
        """Kill it at its step; whether nothing was left to do by then."""
        before = self._course()
        killing.killed_at(act.way, self.regular.stack, self._arguments(act), state=self.settings.state)
        halfway = journal.standing(self.settings.state, self.regular.stack.project)
        return halfway is None and self._course() != before

    def _finish(self, act: Act) -> None:
        """Upgrade or roll back, or go on with what was killed."""
        stack, wishes = self.regular.stack, Wishes(self.into)
        if act.kind is Kind.UPGRADE:
            run.run(stack, lambda _: self.releases[act.release], self.settings, wishes)
        else:
            rollbacks.rollback(stack, self.settings, wishes)

    def _arguments(self, act: Act) -> list[str]:
        into = ["--into", str(self.into)]
        if act.kind is Kind.UPGRADE:
            return ["upgrade", "run", "--to", act.release, *into]
        return ["upgrade", "rollback", *into]

    def _course(self) -> tuple[int, ...]:
        """The numbers of the release that runs and of the one that it can go back to; 0 for none."""
        past = history.of(self.regular.stack, self.settings.state)
        return tuple(one.number if one else 0 for one in (past.current(), past.former()))

    def _as_it_runs(self) -> Stack:
        """The stack as the release that runs makes it."""
        past = history.of(self.regular.stack, self.settings.state)
        current = past.current()
        return past.stack(self.regular.stack, current) if current else self.regular.stack
