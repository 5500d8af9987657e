"""A stack at rest: as well as it was when it came up."""

import pytest
from docker import DockerClient

import stacks
from agentchat_check import errors
from agentchat_check.deployment import Role
from engines import Engine, container

SICK = {"Health": {"Status": "unhealthy", "Log": []}}


def test_a_service_that_was_unhealthy_from_the_start_is_waited_for_no_longer(
    client: DockerClient, engine: Engine
) -> None:
    engine.containers = [container("backend"), container("frontend", state=SICK)]
    roles = {Role.BACKEND: "backend", Role.FRONTEND: "frontend"}
    with stacks.attached(client, roles=roles, unhealthy=frozenset({"frontend"})) as stack:
        stack.settle(timeout=0.0)
        assert all(map(stack.is_at_rest, stack.services()))


def test_a_service_that_became_unhealthy_later_is_waited_for(client: DockerClient, engine: Engine) -> None:
    engine.containers = [container("backend", state=SICK), container("frontend", state=SICK)]
    roles = {Role.BACKEND: "backend", Role.FRONTEND: "frontend"}
    with stacks.attached(client, roles=roles, unhealthy=frozenset({"frontend"})) as stack:
        with pytest.raises(errors.TimeoutError, match="backend running \\(unhealthy\\)"):
            stack.settle(timeout=0.0)
        backend, frontend = stack.services()
        assert not stack.is_at_rest(backend)
        assert stack.is_at_rest(frontend)
