"""A start that is watched."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from docker import DockerClient

import stacks
from agentchat_check.procedures import starting
from agentchat_check.stack import process
from engines import Engine, container


class GaveUp:
    """``docker compose up``, which has ended with an error."""

    def done(self) -> bool:
        """Whether it has ended."""
        return True

    def completed(self) -> process.Completed:
        """What it left behind."""
        return process.Completed(("docker",), 1, "", "dependency failed to start")


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose brings nothing up."""

    @contextmanager
    def running(*_: Any, **__: Any) -> Iterator[GaveUp]:
        yield GaveUp()

    monkeypatch.setattr(process, "running", running)


def sick(service: str, **more: Any) -> dict[str, Any]:
    log = [
        {"ExitCode": 1, "End": "2026-11-24T12:00:01.000000000Z", "Output": ""},
        {"ExitCode": 0, "End": "2026-11-24T20:00:02.500000001+08:00", "Output": ""},
        {"ExitCode": 0, "End": "2026-11-24T12:00:09Z", "Output": ""},
    ]
    return container(service, state={"Health": {"Status": "unhealthy", "Log": log}}, **more)


@pytest.mark.usefixtures("up")
def test_a_start_that_fails_is_a_course_too(client: DockerClient, engine: Engine) -> None:
    account = {"MYSQL_USER": "agentchat", "MYSQL_PASSWORD": "s3cret", "MYSQL_DATABASE": "agentchat"}
    engine.containers = [sick("mysql", environment=account, ports={3306: 1}), sick("redis")]
    with stacks.attached(client) as stack:
        course = starting.watched(stack, timeout=9)
    assert not course.came_up
    assert [(one.who, one.accepted) for one in course.log_ins] == [("agentchat on agentchat", False)]
    assert course.passed["redis"] == datetime(2026, 11, 24, 12, 0, 2, 500_000, UTC)
    assert course.healthy("cache") == course.passed["redis"]
    assert course.started("backend") is None


@pytest.mark.usefixtures("up")
def test_before_there_is_a_database_nobody_is_asked(client: DockerClient) -> None:
    with stacks.attached(client) as stack:
        assert starting.watched(stack, timeout=9).log_ins == ()


def test_services_on_their_way_up_are_waited_for_and_others_are_not(client: DockerClient, engine: Engine) -> None:
    engine.containers = [
        sick("mysql"),
        container("redis", state={"Status": "exited", "Health": {"Status": "starting"}}),
    ]
    with stacks.attached(client) as stack:
        assert [service.name for service in starting.at_rest(stack, timeout=9)] == ["mysql", "redis"]
        engine.containers = [container("redis", state={"Health": {"Status": "starting"}})]
        assert [service.health for service in starting.at_rest(stack, timeout=0)] == ["starting"]


@pytest.mark.usefixtures("up")
def test_of_a_stack_that_is_not_well_nobody_asks_for_its_seeds(client: DockerClient, engine: Engine) -> None:
    engine.containers = [sick("mysql")]
    with stacks.attached(client) as stack:
        assert [service.health for service in starting.tried(stack, timeout=9)] == ["unhealthy"]
        assert starting.seeds(stack) == ((), ())
