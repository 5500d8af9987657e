"""What has to hold before a release counts as brought in: everything is up, and every call works for who was there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agentchat_check import errors, facts, wait
from agentchat_check.checks import health, upgrade
from agentchat_check.deployment import Role
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Account
from agentchat_check.procedures import visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract
from agentchat_check.stack.running import Stack

_PATIENCE = 10.0
"""Seconds from the first try of every call until the last one begins."""

_PAUSE = 1.0


@dataclass
class Gate:
    """One user, before and after: what was written before has to be read after.

    Attributes:
        account: The account that the operator named; None on a stack of ours, where one is made.
        ledger: What the user wrote.
    """

    account: Account | None
    ledger: Ledger = field(default_factory=Ledger)
    _look: facts.ContractLook | None = None
    _regular: Regular | None = None
    _marked: tuple[facts.ContractLook | None, Regular | None] = (None, None)

    def findings(self, stack: Stack, images: Sequence[facts.Image] = ()) -> tuple[Finding, ...]:
        """Make every call, and judge it; whoever was unhealthy all along may be so.

        One that does not work is given a little time: what has just come up, or works for many, may be late for once.

        Args:
            stack: The stack.
            images: What its services have to run; nothing is said of it where none are given.

        Raises:
            errors.CheckError: Nobody can log in, or there is nobody to talk to.
        """
        seen: list[tuple[Finding, ...]] = []

        def look() -> tuple[Finding, ...]:
            seen.append(self._judged(stack, images))
            return seen[-1]

        with suppress(errors.TimeoutError):
            wait.until(
                look,
                lambda findings: all(finding.verdict is Verdict.HOLDS for finding in findings),
                what=f"every call of {stack.name} to work",
                show=lambda findings: "; ".join(f"{one.check} {one.verdict}" for one in findings),
                timeout=_PATIENCE,
                delay=_PAUSE,
            )
        return seen[-1]

    def _judged(self, stack: Stack, images: Sequence[facts.Image]) -> tuple[Finding, ...]:
        services = stack.services()
        self._look = self._every_call(stack)
        return (
            health.all_run([one for one in services if one.settled or not stack.is_at_rest(one)]),
            *([upgrade.exact_images(images, services, subject=stack.name)] if images else []),
            upgrade.works_after(self._look, stack.name, self._marked[0]),
        )

    def mark(self) -> None:
        """Remember what is there now, for ``go_back``."""
        regular = self._regular
        self._marked = (self._look, regular and regular.as_of_now())

    def go_back(self) -> None:
        """Expect no more than what was there when it was marked: a backup of then is there again."""
        look, regular = self._marked
        self._look, self._regular = look, regular and regular.as_of_now()

    @property
    def users(self) -> list[str]:
        """The names of the accounts that it uses."""
        named = [self.account.name] if self.account else []
        return [*named, *(account.name for account in (self._regular.accounts if self._regular else ()))]

    @property
    def files(self) -> list[str]:
        """The names of the files that it wrote."""
        return [url.rpartition("/")[2] for url in (self._regular.files if self._regular else ())]

    def _every_call(self, stack: Stack) -> facts.ContractLook:
        if self.account:
            base = "http://{}:{}".format(*stack.address(Role.BACKEND))
            return contract.of_guest(visit.arrive(apis.discover(base), self.account), self.ledger, self._look)
        if self._regular is None:
            self._regular = Regular.arrive(stack, self.ledger)
        self._regular.stack = stack
        return contract.of_regular(self._regular, self._look)
