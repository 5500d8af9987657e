"""Which trouble comes when: chosen by a seed, so that whoever has the number can repeat it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from agentchat_check.deployment import Role
from agentchat_check.facts import Trouble

LATENESS = 60.0
"""Seconds that a late dependency comes after the backend has begun to want it."""

CALM = (0.0, 1.0)
"""Seconds, from and to, between the last look at a working application and the trouble."""

LENGTH = (1.5, 3.0)
"""Seconds, from and to, that a trouble lasts before it is looked at for the last time."""

_NOT_POSSIBLE = {Role.OBJECTS: {Trouble.WRONG_PASSWORD}}
"""MinIO takes its password at its start alone; nothing that runs can be given another one."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One trouble of one dependency.

    Attributes:
        dependency: Whose.
        trouble: Which.
        after: Seconds of calm before it.
        lasts: Seconds.
    """

    dependency: Role
    trouble: Trouble
    after: float
    lasts: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Disturbances, one after the other.

    Attributes:
        seed: What chose their order and their moments.
        steps: In order.
    """

    seed: int
    steps: tuple[Disturbance, ...]

    def __str__(self) -> str:
        """The plan as it is shown before it begins."""
        lines = [
            f"{number:2}. {step.dependency} {step.trouble}: after {step.after:.2f} s, for {step.lasts:.2f} s"
            for number, step in enumerate(self.steps, start=1)
        ]
        return "\n".join([f"seed {self.seed}; to repeat it: --plan-seed {self.seed}", *lines])


def make(
    seed: int, dependencies: Sequence[Role], troubles: Sequence[Trouble] = tuple(Trouble), *, lateness: float = LATENESS
) -> Plan:
    """Every trouble of every dependency once, in an order and at moments of the seed's.

    Args:
        seed: The same gives the same plan.
        dependencies: Whose troubles.
        troubles: Which; those that a dependency cannot have are left out.
        lateness: Seconds that a late dependency is late.
    """
    chance = random.Random(f"{seed} {' '.join(dependencies)}")  # noqa: S311 - repeatable on purpose
    cells = [(who, what) for who in dependencies for what in troubles if what not in _NOT_POSSIBLE.get(who, ())]
    chance.shuffle(cells)
    return Plan(
        seed,
        tuple(
            Disturbance(
                who,
                what,
                after=round(chance.uniform(*CALM), 2),
                lasts=lateness if what is Trouble.LATE else round(chance.uniform(*LENGTH), 2),
            )
            for who, what in cells
        ),
    )
