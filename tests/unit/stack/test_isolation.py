from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.stack import compose_yaml, isolation, labels
from agentchat_check.stack.isolation import Isolation, Mounts


class Loader(yaml.SafeLoader):
    """Reads compose's two merge tags as pairs of the tag and what it is on."""


Loader.add_constructor("!reset", lambda *_: ("reset", None))
Loader.add_multi_constructor(
    "!override",
    lambda loader, _, node: (
        "override",
        loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.MappingNode)
        else loader.construct_sequence(node, deep=True),
    ),
)


def override(rendered: dict[str, Any], **given_: Any) -> dict[str, Any]:
    """The override for a deployment, read back from its file."""
    defaults: dict[str, Any] = {
        "labels": {labels.OWNER: "me"},
        "mounts": Mounts({}),
        "builds": {},
        "images": {},
        "env_files": {},
        "ca_bundle": None,
        "health_interval": 0.5,
        "start_interval": False,
    }
    changes = isolation.override(deployments.configuration(rendered, {}), Isolation(**{**defaults, **given_}))
    read: dict[str, Any] = yaml.load(compose_yaml.as_yaml(changes, header="one\ntwo"), Loader)  # noqa: S506 - a safe loader
    return read


def merged(below: Any, above: Any) -> Any:
    """What compose makes of a value and of what an override says of it."""
    match above:
        case ("reset", _):
            return None
        case ("override", value):
            return value
        case dict() if isinstance(below, dict):
            return {key: merged(below.get(key), above.get(key, below.get(key))) for key in {**below, **above}}
        case list() if isinstance(below, list):
            return [*below, *above]
    return above


def service(**settings: Any) -> dict[str, Any]:
    """A deployment with one service, a backend."""
    return {"name": "agentchat", "services": {"backend": {"image": "backend:1", **settings}}}


def changes(name: str, rendered: dict[str, Any], **given_: Any) -> dict[str, Any]:
    """What changes for one service."""
    found: dict[str, Any] = override(rendered, **given_)["services"][name]
    return found


names = st.sampled_from(["backend", "mysql", "redis", "frontend", "worker", "model"])
ports = st.fixed_dictionaries(
    {"target": st.integers(1, 65535)},
    optional={
        "published": st.sampled_from(["8090", "7860", "9000-9005"]),
        "host_ip": st.sampled_from(["0.0.0.0", "10.0.0.5"]),  # noqa: S104 - what a deployment may say
        "protocol": st.sampled_from(["tcp", "udp"]),
        "mode": st.just("ingress"),
    },
)
attachments = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "ipv4_address": st.just("172.20.0.5"),
        "ipv6_address": st.just("2001:db8::5"),
        "link_local_ips": st.just(["169.254.8.8"]),
        "mac_address": st.just("02:42:ac:11:65:43"),
        "aliases": st.just(["db"]),
    },
)
volumes = st.sampled_from(
    [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/srv/chat/conf", "target": "/etc/conf"},
        {"type": "tmpfs", "target": "/run"},
    ]
)
services = st.fixed_dictionaries(
    {"image": st.just("x:1")},
    optional={
        "container_name": st.sampled_from(["agentchat-mysql", "agentchat-backend"]),
        "ports": st.none() | st.lists(ports, max_size=4),
        "networks": st.none() | st.dictionaries(st.sampled_from(["default", "inner"]), attachments, min_size=1),
        "volumes": st.lists(volumes, max_size=3),
        "healthcheck": st.sampled_from(
            [{"test": ["CMD", "true"]}, {"disable": True}, {"interval": "30s", "retries": 5}]
        ),
        "depends_on": st.sampled_from([{"mysql": {"condition": "service_healthy"}}]),
    },
)
shared = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("agentchat_shared"),
        "external": st.just(True),  # noqa: FBT003 - compose's own form
        "driver_opts": st.just({"device": "/srv/data"}),
        "ipam": st.just({"config": [{"subnet": "172.20.0.0/16"}]}),
        "internal": st.booleans(),
    },
)
rendered_configurations = st.fixed_dictionaries(
    {
        "name": st.just("agentchat"),
        "services": st.dictionaries(names, services, min_size=1),
        "networks": st.fixed_dictionaries({"default": shared, "inner": shared}),
        "volumes": st.fixed_dictionaries({"data": st.none() | shared}),
    }
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rendered_configurations, st.booleans())
def test_whatever_a_deployment_says_two_stacks_of_it_never_meet(rendered: dict[str, Any], start_interval: bool) -> None:
    ours = override(rendered, start_interval=start_interval)
    stack = merged(rendered, ours)
    for name, one in stack["services"].items():
        assert one.get("container_name") is None
        assert {port["host_ip"] for port in one["ports"]} <= {"127.0.0.1"}
        assert not any("published" in port for port in one["ports"])
        declared = rendered["services"][name].get("ports") or []
        assert {(port["target"], port.get("protocol", "tcp")) for port in declared} <= {
            (port["target"], port["protocol"]) for port in one["ports"]
        }
        for attached in (one.get("networks") or {}).values():
            assert not {"ipv4_address", "ipv6_address", "link_local_ips", "mac_address"} & set(attached or {})
        assert one["labels"][labels.OWNER] == "me"
    for one in (*stack["volumes"].values(), *stack["networks"].values()):
        assert set(one) <= {"labels", "internal"}
        assert one["labels"] == {labels.OWNER: "me"}
    internal = {name for name, network in rendered["networks"].items() if network.get("internal")}
    assert {name for name, network in stack["networks"].items() if network.get("internal")} == internal


