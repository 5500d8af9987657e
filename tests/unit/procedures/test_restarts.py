"""Each way to start a stack again is what an administrator types; what is left is looked at afterwards."""

from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check import errors, facts
from agentchat_check.procedures import restarts
from agentchat_check.settings import Settings
from agentchat_check.stack import provision
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container
from makers import answer, outer

FOUND = facts.ReadBack({}, answer(), (), {}, {})
SEEDS = ((facts.SeedRow("agent", "helper", "0"),), (answer(),))


@pytest.fixture
def stack_of_three(engine: Engine, stack: Stack, programs: Programs) -> Stack:
    """A stack of three services that compose answers for."""
    engine.containers = [container(name) for name in ("backend", "mysql", "redis")]
    programs.answer("docker compose")
    return stack


class User:
    """Stands in for a user whose token is as a test says."""

    def __init__(self, stack: Stack, read: facts.HttpAnswer) -> None:
        self.stack = stack
        self.read = read
        self.came_again = 0
        self.refused = False

    def now(self) -> Any:
        """The user's API."""
        return SimpleNamespace(api=SimpleNamespace(seeds=lambda: SEEDS, call=lambda _: self.read))

    def come_again(self) -> None:
        """Log in again."""
        self.came_again += 1
        if self.refused:
            raise errors.StackError("log in")

    def read_back(self) -> facts.ReadBack:
        """What is left."""
        return FOUND


def verbs(programs: Programs) -> list[str]:
    """What compose was told, in order."""
    return [line.partition("--project-name demo ")[2] for line in programs.lines]


@pytest.mark.parametrize(
    ("way", "told"),
    [("restart", ["restart"]), ("stop, start", ["stop", "start"])],
)
def test_a_way_is_what_an_administrator_types(
    stack_of_three: Stack, programs: Programs, way: str, told: list[str]
) -> None:
    user: Any = User(stack_of_three, answer())
    after = restarts.survive(way, user, Settings())
    assert verbs(programs) == told
    assert (after.way, after.found, after.read.ok, after.forgetful, user.came_again) == (way, FOUND, True, False, 0)
    assert after.seeds_before == after.seeds_after == SEEDS[0]
    assert len(after.listings) == 2
    assert [service.name for service in after.services] == ["backend", "mysql", "redis"]


def test_down_keeps_the_volumes_and_up_follows(
    stack_of_three: Stack, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    came_up: list[float] = []
    monkeypatch.setattr(Stack, "up", lambda _, timeout: came_up.append(timeout))
    restarts.down_and_up(stack_of_three)
    assert (verbs(programs), came_up) == (["down"], [restarts.PATIENCE])


def test_a_loss_of_power_kills_all_and_the_engine_starts_all(
    stack_of_three: Stack, engine: Engine, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "agentchat_check.probes.cache.persistence", lambda _: facts.Persistence(appends=False, last_write="", unsaved=1)
    )
    user: Any = User(stack_of_three, outer(401))
    after = restarts.survive("reboot of the host", user, Settings())
    assert verbs(programs) == ["kill"]
    assert sorted(engine.started) == ["id-of-backend", "id-of-mysql", "id-of-redis"]
    assert (after.forgetful, user.came_again) == (True, 1)


def test_whoever_is_not_let_in_any_more_does_not_keep_us_from_looking(stack_of_three: Stack) -> None:
    user: Any = User(stack_of_three, outer(401))
    user.refused = True
    assert restarts.survive("restart", user, Settings()).found is FOUND


@pytest.mark.parametrize(
    ("named", "recreated"), [((), ["backend", "mysql", "redis"]), (("redis",), ["redis"])], ids=["all", "one"]
)
def test_each_service_is_recreated_by_itself(
    stack_of_three: Stack, programs: Programs, named: tuple[str, ...], recreated: list[str]
) -> None:
    user: Any = User(stack_of_three, answer())
    aftermaths = restarts.survive_recreation(user, named)
    assert [after.way for after in aftermaths] == [f"recreation of {name}" for name in recreated]
    assert verbs(programs) == [f"up --detach --no-deps --no-build --force-recreate {name}" for name in recreated]


def test_an_engine_that_is_ours_alone_is_restarted_as_a_reboot_does(
    stack_of_three: Stack, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    restarted = []
    monkeypatch.setattr(provision, "may_restart", lambda *_: True)
    monkeypatch.setattr(provision, "restart", lambda *_: restarted.append("the engine"))
    user: Any = User(stack_of_three, answer())
    after = restarts.survive("reboot of the host", user, Settings())
    assert (restarted, verbs(programs)) == (["the engine"], [])
    assert (after.way, after.forgetful) == ("reboot of the host, by its engine", False)
