"""Containers as an operator knows them from docker ps."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from makers import service


@pytest.mark.parametrize(
    ("port", "shown"),
    [
        (facts.Port(3306), "3306/tcp"),
        (facts.Port(53, protocol="udp"), "53/udp"),
        (facts.Port(80, "0.0.0.0", 8090), "0.0.0.0:8090->80/tcp"),  # noqa: S104 - shown, not bound
        (facts.Port(80, "::", 8090), "[::]:8090->80/tcp"),
        (facts.Port(80, "fe80::1", 8090), "[fe80::1]:8090->80/tcp"),
        (facts.Port(80, "", 8090), "8090->80/tcp"),
        (facts.Port(80, "127.0.0.1", 0), "80/tcp"),
        (facts.Port(80, "127.0.0.1", None), "80/tcp"),
    ],
)
def test_a_port_is_shown_as_docker_shows_it(port: facts.Port, shown: str) -> None:
    assert str(port) == shown


EXITED: dict[str, Any] = {"state": "exited", "health": ""}
RESTARTING: dict[str, Any] = {"state": "restarting", "health": "", "exit_code": 1, "restarts": 3}
KILLED: dict[str, Any] = {**EXITED, "exit_code": 137, "oom_killed": True}


@pytest.mark.parametrize(
    ("changes", "shown", "settled"),
    [
        ({}, "running (healthy)", True),
        ({"health": ""}, "running", True),
        ({"health": "unhealthy"}, "running (unhealthy)", False),
        ({"health": "starting"}, "running (starting)", False),
        ({"state": "created", "health": ""}, "created", False),
        ({"state": "paused"}, "paused (healthy)", False),
        (RESTARTING, "restarting (exit code 1, 3 restarts)", False),
        ({"state": "dead", "health": ""}, "dead (exit code 0)", False),
        (KILLED, "exited (exit code 137, killed for memory)", False),
        ({**EXITED, "restart_policy": "no"}, "exited (exit code 0)", True),
        ({**EXITED, "restart_policy": ""}, "exited (exit code 0)", True),
        ({**EXITED, "restart_policy": "on-failure"}, "exited (exit code 0)", True),
        ({**EXITED, "restart_policy": "always"}, "exited (exit code 0)", False),
        ({**EXITED, "restart_policy": "unless-stopped"}, "exited (exit code 0)", False),
        ({**EXITED, "restart_policy": "no", "exit_code": 1}, "exited (exit code 1)", False),
    ],
)
def test_a_container_is_shown_with_what_is_remarkable(changes: dict[str, Any], shown: str, settled: bool) -> None:
    seen = service(**changes)
    assert (str(seen), seen.settled) == (f"backend {shown}", settled)


@given(
    st.sampled_from(["created", "paused", "restarting", "dead", "removing", "", "RUNNING"]),
    st.sampled_from(["", "healthy", "unhealthy", "starting"]),
    st.sampled_from(["", "no", "always", "on-failure", "unless-stopped"]),
)
def test_only_what_runs_or_is_done_is_where_it_should_be(state: str, health: str, policy: str) -> None:
    assert not service(state=state, health=health, restart_policy=policy).settled
