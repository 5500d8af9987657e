"""Exactly the declared ports are published, and the scripts name nothing that a browser cannot reach."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import exposure
from agentchat_check.facts import Port
from agentchat_check.findings import Verdict
from makers import outer, script, service, unanswered

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound


def published(
    services: Sequence[facts.Service], declared: Mapping[str, Sequence[Port]] | None, *, exact: bool = True
) -> tuple[Verdict, str]:
    finding = exposure.declared_ports(services, declared, exact=exact)
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def frontend(*ports: Port, **changes: object) -> facts.Service:
    return service("frontend", ports=ports, **changes)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    ("is_", "declared"),
    [
        ([Port(80, EVERYWHERE, 8090), Port(80, "::", 8090)], [Port(80, "", 8090)]),
        ([Port(80, "127.0.0.1", 8090)], [Port(80, "127.0.0.1", 8090)]),
        ([Port(80, "::1", 8090)], [Port(80, "::1", 8090)]),
        ([Port(53, EVERYWHERE, 53, "udp")], [Port(53, "", 53, "udp")]),
        ([Port(80, EVERYWHERE, 49153), Port(80, "::", 49154)], [Port(80, "", 0)]),
        ([Port(3306), Port(33060)], []),
        ([], []),
    ],
)
def test_ports_as_they_are_declared_hold(is_: list[Port], declared: list[Port], exact: bool) -> None:
    assert published([frontend(*is_)], {"frontend": declared}, exact=exact) == (Verdict.HOLDS, "they agree")


def test_a_difference_is_told_with_what_to_do() -> None:
    finding = exposure.declared_ports(
        [frontend(Port(80, EVERYWHERE, 8091)), service("mysql", ports=(Port(3306, "::", 3306),))],
        {"frontend": [Port(80, "", 8090)]},
        exact=True,
    )
    assert str(finding) == (
        "BROKEN: exactly the declared ports are published\n"
        "  expected:   the ports of the compose files\n"
        "  actual:     frontend publishes 8091->80/tcp, which is not declared\n"
        "              frontend does not publish 8090->80/tcp\n"
        "              mysql publishes 3306->3306/tcp, which is not declared\n"
        f"  next step:  {exposure.DECLARED_PORTS.next_step}"
    )


@pytest.mark.parametrize(
    ("is_", "declared", "exact", "cause"),
    [
        ([], [Port(80, "", 8090)], False, "frontend does not publish 80/tcp"),
        ([Port(80, EVERYWHERE, 8090)], [], False, "frontend publishes 80/tcp, which is not declared"),
        ([Port(80, EVERYWHERE, 8090)], [Port(80, "", 8090, "udp")], False,
         "frontend publishes 80/tcp, which is not declared\nfrontend does not publish 80/udp"),
        ([Port(80, EVERYWHERE, 8090)], [Port(80, "127.0.0.1", 8090)], True,
         "frontend publishes 8090->80/tcp, which is not declared\nfrontend does not publish 127.0.0.1:8090->80/tcp"),
        ([Port(80, "::1", 8090)], [], True, "frontend publishes [::1]:8090->80/tcp, which is not declared"),
        ([], [Port(80, "", 0)], True, "frontend does not publish 80/tcp"),
        ([Port(80, EVERYWHERE, 49153)], [Port(80, "127.0.0.1", 0)], True,
         "frontend publishes 80/tcp, which is not declared\nfrontend does not publish 80/tcp"),
    ],
)  # fmt: skip
def test_a_port_too_many_or_too_few_is_broken(is_: list[Port], declared: list[Port], exact: bool, cause: str) -> None:
    assert published([frontend(*is_)], {"frontend": declared}, exact=exact) == (Verdict.BROKEN, cause)


def test_what_isolation_publishes_for_probes_is_not_the_deployment_s() -> None:
    probed = service("mysql", ports=(Port(3306, "127.0.0.1", 49153),), added_ports=(3306,))
    assert published([probed], {"mysql": []}, exact=False) == (Verdict.HOLDS, "they agree")


def test_a_declared_service_without_a_container_publishes_nothing() -> None:
    assert published([service("mysql")], {"mysql": [], "frontend": [Port(80, "", 8090)]}) == (
        Verdict.BROKEN,
        "frontend does not publish 8090->80/tcp",
    )


def test_the_containers_of_one_service_share_its_ports() -> None:
    several = [frontend(Port(80, EVERYWHERE, 8090)), frontend(Port(80, EVERYWHERE, 8091))]
    assert published(several, {"frontend": [Port(80, "", 8090), Port(80, "", 8091)]}) == (Verdict.HOLDS, "they agree")


def test_without_compose_files_it_is_unknown() -> None:
    assert published([frontend()], None) == (Verdict.UNKNOWN, "they are not on this host, or not readable")


def test_without_containers_there_is_nothing_to_agree() -> None:
    assert published([], {}) == (Verdict.UNKNOWN, "the project has no containers")
    assert published([], {"frontend": [Port(80, "", 8090)]})[0] is Verdict.BROKEN


ports = st.builds(Port, st.sampled_from([80, 81]), st.sampled_from(["", "127.0.0.1", "::1"]), st.sampled_from([1, 2]))


@given(st.sets(ports), st.sets(ports))
def test_exactly_means_exactly(is_: set[Port], declared: set[Port]) -> None:
    verdict, _ = published([frontend(*is_)], {"frontend": tuple(declared)})
    assert (verdict is Verdict.HOLDS) == (is_ == declared)


HOSTS = ["backend", "mysql", "agentchat-backend"]


def named(*scripts: facts.HttpAnswer, hosts: Sequence[str] = HOSTS) -> tuple[Verdict, str]:
    finding = exposure.no_internal_hosts(iter(scripts), hosts)
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    "text",
    [
        "",
        'fetch("/api/v1/dialog")',
        'fetch("https://backend.example.org/api")',
        'fetch("https://my-backend/api")',
        'var backend = "mysql:3306";',
        '"http://localhost/"',
        "// backend: see the manual",
        '"http://www.w3.org/2000/svg"',
    ],
)
def test_addresses_of_its_own_origin_hold(text: str) -> None:
    assert named(script(text)) == (Verdict.HOLDS, "none")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('fetch("http://backend:7860/api/v1")', "http://backend:7860/api/v1"),
        ("fetch('HTTPS://Backend/api')", "HTTPS://Backend/api"),
        ("new WebSocket(`ws://agentchat-backend:7860`)", "ws://agentchat-backend:7860"),
        ('wss="wss://mysql/x y"', "wss://mysql/x"),
        ('u="//backend/api"', '"//backend/api'),
        ('u="http://backend"', "http://backend"),
        ('u="http://localhost:7860/api"', "http://localhost:7860/api"),
        ('u="http://127.0.0.1:7860"', "http://127.0.0.1:7860"),
    ],
)
def test_an_address_that_only_means_something_inside_is_broken(text: str, found: str) -> None:
    assert named(script("ok();"), script(text)) == (Verdict.BROKEN, f"main.js: {found}")


def test_each_address_is_told_once_by_script() -> None:
    twice = script('a("http://backend:1"); b("http://backend:1"); c("http://mysql:3306")')
    other = script('"http://backend:1"', url="http://127.0.0.1:8090/assets/chunk-1a2b.js")
    assert str(exposure.no_internal_hosts([twice, other], HOSTS)) == (
        "BROKEN: the served scripts name no internal host\n"
        "  expected:   addresses of the page's own origin only\n"
        "  actual:     chunk-1a2b.js: http://backend:1\n"
        "              main.js: http://backend:1\n"
        "              main.js: http://mysql:3306\n"
        f"  next step:  {exposure.NO_INTERNAL_HOSTS.next_step}"
    )


@pytest.mark.parametrize("hosts", [[], [""]])
def test_without_names_only_the_visitor_s_own_computer_counts(hosts: list[str]) -> None:
    assert named(script('"//" + x + "http://backend/"'), hosts=hosts) == (Verdict.HOLDS, "none")
    assert named(script('"http://localhost:7860"'), hosts=hosts)[0] is Verdict.BROKEN


def test_a_name_is_no_pattern() -> None:
    assert named(script('"http://a-b/"'), hosts=["a.b"]) == (Verdict.HOLDS, "none")
    assert named(script('"http://a.b/"'), hosts=["a.b"])[0] is Verdict.BROKEN


def test_without_scripts_it_is_unknown() -> None:
    assert named() == (Verdict.UNKNOWN, "the page names no script")


@pytest.mark.parametrize("lost", [unanswered(), outer(404), outer(502, None)])
def test_a_script_that_did_not_arrive_was_not_looked_at(lost: facts.HttpAnswer) -> None:
    assert named(script("ok();"), lost) == (Verdict.UNKNOWN, f"not all of them arrived:\n{lost}")
    assert named(script('"http://backend/"'), lost)[0] is Verdict.BROKEN
