"""What is reachable from outside, and what does it give away?"""

from __future__ import annotations

import re
import urllib.parse
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

OWN_PORTS = frozenset({7860, 8090, 9000, 9001})
"""Ports of AgentChat that a browser may be sent to: the API, the page, and the object store's two."""

_OPENING = re.compile(r"""(?i)^["'`(](?=https?:|wss?:)""")


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
    expected, differences, down = "the ports of the compose files", [], []
    for name in sorted({*declared, *(service.name for service in services)}):
        containers = [service for service in services if service.name == name]
        if containers and declared.get(name) and not any(one.state == "running" for one in containers):
            down += [f"{one}: it publishes nothing until it runs" for one in containers]
            continue
        ports = [port for one in containers for port in one.ports if port.target not in one.added_ports]
        anywhere = {(port.target, port.protocol) for port in declared.get(name, ()) if not port.published}
        is_ = _published(ports, anywhere, exact=exact)
        should = _published(declared.get(name, ()), anywhere, exact=exact)
        differences += [f"{name} publishes {port}, which is not declared" for port in sorted(map(str, is_ - should))]
        differences += [f"{name} does not publish {port}" for port in sorted(map(str, should - is_))]
    if not differences and (down or not services):
        return DECLARED_PORTS.unknown(
            expected=expected,
            actual="\n".join(down) or "the project has no containers",
            next_step="bring it up first: docker compose logs SERVICE" if down else DECLARED_PORTS.next_step,
        )
    return DECLARED_PORTS.judge(
        not differences, expected=expected, actual="\n".join(differences + down) or "they agree"
    )


def no_internal_hosts(
    scripts: Iterable[facts.HttpAnswer], hosts: Iterable[str], ports: Iterable[int] = OWN_PORTS
) -> Finding:
    """No script has an address of a service, of a container, or of the application on the visitor's own computer.

    An address is what a string of the script begins with; one in the middle of a sentence is only shown, and one in a
    comment not even that. Another port of the visitor's computer is somebody else's program: an example, say.

    Args:
        scripts: What the page loads.
        hosts: Names that only mean something inside the deployment.
        ports: The application's ports on its own host.
    """
    scripts, expected = tuple(scripts), "addresses of the page's own origin only"
    names = "|".join(sorted(map(re.escape, filter(None, hosts)))) or "(?!)"
    numbers = "|".join(str(port) for port in sorted(ports)) or "(?!)"
    internal = re.compile(
        r"""(?:["'`(](?:https?:|wss?:)?|\})//"""
        rf"""(?:(?:{names})(?=[:/"'`])|(?:localhost|127\.0\.0\.1):(?:{numbers})(?!\d))[^"'`\s)]*""",
        re.IGNORECASE,
    )
    found = {
        f"{_name(script)}: {_OPENING.sub('', match[0])}"
        for script in scripts
        for text in [str(script.body)]
        for match in internal.finditer(text)
        if not _is_in_comment(text, match.start())
    }
    unseen = [str(script) for script in scripts if not script.ok]
    if not found and (unseen or not scripts):
        return NO_INTERNAL_HOSTS.unknown(
            expected=expected,
            actual="\n".join(["not all of them arrived:", *unseen]) if unseen else "the page names no script",
            next_step="see why: look at the page's own checks",
        )
    return NO_INTERNAL_HOSTS.judge(not found, expected=expected, actual="\n".join(sorted(found)) or "none")


def _name(script: facts.HttpAnswer) -> str:
    return urllib.parse.urlsplit(script.url).path.rsplit("/", 1)[-1]


def _is_in_comment(text: str, position: int) -> bool:
    """Whether the line before a place begins as a comment does; a development server serves comments, too."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line.lstrip().startswith(("//", "/*", "*"))


def _published(ports: Iterable[facts.Port], anywhere: set[tuple[int, str]], *, exact: bool) -> set[facts.Port]:
    """Published ports to compare; IPv4 and IPv6 of one publication are one.

    Args:
        ports: All of them.
        anywhere: Ports and protocols for which the engine chooses the host's port; it is not compared.
        exact: Whether the host's address and port are compared.
    """
    published = set()
    for port in ports:
        if port.published is None:
            continue
        host = "" if port.host in {"", "0.0.0.0", "::"} else port.host  # noqa: S104 - compared, not bound
        published.add(
            facts.Port(
                port.target, host, 0 if (port.target, port.protocol) in anywhere else port.published, port.protocol
            )
            if exact
            else facts.Port(port.target, protocol=port.protocol)
        )
    return published
