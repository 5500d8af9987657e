"""A plan is carried out step by step; what is seen is told, and what keeps us from looking, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.facts import Reply, Round, Trouble
from agentchat_check.procedures import disturb, plan, troubles
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container
from makers import Clock, answer, outer
from stacks import attached

OK, DOWN = outer(200, {"status": "OK"}), outer(503, {"status": "DOWN"})


class Asker:
    """Stands in for a user: asks the application of a test, which takes two seconds to come back."""

    def __init__(self, stack: Stack, clock: Clock) -> None:
        self.stack = stack
        self.clock = clock
        self.well_since: float | None = 0.0
        self.needs = 2.0
        self.stays_down = False
        self.logged_out = False
        self.came_again = 0

    def ask(self, begun: Callable[[], float], *, uploads: bool) -> Round:
        """A round as things are now; it takes a tenth of a second."""
        when = begun()
        works = self.well_since is not None and self.clock.now >= self.well_since + self.needs
        self.clock.now += 0.1
        self.needs = 1e9 if self.stays_down else self.needs
        reply = outer(401) if self.logged_out else answer() if works else outer(503)
        what = ["read", "write", "chat", "log in", *(["upload"] if uploads else [])]
        return Round(when, OK if works else DOWN, tuple(Reply(one, reply) for one in what))

    def come_again(self) -> None:
        """Log in again."""
        self.came_again += 1
        self.logged_out = False


@pytest.fixture
def asker(
    engine: Engine, client: DockerClient, clock: Clock, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Asker]:
    """Somebody who asks, and troubles that end when they should."""
    programs.answer("docker compose")
    engine.containers = [container(name) for name in ("backend", "mysql", "redis")]

    @contextmanager
    def made(stack: Stack, dependency: Role, trouble: Trouble) -> Iterator[None]:
        asking.well_since = None
        yield
        asking.well_since = clock.now

    monkeypatch.setattr(troubles, "made", made)
    monkeypatch.setattr(troubles, "well", lambda *_: None)
    monkeypatch.setattr(
        "agentchat_check.probes.cache.persistence", lambda _: facts.Persistence(appends=False, last_write="", unsaved=1)
    )
    with attached(client) as stack:
        asking = Asker(stack, clock)
        yield asking


def follow(asker: Any, *cells: tuple[Role, Trouble], lasts: float = 3.0) -> tuple[facts.Ordeal, ...]:
    """What was seen of these troubles."""
    steps = tuple(plan.Disturbance(who, what, after=0.5, lasts=lasts) for who, what in cells)
    return disturb.follow(plan.Plan(7, steps), asker, clock=asker.clock)


def test_it_is_asked_before_during_and_after(asker: Asker) -> None:
    (ordeal,) = follow(asker, (Role.CACHE, Trouble.PAUSED))
    assert (ordeal.subject, ordeal.obstacle, ordeal.limit, ordeal.patience) == ("redis, paused", "", 10.0, 30.0)
    assert [seen.works for seen in (ordeal.during[0], ordeal.during[-1], ordeal.after[-1])] == [False, False, True]
    assert ordeal.during[0].begun == pytest.approx(0.0)
    assert ordeal.during[-1].begun == pytest.approx(3.0, abs=0.5)
    assert ordeal.recovered == pytest.approx(2.0, abs=0.5)
    assert 0.5 in asker.clock.slept
    assert ordeal.backend_before
    assert ordeal.backend_after
    assert ordeal.backend_before.started == ordeal.backend_after.started


def test_what_never_works_again_is_waited_for_as_long_as_patience_lasts_and_then_restarted(
    asker: Asker, programs: Programs
) -> None:
    asker.stays_down = True
    (ordeal,) = follow(asker, (Role.DATABASE, Trouble.KILLED))
    assert ordeal.recovered is None
    assert ordeal.after[-1].begun - ordeal.after[0].begun == pytest.approx(30.0, abs=1.0)
    assert [line.partition("demo ")[2] for line in programs.lines] == ["restart backend"]


def test_a_late_one_is_waited_for_longer(asker: Asker) -> None:
    (ordeal,) = follow(asker, (Role.DATABASE, Trouble.LATE))
    assert ordeal.patience == 90.0


def test_a_trouble_that_cannot_be_made_is_an_obstacle_and_the_plan_goes_on(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = troubles.made

    @contextmanager
    def refused(stack: Stack, dependency: Role, trouble: Trouble) -> Iterator[None]:
        if trouble is Trouble.PAUSED:
            raise errors.StackError("pause redis", actual="unable to freeze")
        with works(stack, dependency, trouble):
            yield

    monkeypatch.setattr(troubles, "made", refused)
    first, second = follow(asker, (Role.CACHE, Trouble.PAUSED), (Role.CACHE, Trouble.REFUSED))
    assert (first.obstacle, first.rounds) == ("pause redis: unable to freeze", ())
    assert second.recovered is not None
    assert disturb.table([first, second]).splitlines()[1] == "redis       paused   not looked at"


def test_an_application_that_does_not_work_before_teaches_nothing(asker: Asker) -> None:
    asker.needs = 1e9
    (ordeal,) = follow(asker, (Role.CACHE, Trouble.KILLED))
    assert "an application that works, before the trouble" in ordeal.obstacle


@pytest.mark.parametrize(
    ("cell", "forgetful"),
    [
        ((Role.CACHE, Trouble.KILLED), True),
        ((Role.CACHE, Trouble.KILLED_AND_BACK), True),
        ((Role.CACHE, Trouble.REFUSED), False),
        ((Role.DATABASE, Trouble.KILLED), False),
    ],
)
def test_only_a_cache_that_is_killed_may_forget(asker: Asker, cell: tuple[Role, Trouble], forgetful: bool) -> None:
    assert follow(asker, cell)[0].forgetful is forgetful


def test_whoever_was_forgotten_logs_in_again(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(*_: object) -> None:
        asker.logged_out = True

    monkeypatch.setattr(troubles, "well", forgets)
    (ordeal,) = follow(asker, (Role.CACHE, Trouble.KILLED))
    assert asker.came_again == 1
    assert ordeal.recovered is not None


def test_a_table_tells_what_was_answered(asker: Asker) -> None:
    shown = disturb.table(follow(asker, (Role.CACHE, Trouble.PAUSED))).splitlines()
    assert shown[0].split() == (
        ["dependency", "trouble", "health", "read", "write", "chat", "log", "in", "slowest", "works", "again", "after"]
    )
    assert shown[1].startswith("redis       paused   503     503   503    503   503     0.0 s    ")


def test_dependencies_are_those_that_the_deployment_has(asker: Asker) -> None:
    assert disturb.dependencies(asker.stack) == (Role.DATABASE, Role.CACHE)
    assert disturb.require(asker.stack, Role.CACHE) is Role.CACHE
    with pytest.raises(errors.InapplicableError) as caught:
        disturb.require(asker.stack, Role.OBJECTS)
    assert caught.value.actual == "demo has no service for objects"
