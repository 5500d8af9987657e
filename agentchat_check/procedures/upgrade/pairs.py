"""Pairs of releases, judged end to end: what the way from one to the other keeps, and whether there is one back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.checks import carried, durability, upgrade
from agentchat_check.deployment import Deployment
from agentchat_check.facts import Aspect, Hindrance
from agentchat_check.findings import Finding
from agentchat_check.ledger import Ledger
from agentchat_check.procedures import starting
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import brought, by_hand, described, planning, returning, run, trial
from agentchat_check.procedures.upgrade import rollback as rollbacks
from agentchat_check.procedures.upgrade.outcome import RolledBack, Tell, Upgraded, Wishes
from agentchat_check.procedures.upgrade.trial import Trial
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack

BringUp = Callable[[Deployment], AbstractContextManager[Stack]]
"""Brings up a stack of a release, of its own, and removes it in the end."""

Findings = dict[Aspect, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges pairs, each on a stack of its own; what a first start of a release makes is looked at once.

    Attributes:
        bring_up: Makes the stacks. Where they come up with prepared databases, no installation is gone through again.
        settings: Where images come from, how long a start may take, and where our state is.
        into: A directory for backups.
        tell: Is told each step as it begins.
    """

    bring_up: BringUp
    settings: Settings
    into: Path
    tell: Tell = lambda _: None
    _first_starts: dict[str, facts.Brought] = field(default_factory=dict)

    def matrix(self, releases: Sequence[Deployment]) -> tuple[facts.Pair, ...]:
        """Judge every ordered pair.

        Raises:
            errors.CheckError: A release does not come up by itself.
        """
        return tuple(self.pair(before, after) for before, after in itertools.permutations(releases, 2))

    def pair(self, before: Deployment, after: Deployment) -> facts.Pair:
        """Judge a pair by our own upgrade and rollback; an older release is brought in by hand, on the newer's data.

        Args:
            before: The release that runs.
            after: The release that is to run.

        Raises:
            errors.CheckError: A release does not come up by itself, or its files are at fault.
        """
        subject = f"{before.name} to {after.name}"
        self.tell(f"judging {subject}")
        own = described.own(before)
        plan = planning.plan(described.read(before, own), described.read(after, own), own)
        older = any(obstacle.kind is Hindrance.DOWNGRADE for obstacle in plan.obstacles)
        found: Findings = {
            Aspect.CONFIG: (
                carried.configuration_carried(plan.variables, plan.obstacles, subject=subject),
                carried.stays_in_its_volumes(plan.storage, subject=f"{subject}, as planned"),
            )
        }
        first_start = None if older else self._first_start(after)
        with self.bring_up(before) as stack:
            regular = Regular.arrive(stack, Ledger())
            regular.live(dialogs=1, messages=1)
            then = trial.before(regular)
            memory = returning.remember(regular, then)
            try:
                tried = trial.with_users(
                    regular, lambda: self._there(regular, after, by_hand_=older), self.settings, then=then
                )
                found = together(found, judged(tried, regular, first_start or then.brought, subject=subject))
                back = tried.done if isinstance(tried.done, RolledBack) else self._back(regular, stack, by_hand_=older)
            except errors.CheckError as error:
                refused = upgrade.took_over(str(error), subject=subject)
                return facts.Pair(before.name, after.name, together(found, {Aspect.WRITES: (refused,)}))
            returned = returning.judged(memory, regular, stack, back, subject=subject)
            return facts.Pair(before.name, after.name, together(found, {Aspect.ROLLBACK: returned}))

    def _there(self, regular: Regular, after: Deployment, *, by_hand_: bool) -> Upgraded | RolledBack:
        if by_hand_:
            return by_hand.brought_in(regular, after, self.settings, number=1, into=self.into)
        return run.run(regular.stack, lambda _: after, self.settings, Wishes(self.into), self.tell)

    def _back(self, regular: Regular, stack: Stack, *, by_hand_: bool) -> RolledBack | None:
        """The release of before runs again; None where that was done by hand, on the data as they are."""
        if by_hand_:
            regular.stack = stack
            by_hand.up(stack, self.settings)
            return None
        wishes = Wishes(self.into, lose_newer_writes=True)
        return rollbacks.rollback(stack, self.settings, wishes, self.tell)

    def _first_start(self, release: Deployment) -> facts.Brought:
        if release.name not in self._first_starts:
            with self.bring_up(release) as stack:
                self._first_starts[release.name] = brought.look(stack, starting.newcomer(stack).api)
        return self._first_starts[release.name]


def onwards(found: Sequence[facts.Pair], releases: Sequence[str]) -> tuple[facts.Pair, ...]:
    """The pairs of which something is promised: what an earlier release does on the data of a later one is only shown.

    Args:
        found: Every pair.
        releases: The names of the releases, the oldest first.
    """
    return tuple(pair for pair in found if releases.index(pair.before) < releases.index(pair.after))


def judged(
    tried: Trial, regular: Regular, like: facts.Brought, *, subject: str, limit: float | None = None
) -> Findings:
    """What is to be said of a release that was brought in while users wrote, but for the way back.

    Args:
        tried: What came of it.
        regular: Who wrote.
        like: What the database and its rows have to be like.
        subject: The releases: ``ref-1 to ref-2``.
        limit: Seconds that users may go without an answer; None for any.

    Returns:
        Findings by aspect; of a release that was left again there is nothing to be said but that.
    """
    took_over = upgrade.took_over(tried.why, subject=subject)
    if tried.why:
        return {Aspect.WRITES: (took_over,)}
    reads, writes = replace(tried.calls, writes=()), replace(tried.calls, reads=())
    then, now = tried.before.brought, tried.brought
    listings = (*then.answers, *now.answers, *like.answers)
    return {
        Aspect.READS: (
            durability.nothing_lost(regular.written(), tried.found, subject),
            upgrade.sessions_live_on(tried.read, tried.found.log_ins, subject=subject),
            upgrade.works_after(reads, f"{subject}, reads", tried.before.calls),
        ),
        Aspect.WRITES: (
            took_over,
            upgrade.works_after(writes, f"{subject}, writes"),
            upgrade.short_downtime(tried.passage, limit=limit, subject=subject),
        ),
        Aspect.SCHEMA: (
            carried.same_as_fresh(now.schema, like.schema, now.records, like.records, subject=subject),
            carried.seeds_once(then.listed, now.listed, like.listed, listings, subject=subject),
        ),
        Aspect.CONFIG: (carried.stays_in_its_volumes(tried.storage, subject=f"{subject}, as the engine has it"),),
    }


def together(one: Findings, other: Findings) -> Findings:
    """All findings of both, by aspect."""
    return {aspect: (*one.get(aspect, ()), *other.get(aspect, ())) for aspect in {**one, **other}}
