"""Faults, and what each of them breaks, of dependencies in trouble and of restarts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from agentchat_check.checks import durability, layers, resilience
from agentchat_check.deployment import Role
from agentchat_check.facts import Trouble
from agentchat_check.faults.startup import resilience as resilience_faults
from agentchat_check.faults.startup import restarts as restarts_faults
from agentchat_check.findings import Promise
from agentchat_check.procedures import disturb
from agentchat_check.stack.running import Stack

Fault = Callable[[Stack], AbstractContextManager[None]]


class InTrouble(NamedTuple):
    """A fault of the backend, the trouble that brings it to light, and every promise it breaks, with the cause.

    Attributes:
        patience: Seconds in which everything has to work again; short where it never will.
    """

    fault: Fault
    dependency: Role
    trouble: Trouble
    breaks: dict[Promise, str]
    patience: float = disturb.RECOVERY

    def __str__(self) -> str:
        """The fault, and the trouble."""
        return f"{self.fault.__name__}-{self.dependency} {self.trouble}"


class Restarted(NamedTuple):
    """A fault that a restart brings to light, and every promise it breaks, with the cause."""

    fault: Fault
    breaks: dict[Promise, str]

    def __str__(self) -> str:
        """The fault."""
        return self.fault.__name__


IN_TROUBLE = [
    InTrouble(
        resilience_faults.health_always_ok,
        Role.CACHE,
        Trouble.REFUSED,
        {resilience.TELLS_THE_TRUTH: "during: it says OK"},
    ),
    InTrouble(
        resilience_faults.no_time_limit,
        Role.CACHE,
        Trouble.PAUSED,
        {resilience.ANSWERS_HONESTLY: "no answer after 10"},
    ),
    InTrouble(
        resilience_faults.nothing_instead_of_an_error,
        Role.DATABASE,
        Trouble.KILLED,
        {resilience.ANSWERS_HONESTLY: "without the dialog that was begun before"},
    ),
    InTrouble(
        resilience_faults.logged_out_instead_of_an_error,
        Role.CACHE,
        Trouble.WRONG_PASSWORD,
        {resilience.TOKENS_STAY_VALID: "401 (Log in first)"},
    ),
    InTrouble(
        resilience_faults.never_connects_again,
        Role.CACHE,
        Trouble.WRONG_PASSWORD,
        {resilience.RECOVERS: "not after 10 s"},
        patience=10.0,
    ),
    InTrouble(
        resilience_faults.ends_with_its_cache,
        Role.CACHE,
        Trouble.PAUSED,
        {
            resilience.RECOVERS: "the backend was started again",
            resilience.ANSWERS_HONESTLY: "connection",
        },
    ),
]

RESTARTED = [
    Restarted(restarts_faults.seeds_at_every_start, {durability.SEEDED_ONCE: "2 before, 4 after"}),
    Restarted(restarts_faults.sessions_only_in_memory, {durability.SESSIONS_LIVE: "401"}),
]

RECREATED: dict[Promise, str] = {
    layers.DATA_IN_VOLUMES: "backend: /app/uploads/",
    durability.NOTHING_LOST: "is not returned",
}
"""What is broken where uploaded files lie in the container's own layer, and the backend is recreated."""

BROKEN: set[Promise] = {promise for case in [*IN_TROUBLE, *RESTARTED] for promise in case.breaks} | set(RECREATED)
