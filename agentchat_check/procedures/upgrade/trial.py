"""An upgrade or a rollback with users at work: what they saw of it, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentchat_check import facts
from agentchat_check.checks import upgrade
from agentchat_check.findings import Finding
from agentchat_check.procedures import meanwhile
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import brought, contract, data_places, history, passage, services
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded
from agentchat_check.settings import Settings
from agentchat_check.stack import pinning
from agentchat_check.stack.running import Stack


@dataclass(frozen=True, slots=True)
class Before:
    """How it was before.

    Attributes:
        calls: Every call of the contract.
        brought: What the installation had from its release.
        places: Where its services kept data.
        images: What each service ran.
    """

    calls: facts.ContractLook
    brought: facts.Brought
    places: tuple[facts.DataPlace, ...]
    images: tuple[facts.Image, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it.

    Attributes:
        before: How it was before.
        done: What was done.
        passage: What users saw of it.
        calls: Every call of the contract, made once more.
        brought: What the installation has from its release now.
        storage: What became of each place with data, as the engine has it.
        services: Every service.
        read: A read with the token of before.
        found: What is read back of everything that was ever written.
    """

    before: Before
    done: Upgraded | RolledBack
    passage: facts.Passage
    calls: facts.ContractLook
    brought: facts.Brought
    storage: tuple[facts.StorageChange, ...]
    services: tuple[facts.Service, ...]
    read: facts.HttpAnswer
    found: facts.ReadBack

    @property
    def why(self) -> str:
        """What the new release was rolled back for; "" where it was not."""
        return _why(self.done)


def judged(done: Upgraded | RolledBack, *, subject: str) -> tuple[Finding, ...]:
    """Whether the new release took over, and what the gate saw at last.

    Args:
        done: What became of an upgrade.
        subject: The releases.
    """
    return (upgrade.took_over(_why(done), subject=subject), *done.findings)


def as_it_runs(stack: Stack, settings: Settings) -> Stack:
    """A stack as the release makes it that an upgrade or a rollback brought up last.

    Args:
        stack: The stack, as any of its releases made it.
        settings: Where our state is.

    Raises:
        errors.CheckError: What was noted of that release cannot be read.
    """
    past = history.of(stack, settings.state)
    current = past.current()
    return past.stack(stack, current) if current else stack


def before(regular: Regular) -> Before:
    """Look how a stack is before something is done to it.

    Args:
        regular: Who uses it.

    Raises:
        errors.CheckError: The database or the engine refuses.
    """
    stack = regular.stack
    return Before(
        contract.of_regular(regular),
        brought.look(stack, regular.now().api),
        data_places.found(stack),
        pinning.running(stack),
    )


def with_users(
    regular: Regular, act: Callable[[], Upgraded | RolledBack], settings: Settings, *, then: Before | None = None
) -> Trial:
    """Upgrade a stack or roll it back while a user writes all the time, and look what came of it.

    Args:
        regular: Who writes.
        act: Does it.
        settings: Where our state is.
        then: How it was before; looked at when not given.

    Raises:
        errors.CheckError: It was refused, or stands halfway.
    """
    then = then or before(regular)
    with meanwhile.users_write(regular) as writers:
        done = act()
        writers.go_on()
    return _seen(regular, done, passage.of(writers), then, settings)


def _seen(
    regular: Regular, done: Upgraded | RolledBack, seen: facts.Passage, then: Before, settings: Settings
) -> Trial:
    read = regular.now().api.call("dialogs")
    if not read.ok:  # told by itself; everything else may be seen all the same
        regular.come_again()
    stack = regular.stack
    now = as_it_runs(stack, settings)
    pairs = services.pairs(stack.configuration, now.configuration) if stack.configuration and now.configuration else ()
    return Trial(
        before=then,
        done=done,
        passage=seen,
        calls=contract.of_regular(regular, then.calls),
        brought=brought.look(stack, regular.now().api),
        storage=data_places.changes(then.places, data_places.found(stack), pairs),
        services=stack.services(),
        read=read,
        found=regular.read_back(),
    )


def _why(done: Upgraded | RolledBack) -> str:
    return done.why if isinstance(done, RolledBack) else ""
