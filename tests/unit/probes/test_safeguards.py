"""Where logs go, and what services may use."""

from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.deployment import configuration
from agentchat_check.probes import safeguards
from engines import Engine, container
from stacks import attached


def test_logs_go_where_the_engine_says(engine: Engine, client: DockerClient) -> None:
    one, other = container("redis"), container("mysql")
    one["HostConfig"]["LogConfig"] = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    other["HostConfig"]["LogConfig"] = {"Type": "local", "Config": None}
    engine.containers = [one, other]
    with attached(client) as stack:
        assert safeguards.rotations(stack) == (
            facts.LogRotation("mysql", "local", "", ""),
            facts.LogRotation("redis", "json-file", "10m", "3"),
        )


@pytest.mark.parametrize(
    ("service", "limits"),
    [
        ({"deploy": {"resources": {"limits": {"memory": "1024", "cpus": 0.5}}}}, facts.Limits(1024, 0.5)),
        ({"mem_limit": "2048", "cpus": 2}, facts.Limits(2048, 2.0)),
        ({"deploy": {"resources": {}}}, facts.Limits(None, None)),
        ({}, facts.Limits(None, None)),
    ],
)
def test_limits_are_declared_in_either_place(service: dict[str, Any], limits: facts.Limits) -> None:
    assert safeguards.declared(service) == limits


def test_where_no_limits_are_declared_there_is_nothing_to_judge(engine: Engine, client: DockerClient) -> None:
    nothing = configuration({"name": "demo", "services": {"redis": {}}}, {})
    with attached(client, configuration=nothing) as stack, pytest.raises(errors.InapplicableError) as caught:
        safeguards.limits(stack)
    assert caught.value.actual == "demo declares no limits"
