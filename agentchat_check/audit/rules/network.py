"""Who reaches whom: hosts, dependencies, networks, ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agentchat_check.audit import configured, official
from agentchat_check.audit.files import Files
from agentchat_check.audit.places import Place
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen, each, of
from agentchat_check.audit.services import Service

_LOCAL = re.compile(r"(?:://|@|(?<=[\s\"'=,])|^)(?:[^\s/@\"']*@)?(localhost|127\.0\.0\.1|\[::1\]):(\d{2,5})\b")
_LOCAL_HOST = re.compile(r"^(localhost|127\.0\.0\.1|::1)$")
_HOST_VARIABLE = re.compile(r"(^|_)(HOST|HOSTNAME|SERVER|ENDPOINT)$")
_NOT_A_CONNECTION = re.compile(
    r"ORIGIN|CORS|ALLOWED|BIND|LISTEN|NO_PROXY|ADVERTISED|PUBLIC|EXTERNAL|REDIRECT|CALLBACK", re.IGNORECASE
)
_EVERYWHERE = {"", "0.0.0.0", "::", "*"}  # noqa: S104 - this is what is looked for
_SELF_CONTAINED = {"host", "none", "bridge"}


def _own_ports(service: Service) -> set[str]:
    usual = official.family(service.image)
    ports = {port.target for port in service.ports} | {port.published for port in service.ports} | set(service.expose)
    return ports | set(usual.ports if usual else ()) - {""}


def _told(service: Service, files: Files) -> Iterator[tuple[Place, str, str]]:
    """Where a service is told of hosts: place, variable, text. Variables, arguments, and files that it is given."""
    for name, value in service.environment.items():
        yield service.at(f"environment:{name}", "environment"), name, value or ""
    for key, words in (("command", service.command), ("entrypoint", service.entrypoint)):
        yield from ((service.at(key), "", word) for word in words or ())
    for one in files.images[service.name].instructions("ENV"):
        given = _assignments(one.text)
        yield from ((one.place, name, value) for name, value in given if name not in service.environment)
    for path in configured.files(service, files.images[service.name]):
        yield from ((place, "", text) for place, text in configured.settings(path))


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """What ENV sets: ``NAME=value NAME=value`` or ``NAME value``."""
    if "=" in text.split(" ", 1)[0]:
        for found in re.finditer(r"(\w+)=(\"[^\"]*\"|\S*)", text):
            yield found.group(1), found.group(2).strip('"')
    else:
        name, _, value = text.partition(" ")
        yield name, value.strip()


def _localhost(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    if service.word("network_mode") == "host" or service.word("network_mode").startswith(("service:", "container:")):
        return
    own = _own_ports(service)
    others = {port for other in files.services.values() for port in _own_ports(other)} - own
    given = set(configured.files(service, files.images[service.name]))
    for place, name, text in _told(service, files):
        if _NOT_A_CONNECTION.search(name):
            continue
        for host, port in _LOCAL.findall(text):
            # A file has settings for much that is not there: in it only ports of other services count.
            in_a_file = place.file in given
            if port not in own and (not in_a_file or (port in others and not _told_otherwise(service, port, files))):
                what = f"{name} names " if name else "it is told of "
                yield Hit(place, service.name, f"{service.name}: {what}{host}:{port}, which is itself")
                break
        else:
            if _LOCAL_HOST.match(text) and _HOST_VARIABLE.search(name):
                yield Hit(place, service.name, f"{service.name}: {name} names {text}, which is itself")


def _told_otherwise(service: Service, port: str, files: Files) -> bool:
    """Whether a variable that the application reads names another service where a file names this port."""
    having = {name for name, other in _names(files).items() if port in _own_ports(files.services[other])}
    told = {
        name
        for name, value in service.environment.items()
        if having & set(re.split(r"[^\w.-]+", value or "")) - {service.name}
    }
    return bool(configured.names_read(files.images[service.name], told))


def _names(files: Files) -> dict[str, str]:
    """Every name that a service answers to, and the service."""
    names: dict[str, str] = {}
    for service in files.services.values():
        for name in (service.name, *service.aliases):
            names.setdefault(name, service.name)
    return names


def _named_hosts(service: Service, files: Files, names: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    """Every other service that a service is told of, and where."""
    if not names:
        return
    one_of = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    address = re.compile(rf"(?:://(?:[^\s/@\"']*@)?({one_of})(?=[:/\s\"';]|$)|(?<![\w./-])({one_of}):\d{{2,5}}\b)")
    seen = set()
    for place, name, text in _told(service, files):
        found = [one.group(1) or one.group(2) for one in address.finditer(text)]
        if text in names and _HOST_VARIABLE.search(name):
            found.append(text)
        for host in found:
            other = names[host]
            if other != service.name and other not in seen:
                seen.add(other)
                yield other, place


def _waits_for(service: Service, files: Files) -> set[str]:
    """Everything that a service waits for, also through others."""
    found: set[str] = set()
    waiting = [service.name]
    while waiting:
        one = files.services.get(waiting.pop())
        more = set(one.dependencies) - found if one else set()
        found |= more
        waiting += more
    return found


def _missing_dependency(files: Files) -> Iterator[Hit | Unseen]:
    names = _names(files)
    for service in files.services.values():
        waits = _waits_for(service, files)
        for other, place in _named_hosts(service, files, names):
            # Two that name each other cannot both wait.
            if other not in waits and service.name not in _waits_for(files.services[other], files):
                text = f"{service.name}: it is told of {other}, and does not wait for it"
                yield Hit(place, service.name, text)


def _without_condition(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    for other, condition in service.dependencies.items():
        needed = files.services.get(other)
        if not condition and needed and needed.health and needed.health.test and not needed.health.disabled:
            text = f"it waits only until {other} is started, not until it is healthy"
            yield of(service, text, f"depends_on:{other}", "depends_on")


def _off_the_network(files: Files) -> Iterator[Hit | Unseen]:
    names = _names(files)
    for service in files.services.values():
        if service.word("network_mode") in _SELF_CONTAINED - {"bridge", "none"}:
            continue
        partners = {*service.dependencies, *(other for other, _ in _named_hosts(service, files, names))}
        for other in sorted(partners):
            one = files.services.get(other)
            if one is None or service.word("network_mode").startswith("service:") or one.word("network_mode"):
                continue
            done = service.dependencies.get(other) == "service_completed_successfully"
            if not done and not service.networks & one.networks:
                yield of(service, f"it shares no network with {other}", "networks", "network_mode")


def _all_interfaces(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    for port in service.ports:
        if port.host in _EVERYWHERE:
            text = f"port {port.target} is published on every interface of the host"
            yield of(service, text, f"ports:{port.published}:{port.target}", "ports")


def _container_name(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    if name := service.word("container_name"):
        yield of(service, f"its container is always named {name}", "container_name")


RULES = (
    Rule(
        "localhost-in-container",
        Severity.ERROR,
        "no service looks for another one on localhost",
        "Inside a container localhost is the container itself, and in a browser it is the user's own computer.",
        "name the service instead of localhost; for a browser, a path such as /api",
        each(_localhost),
    ),
    Rule(
        "missing-dependency",
        Severity.WARNING,
        "every service waits for those that its configuration names",
        "What starts before the service that it needs fails on some starts and not on others.",
        "add the service to depends_on",
        _missing_dependency,
    ),
    Rule(
        "depends-on-without-condition",
        Severity.WARNING,
        "what waits for a service waits until it is healthy",
        "Started is not ready: a database takes a while until it answers.",
        "write depends_on with condition: service_healthy; or service_started where that is meant",
        each(_without_condition),
    ),
    Rule(
        "off-the-shared-network",
        Severity.ERROR,
        "services that talk to each other share a network",
        "Without a common network the name of the other service cannot be resolved.",
        "put both services on one network",
        _off_the_network,
    ),
    Rule(
        "published-on-all-interfaces",
        Severity.WARNING,
        "ports are published on chosen addresses only",
        "Docker publishes past the host's firewall: a database or an unencrypted page is open to every network.",
        'publish on 127.0.0.1 ("127.0.0.1:8090:8090") and put a proxy with TLS before it; drop ports only services use',
        each(_all_interfaces),
    ),
    Rule(
        "fixed-container-name",
        Severity.NOTE,
        "containers are named by compose",
        "A fixed name keeps a second copy, such as a test environment for an upgrade, off the same host.",
        "remove container_name; where others use the name as a host, make it a network alias",
        each(_container_name),
    ),
)
