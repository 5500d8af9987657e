import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.deployment import Role
from agentchat_check.facts import Trouble
from agentchat_check.procedures import plan

EVERY = (Role.DATABASE, Role.CACHE, Role.OBJECTS)


@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert plan.make(seed, EVERY) == plan.make(seed, EVERY)
    assert str(plan.make(seed, EVERY)).startswith(f"seed {seed}; to repeat it: --plan-seed {seed}\n 1. ")


def test_another_seed_gives_another_order_and_other_moments() -> None:
    orders = {tuple((step.dependency, step.trouble) for step in plan.make(seed, EVERY).steps) for seed in range(8)}
    moments = {step.after for seed in range(8) for step in plan.make(seed, EVERY).steps}
    assert len(orders) == 8
    assert len(moments) > 50


@given(st.integers(0, 2**32))
def test_every_trouble_of_every_dependency_comes_once(seed: int) -> None:
    cells = [(step.dependency, step.trouble) for step in plan.make(seed, EVERY).steps]
    possible = {(who, what) for who in EVERY for what in Trouble} - {(Role.OBJECTS, Trouble.WRONG_PASSWORD)}
    assert len(cells) == len(set(cells))
    assert set(cells) == possible


@given(st.integers(0, 2**32))
def test_moments_lie_within_their_bounds_and_what_is_late_is_a_minute_late(seed: int) -> None:
    for step in plan.make(seed, [Role.DATABASE]).steps:
        assert 0.0 <= step.after <= 1.0
        assert step.lasts == 60.0 if step.trouble is Trouble.LATE else 1.5 <= step.lasts <= 3.0


@pytest.mark.parametrize("troubles", [[Trouble.PAUSED], [Trouble.LATE, Trouble.KILLED]])
def test_a_plan_of_some_troubles_has_no_others(troubles: list[Trouble]) -> None:
    steps = plan.make(1, [Role.CACHE], troubles, lateness=3.0).steps
    assert {step.trouble for step in steps} == set(troubles)
    assert all(step.lasts <= 3.0 for step in steps)


def test_a_plan_reads_as_what_will_be_done() -> None:
    step = plan.Disturbance(Role.CACHE, Trouble.WRONG_PASSWORD, after=0.25, lasts=2.0)
    assert str(plan.Plan(7, (step,))) == (
        "seed 7; to repeat it: --plan-seed 7\n 1. cache wrong password: after 0.25 s, for 2.00 s"
    )
