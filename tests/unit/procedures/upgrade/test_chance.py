from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.procedures.upgrade import chance
from agentchat_check.procedures.upgrade.chance import Act, Kind, Plan

RELEASES = ("ref-1", "ref-2", "ref-3")


@given(st.integers(0, 10**9), st.integers(1, 12), st.integers(0, 12))
def test_a_shorter_plan_is_the_beginning_of_a_longer_one(seed: int, length: int, more: int) -> None:
    longer = chance.make(seed, RELEASES, length + more)
    assert chance.make(seed, RELEASES, length).acts == longer.acts[:length]


@given(st.integers(0, 10**9))
def test_each_step_is_possible_after_the_ones_before_it(seed: int) -> None:
    runs, former = 0, None
    for act in chance.make(seed, RELEASES, 12).acts:
        after = RELEASES.index(act.release)
        match act.kind:
            case Kind.UPGRADE:
                assert after == runs + 1
                runs, former = after, runs
            case Kind.ROLL_BACK:
                assert after == former
                runs, former = after, None
            case _:
                assert after == runs


def test_every_kind_of_step_comes_in_a_few_plans() -> None:
    acts = [act for seed in range(20) for act in chance.make(seed, RELEASES, 6).acts]
    assert {act.kind for act in acts} == set(Kind)
    assert any(act.way == "switching to" for act in acts)


def test_where_there_is_one_release_nothing_is_upgraded() -> None:
    assert {act.kind for act in chance.make(7, ["ref-1"], 20).acts} == {Kind.WRITE, Kind.RESTART}


def test_a_plan_says_how_to_repeat_it() -> None:
    acts = (
        Act(Kind.UPGRADE, "ref-2", "switching to"),
        Act(Kind.RESTART, "ref-2", "down, up"),
        Act(Kind.WRITE, "ref-2"),
        Act(Kind.ROLL_BACK, "ref-1"),
    )
    assert str(Plan(42, acts)).splitlines() == [
        "seed 42; to repeat it: --plans 1 --plan-seed 42 --plan-length 4; fewer steps are its beginning",
        ' 1. upgrade to ref-2, killed at "switching to", and once more',
        " 2. restart: down, up",
        " 3. write",
        " 4. roll back to ref-1",
    ]