def test_a_service_on_the_hosts_own_network_cannot_be_kept_apart() -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        override(service(network_mode="host"))
    assert str(caught.value) == (
        "isolate the service backend\n"
        "  expected:   a network of its own\n"
        "  actual:     network_mode: host; a second copy would answer on the installation's own ports\n"
        "  next step:  look at the running installation instead: --attach PROJECT"
    )


@pytest.mark.parametrize(
    ("name", "port"), [("frontend", 8090), ("backend", 7860), ("mysql", 3306), ("redis", 6379), ("model", 8000)]
)
def test_a_role_that_publishes_nothing_is_published_for_probes_and_marked(name: str, port: int) -> None:
    found = changes(name, {"services": {name: {"image": "x:1"}}})
    assert found["ports"] == ("override", [{"target": port, "protocol": "tcp", "host_ip": "127.0.0.1"}])
    assert found["labels"][labels.ADDED_PORTS] == str(port)


@pytest.mark.parametrize("name", ["worker", "minio"])
def test_of_other_services_nothing_is_published(name: str) -> None:
    found = changes(name, {"services": {name: {"image": "x:1"}}})
    assert (found["ports"], found["labels"][labels.ADDED_PORTS]) == (("override", []), "")


def test_a_port_named_twice_is_published_once() -> None:
    found = changes("backend", service(ports=[{"target": 7860, "published": "7860"}, {"target": 7860}]))
    assert found["ports"] == ("override", [{"target": 7860, "protocol": "tcp", "host_ip": "127.0.0.1"}])


def test_bind_mounts_lead_into_the_copy_and_other_volumes_stay() -> None:
    inside, outside, data = (
        {"type": "bind", "source": "/srv/chat/conf", "target": "/conf", "read_only": True},
        {"type": "bind", "source": "/etc/localtime", "target": "/etc/localtime"},
        {"type": "volume", "source": "data", "target": "/data"},
    )
    mounts = Mounts({"/srv/chat/conf": Path("/copy/conf")})
    found = changes("backend", service(volumes=[inside, outside, data]), mounts=mounts)
    assert found["volumes"] == ("override", [{**inside, "source": "/copy/conf"}, outside, data])


def test_what_needs_no_change_is_not_mentioned() -> None:
    found = changes("backend", service(networks={"default": None}, volumes=[{"type": "tmpfs", "target": "/run"}]))
    assert set(found) == {"ports", "labels"}


@pytest.mark.parametrize(
    ("networks", "attached"),
    [
        (None, {"default": {"aliases": ["agentchat-mysql"]}}),
        ({"inner": None, "outer": {"aliases": ["db"], "ipv4_address": "172.20.0.5"}},
         {"inner": {"aliases": ["agentchat-mysql"]}, "outer": {"aliases": ["db", "agentchat-mysql"]}}),
        ({"inner": {"aliases": ["agentchat-mysql"]}}, None),
    ],
)  # fmt: skip
def test_a_container_name_that_is_lost_stays_an_alias(
    networks: dict[str, Any] | None, attached: dict[str, Any] | None
) -> None:
    found = changes("backend", service(container_name="agentchat-mysql", networks=networks))
    assert found["container_name"] == ("reset", None)
    assert found.get("networks") == (("override", attached) if attached else None)


def test_a_service_on_anothers_network_has_none_of_its_own() -> None:
    found = changes("backend", service(container_name="sidecar", network_mode="service:mysql"))
    assert "networks" not in found


def test_an_image_of_ours_is_built_by_its_section_or_not_at_all() -> None:
    section = {"context": "/srv/chat", "secrets": [{"source": "ca_bundle"}]}
    images = {"backend": "agentchat-check/backend:1"}
    built = changes("backend", service(), images=images, builds={"backend": section})
    replaced = changes("backend", service(), images=images)
    assert (built["image"], built["build"]) == ("agentchat-check/backend:1", section)
    assert (replaced["image"], replaced["build"]) == ("agentchat-check/backend:1", ("reset", None))


