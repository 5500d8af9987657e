"""A host is fit to bring a stack up, or what it lacks is named in the order in which it is needed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import host as checks
from agentchat_check.findings import Verdict
from makers import GIB, host

REFUSED = "connection refused: no engine runs there"
NO_ENGINE: dict[str, Any] = {
    "engine": None,
    "engine_error": REFUSED,
    "disk_free": None,
    "images_here": (),
    "images_missing": ("mysql:8.0", "redis:7.0-alpine"),
    "registry": False,
}


def engine(**changes: Any) -> facts.Engine:
    return facts.Engine(**{"version": "28.0.0", "local": True, "root": "/", "clock_skew": 0.0, **changes})


def told(seen: facts.Host, *, buildable: bool = True) -> dict[str, tuple[Verdict, str]]:
    """What is said of a host, by check."""
    findings = checks.judge(seen, buildable=buildable)
    for finding in findings:
        assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return {finding.check.partition(".")[2]: (finding.verdict, finding.actual) for finding in findings}


def test_a_fit_host_holds_in_everything() -> None:
    assert told(host()) == {
        "engine": (Verdict.HOLDS, "Docker 28.0.0"),
        "compose": (Verdict.HOLDS, "2.26.1"),
        "memory": (Verdict.HOLDS, "3.0 GiB available"),
        "disk": (Verdict.HOLDS, "20.0 GiB free"),
        "ports": (Verdict.HOLDS, "AgentChat's own ports are free"),
        "clock": (Verdict.HOLDS, "0.2 s apart"),
        "images": (Verdict.HOLDS, "all are here"),
        "registry": (Verdict.HOLDS, "it answers"),
        "browser": (Verdict.HOLDS, "/usr/bin/chromium"),
    }


def test_without_an_engine_what_depends_on_it_is_unknown_and_never_a_pass() -> None:
    unseen = (Verdict.UNKNOWN, f"not seen: {REFUSED}")
    assert told(host(**NO_ENGINE)) == {
        **told(host()),
        "engine": (Verdict.BROKEN, REFUSED),
        **dict.fromkeys(["disk", "ports", "clock", "images", "registry"], unseen),
    }


def test_an_engine_that_does_not_answer_is_told_whole() -> None:
    assert str(checks.engine(host(**NO_ENGINE))) == (
        "BROKEN: a Docker engine answers\n"
        "  expected:   an answer at unix:///var/run/docker.sock\n"
        "  actual:     connection refused: no engine runs there\n"
        "  next step:  start it, or name another one: DOCKER_HOST, or `docker context use`; as root on Debian or"
        " Ubuntu, `agentchat-check up` installs one"
    )
    assert checks.engine(host(engine=None, engine_error="")).actual == "none"


@pytest.mark.parametrize(
    ("changes", "check", "actual"),
    [
        ({"compose": ""}, "compose", "none"),
        ({"compose": "2.23.3"}, "compose", "2.23.3"),
        ({"memory_available": 2 * GIB - 1}, "memory", "1.9 GiB available"),
        ({"memory_available": 0}, "memory", "0.0 GiB available"),
        ({"disk_free": 6 * GIB - 1}, "disk", "5.9 GiB free"),
        ({"disk_free": 0}, "disk", "0.0 GiB free"),
        ({"engine": engine(clock_skew=2.1)}, "clock", "2.1 s apart"),
        ({"engine": engine(clock_skew=-3600.0)}, "clock", "3600.0 s apart"),
        ({"engine": engine(clock_skew=float("nan"))}, "clock", "nan s apart"),
        (
            {"engine": engine(local=False, clock_skew=0.25), "engine_address": "ssh://far"},
            "ports",
            "it is at ssh://far",
        ),
        ({"chromium": ""}, "browser", "none"),
    ],
)
def test_what_a_host_lacks_is_broken_and_nothing_else(changes: dict[str, Any], check: str, actual: str) -> None:
    assert told(host(**changes)) == {**told(host()), check: (Verdict.BROKEN, actual)}


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"compose": "2.24.0"}, "compose"),
        ({"memory_available": 2 * GIB}, "memory"),
        ({"disk_free": 6 * GIB}, "disk"),
        ({"engine": engine(clock_skew=-2.0)}, "clock"),
    ],
)
def test_just_enough_is_enough(changes: dict[str, Any], check: str) -> None:
    assert told(host(**changes))[check][0] is Verdict.HOLDS


def test_the_disk_of_an_engine_elsewhere_is_not_ours_to_see() -> None:
    finding = checks.disk(host(disk_free=None))
    assert str(finding) == (
        "UNKNOWN: there is room for images and data\n"
        "  expected:   6.0 GiB free where the engine keeps its data\n"
        "  actual:     not seen: the engine is on another host\n"
        "  next step:  reach the engine first"
    )


def test_who_holds_the_ports_of_an_installation_is_told_and_keeps_nobody_from_a_stack() -> None:
    held = {8090: "nginx (pid 7)", 7860: "another program"}
    finding = checks.ports(host(port_holders=held))
    assert finding.verdict is Verdict.HOLDS
    assert finding.actual == "8090 is held by nginx (pid 7), 7860 is held by another program"


@pytest.mark.parametrize(
    ("registry", "buildable", "images", "answers"),
    [
        (True, True, (Verdict.HOLDS, "1 of 2 are missing; a registry has them"), (Verdict.HOLDS, "it answers")),
        (True, False, (Verdict.HOLDS, "1 of 2 are missing; a registry has them"), (Verdict.HOLDS, "it answers")),
        (
            False,
            True,
            (Verdict.HOLDS, "1 of 2 are missing; they can be built"),
            (Verdict.HOLDS, "none answers, and none is needed"),
        ),
        (
            False,
            False,
            (Verdict.BROKEN, "1 of 2 are missing; there is no source"),
            (Verdict.BROKEN, "none answers"),
        ),
    ],
)
def test_missing_images_need_a_source(
    registry: bool, buildable: bool, images: tuple[Verdict, str], answers: tuple[Verdict, str]
) -> None:
    seen = host(images_here=("redis:7.0-alpine",), images_missing=("mysql:8.0",), registry=registry)
    assert (told(seen, buildable=buildable)["images"], told(seen, buildable=buildable)["registry"]) == (images, answers)


def test_no_registry_is_needed_where_all_images_are_here() -> None:
    seen = told(host(registry=False), buildable=False)
    assert seen["images"] == (Verdict.HOLDS, "all are here")
    assert seen["registry"] == (Verdict.HOLDS, "none answers, and none is needed")


def test_images_that_nobody_looked_for_are_unknown() -> None:
    assert told(host(images_here=(), images_missing=()))["images"] == (Verdict.UNKNOWN, "none was looked for")


@given(st.builds(engine, local=st.booleans(), clock_skew=st.floats()) | st.none(), st.booleans(), st.booleans())
def test_nothing_that_the_engine_would_have_told_holds_without_it(
    seen: facts.Engine | None, registry: bool, buildable: bool
) -> None:
    verdicts = {
        check: verdict
        for check, (verdict, _) in told(host(engine=seen, registry=registry), buildable=buildable).items()
    }
    if seen is None:
        assert {verdicts[check] for check in ("ports", "clock", "images", "registry")} == {Verdict.UNKNOWN}
