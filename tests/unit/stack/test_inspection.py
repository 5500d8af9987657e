from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.deployment import Role
from agentchat_check.stack import inspection, labels
from engines import container


def test_a_container_is_read_into_facts() -> None:
    attrs = container("mysql", image="mysql:8.0", ports={3306: 32768}, tags={labels.ADDED_PORTS: "3306,33060"})
    found = inspection.service(attrs, {"mysql": Role.DATABASE})
    assert (found.name, found.role, found.container) == ("mysql", Role.DATABASE, "id-of-mysql")
    assert (found.image, found.image_id) == ("mysql:8.0", "sha256:mysql")
    assert (found.state, found.health, found.exit_code, found.restarts) == ("running", "", 0, 0)
    assert (found.restart_policy, found.oom_killed, found.started) == ("unless-stopped", False, "2026-11-22T10:15:00Z")
    assert found.ports == (facts.Port(3306, "127.0.0.1", 32768),)
    assert found.addresses == ("172.30.0.2",)
    assert found.added_ports == (3306, 33060)


def test_a_service_without_a_role_and_without_ports_of_ours_has_none() -> None:
    found = inspection.service(container("worker"), {"mysql": Role.DATABASE})
    assert (found.role, found.ports, found.added_ports) == ("", (), ())


@pytest.mark.parametrize(
    ("health", "said", "output"),
    [
        (None, "", ""),
        ({"Status": "none"}, "", ""),
        ({"Status": "starting", "Log": []}, "starting", ""),
        ({"Status": "starting", "Log": None}, "starting", ""),
        ({"Status": "unhealthy", "Log": [{"Output": "first"}, {"Output": "refused\n"}]}, "unhealthy", "refused"),
        ({"Status": "healthy", "Log": [{}]}, "healthy", ""),
    ],
)
def test_health_is_what_the_last_look_said(health: dict[str, Any] | None, said: str, output: str) -> None:
    found = inspection.service(container("backend", state={"Health": health}), {})
    assert (found.health, found.health_output) == (said, output)


@pytest.mark.parametrize(
    ("ports", "read"),
    [
        (None, ()),
        ({"9000/tcp": None}, (facts.Port(9000),)),
        ({"9000/tcp": []}, (facts.Port(9000),)),
        ({"53/udp": [{"HostIp": "", "HostPort": ""}]}, (facts.Port(53, protocol="udp"),)),
        (
            {"80/tcp": [{"HostIp": "10.0.0.5", "HostPort": "8090"}, {"HostIp": "::", "HostPort": "8090"}]},
            (facts.Port(80, "10.0.0.5", 8090), facts.Port(80, "::", 8090)),
        ),
    ],
)
def test_every_binding_of_a_port_is_one(ports: dict[str, Any] | None, read: tuple[facts.Port, ...]) -> None:
    attrs = container("backend")
    attrs["NetworkSettings"]["Ports"] = ports
    assert inspection.service(attrs, {}).ports == read


def test_a_container_that_does_not_run_has_no_address() -> None:
    attrs = container("backend")
    attrs["NetworkSettings"]["Networks"] = {"demo_default": {"IPAddress": ""}}
    assert inspection.service(attrs, {}).addresses == ()