def test_env_files_from_elsewhere_are_named_absolutely() -> None:
    found = changes("backend", service(), env_files={"backend": ["/srv/secrets.env"]})
    assert found["env_file"] == ("override", ["/srv/secrets.env"])


@pytest.mark.parametrize(
    ("check", "given_", "expected"),
    [
        ({"test": "x"}, {}, {"interval": "2s", "start_period": "90s"}),
        ({"interval": "5s", "retries": 10, "start_period": "1m"}, {}, {"interval": "2s", "start_period": "110s"}),
        ({"interval": "5s"}, {"start_interval": True}, {"start_interval": "2s", "start_period": "15s"}),
        ({"interval": "5s"}, {"health_interval": 0}, None),
        ({"test": "x", "disable": True}, {}, None),
        ({}, {}, None),
    ],
)
def test_health_is_looked_at_often_and_with_the_patience_it_had(
    check: dict[str, Any], given_: dict[str, Any], expected: object
) -> None:
    assert changes("backend", service(healthcheck=check), **given_).get("healthcheck") == expected


def test_those_that_wait_and_that_are_waited_for_are_asked_more_often() -> None:
    one = {"image": "x:1", "healthcheck": {"test": "x"}}
    waits = {"mysql": {"condition": "service_healthy"}, "model": {"condition": "service_started"}}
    rendered = {
        "services": {"backend": {**one, "depends_on": waits}, "mysql": one, "model": one, "worker": one},
    }
    found = override(rendered)["services"]
    intervals = {name: service_["healthcheck"]["interval"] for name, service_ in found.items()}
    assert intervals == {"backend": "0.5s", "mysql": "0.5s", "model": "2s", "worker": "2s"}


@pytest.mark.parametrize(
    ("networks", "joined"), [({"inner": {"aliases": ["api"]}, "outer": None}, ["inner", "outer"]), (None, ["default"])]
)
def test_the_stub_model_joins_the_backends_networks(networks: dict[str, Any] | None, joined: list[str]) -> None:
    section = {"context": "/model"}
    found = changes("model", service(networks=networks), images={"model": "stub:1"}, builds={"model": section})
    assert (found["image"], found["build"], found["networks"]) == ("stub:1", section, joined)
    assert found["ports"] == [{"target": 8000, "host_ip": "127.0.0.1"}]
    assert found["labels"] == {labels.OWNER: "me", labels.ADDED_PORTS: "8000"}
    assert found["healthcheck"]["interval"] == "2s"


def test_the_stub_models_health_is_looked_at_even_where_the_deployments_own_pace_is_kept() -> None:
    found = changes("model", service(), images={"model": "stub:1"}, builds={"model": {}}, health_interval=0)
    assert found["healthcheck"]["interval"] == "5s"


def test_a_model_of_the_deployments_own_is_not_replaced_by_the_stub() -> None:
    found = changes("model", {"services": {"model": {"image": "vllm:1"}}}, images={"model": "vllm:2"})
    assert "healthcheck" not in found
    assert found["image"] == "vllm:2"


def test_builds_are_given_the_certificates_that_this_host_trusts() -> None:
    assert override(service())["secrets"] == {}
    assert override(service(), ca_bundle=Path("/etc/ca.crt"))["secrets"] == {"ca_bundle": {"file": "/etc/ca.crt"}}


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("1h0m0.5s", 3600.5),
        ("500ms", 0.5),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("100ns", 1e-7),
        ("1m5ms", 60.005),
        ("0s", 0),
    ],
)
def test_durations_are_read_as_compose_renders_them(duration: str, seconds: float) -> None:
    assert isolation.seconds(duration) == pytest.approx(seconds)


def test_pins_change_only_the_images_and_files_that_are_others() -> None:
    mount = {"type": "bind", "source": "/srv/nginx.conf", "target": "/etc/nginx.conf", "read_only": True}
    services = {
        "frontend": {"image": "page:1", "volumes": [mount, {"type": "volume", "source": "logs", "target": "/logs"}]},
        "backend": {"image": "chat:1", "volumes": [{"type": "volume", "source": "uploads", "target": "/uploads"}]},
        "mysql": {"image": "mysql:8.0"},
    }
    configuration = deployments.configuration({"services": services}, {})
    moved = Mounts({"/srv/nginx.conf": Path("/state/nginx.conf")})
    changes = isolation.pins(configuration, {"backend": "sha256:b"}, moved)
    read = yaml.load(compose_yaml.as_yaml(changes, header="why"), Loader)  # noqa: S506 - a safe loader
    assert read == {
        "services": {
            "frontend": {
                "volumes": ("override", [{**mount, "source": "/state/nginx.conf"}, services["frontend"]["volumes"][1]])
            },
            "backend": {"image": "sha256:b"},
        }
    }
    assert isolation.pins(configuration, {}, Mounts({})) == {}
