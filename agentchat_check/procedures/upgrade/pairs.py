"""Pairs of releases, judged end to end: what the way from one to the other keeps, and whether there is one back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
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
from agentchat_check.procedures.upgrade import brought, by_hand, contract, described, planning, rollback, run, trial
from agentchat_check.procedures.upgrade.outcome import RolledBack, Tell, Wishes
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
        into: A directory for backups and env files.
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
        """Judge a pair: by our own upgrade and rollback; an older release is brought in on the newer's data, by hand.

        Args:
            before: The release that runs.
            after: The release that is to run.

        Raises:
            errors.CheckError: A release does not come up by itself, or its files are at fault.
        """
        subject = f"{before.name} to {after.name}"
        self.tell(subject)
        own = described.own(before)
        plan = planning.plan(described.read(before, own), described.read(after, own), own)
        older = any(obstacle.kind is Hindrance.DOWNGRADE for obstacle in plan.obstacles)
        findings: Findings = {
            Aspect.CONFIG: (
                carried.configuration_carried(plan.variables, plan.obstacles, subject=subject),
                carried.stays_in_its_volumes(plan.storage, subject=f"{subject}, as planned"),
            )
        }
        first_start = None if older else self._first_start(after)
        with self.bring_up(before) as stack:
            regular = Regular.arrive(stack, Ledger())
            regular.live(dialogs=1, messages=1)
            way = (_ByHand if older else _ByProcedure)(self, regular, before, after)
            then = trial.before(regular)
            known, written = regular.as_of_now(), regular.written()
            try:
                tried = trial.with_users(regular, way.there, self.settings, then=then)
                findings = _together(findings, judged(tried, regular, first_start or then.brought, subject=subject))
                returned = way.back()
            except errors.CheckError as error:
                refused = upgrade.took_over(str(error), subject=subject)
                return facts.Pair(before.name, after.name, _together(findings, {Aspect.WRITES: (refused,)}))
            if returned.restored:
                known.ledger = Ledger()  # that of the user has what the backup does not
            now = _Returned(known, then.calls, written) if returned.restored else _Returned(regular, tried.calls)
            findings[Aspect.ROLLBACK] = now.judged(returned, then, subject=subject)
        return facts.Pair(before.name, after.name, findings)

    def _first_start(self, release: Deployment) -> facts.Brought:
        if release.name not in self._first_starts:
            with self.bring_up(release) as stack:
                self._first_starts[release.name] = brought.look(stack, starting.newcomer(stack).api)
        return self._first_starts[release.name]
