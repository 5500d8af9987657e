"""What is reachable from outside, and what does it give away?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

DECLARED_PORTS = Promise(
    "exposure.declared_ports",
    "exactly the declared ports are published",
    "recreate the service that differs: docker compose up --detach SERVICE; if the project was started with variables "
    "from a shell, export them for this run, too",
)
NO_INTERNAL_HOSTS = Promise(
    "exposure.no_internal_hosts",
    "the served scripts name no internal host",
    "build the frontend with addresses of its own origin (/api/…): a browser cannot reach the name above",
)


def declared_ports(
    services: Sequence[facts.Service], declared: Mapping[str, Sequence[facts.Port]] | None, *, exact: bool
) -> Finding:
    """Every published port is declared, and every declared one published.

    Args:
        services: The containers.
        declared: What the compose files declare, by service; None when they are not here to be read.
        exact: Whether the host's address and port must be the declared ones too; a stack of ours has others.
    """
    if declared is None:
        return DECLARED_PORTS.unknown(
            expected="the compose files that this project was started from",
            actual="they are not on this host, or not readable",
            next_step="run on the host and with the user that started the project",
        )
    differences = []
    for service in services:
        is_, should = _published(service.ports, exact=exact), _published(declared.get(service.name, ()), exact=exact)
        is_ = {port for port in is_ if port.target not in service.added_ports}
        differences += [
            f"{service.name} publishes {port}, which is not declared" for port in sorted(map(str, is_ - should))
        ]
        differences += [f"{service.name} does not publish {port}" for port in sorted(map(str, should - is_))]
    return DECLARED_PORTS.judge(
        not differences, expected="the ports of the compose files", actual="\n".join(differences) or "they agree"
    )


def no_internal_hosts(scripts: Iterable[facts.HttpAnswer], hosts: Iterable[str]) -> Finding:
    """No script names a service, a container, or a port of the visitor's own computer.

    Args:
        scripts: What the page loads.
        hosts: Names that only mean something inside the deployment.
    """
    names = "|".join(sorted(map(re.escape, hosts))) or "(?!)"
    internal = re.compile(
        rf"""(?:https?:|wss?:|["'`])//(?:(?:{names})(?=[:/"'`])|(?:localhost|127\.0\.0\.1):\d+)[^"'`\s]*"""
    )
    found = {
        f"{script.url.rsplit('/', 1)[-1]}: {match[0]}"
        for script in scripts
        for match in internal.finditer(str(script.body))
    }
    return NO_INTERNAL_HOSTS.judge(
        not found, expected="addresses of the page's own origin only", actual="\n".join(sorted(found)) or "none"
    )


def _published(ports: Iterable[facts.Port], *, exact: bool) -> set[facts.Port]:
    """Published ports to compare; IPv4 and IPv6 of one publication are one."""
    published = set()
    for port in ports:
        if port.published is None:
            continue
        host = "" if port.host in {"", "0.0.0.0", "::"} else port.host  # noqa: S104 - compared, not bound
        published.add(
            facts.Port(port.target, host, port.published, port.protocol)
            if exact
            else facts.Port(port.target, protocol=port.protocol)
        )
    return published
