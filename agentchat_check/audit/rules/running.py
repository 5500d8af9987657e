"""How services run: restarts, limits, logs, privileges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agentchat_check.audit.files import Files
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen, each, of
from agentchat_check.audit.services import Service

_ROTATING = {"local", "none", "journald", "syslog", "gelf", "fluentd", "awslogs", "splunk", "gcplogs", "loki"}
_NAMESPACES = {
    "network_mode": "network",
    "pid": "processes",
    "ipc": "shared memory",
    "uts": "host name",
    "userns_mode": "users",
}


def _lasting(files: Files) -> list[Service]:
    """Services that are meant to run on; what others wait for to end is not."""
    ending = {
        name
        for service in files.services.values()
        for name, condition in service.dependencies.items()
        if condition == "service_completed_successfully"
    }
    return [service for service in files.services.values() if service.name not in ending]


def _no_restart(files: Files) -> Iterator[Hit | Unseen]:
    for service in _lasting(files):
        if service.word("restart") in {"", "no", "false"}:
            yield of(service, "nothing starts it again when it or the host fails", "restart")


def _uneven_restart(files: Files) -> Iterator[Hit | Unseen]:
    lasting = [service for service in _lasting(files) if service.word("restart") not in {"", "no", "false"}]
    policies = Counter(service.word("restart").partition(":")[0] for service in lasting)
    usual = policies.most_common(1)[0][0] if policies else ""
    for service in lasting:
        policy = service.word("restart").partition(":")[0]
        if policy != usual:
            yield of(service, f"it restarts {policy}, most others {usual}", "restart")


def _no_limit(files: Files) -> Iterator[Hit | Unseen]:
    for service in files.in_production.values():
        if not service.memory_limit:
            yield of(service, "its memory has no limit", "deploy")


def _no_rotation(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    driver, options = service.logging
    if driver.partition(":")[0] not in _ROTATING and not options.get("max-size"):
        yield of(service, "its log grows without end", "logging")


def _privileged(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    if service.word("privileged") == "true":
        yield of(service, "it is privileged", "privileged")


def _socket(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    for mount in service.mounts:
        if mount.source.endswith(("/docker.sock", "/podman.sock", "/containerd.sock")):
            yield of(service, f"it is given {mount.source}", f"volumes:{mount.target}", "volumes")


def _host_namespace(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    for key, what in _NAMESPACES.items():
        if service.word(key) == "host":
            yield of(service, f"it shares the host's {what}", key)


RULES = (
    Rule(
        "no-restart-policy",
        Severity.WARNING,
        "every service is started again when it fails",
        "A crash or a reboot of the host stops the service until somebody notices.",
        "add restart: unless-stopped",
        _no_restart,
    ),
    Rule(
        "uneven-restart-policies",
        Severity.NOTE,
        "all services have the same restart policy",
        "After a reboot or a stop some services come back and others do not.",
        "give all of them the same policy",
        _uneven_restart,
    ),
    Rule(
        "no-memory-limit",
        Severity.WARNING,
        "the memory of every service is limited, in production at least",
        "One service that leaks takes the memory of all, and the kernel kills whichever it likes.",
        "add deploy.resources.limits.memory, somewhat above what you have seen",
        _no_limit,
    ),
    Rule(
        "no-log-rotation",
        Severity.WARNING,
        "logs are rotated",
        "Docker keeps every line for ever by default, and a full disk stops the database.",
        "add logging with max-size and max-file, or the driver local",
        each(_no_rotation),
    ),
    Rule(
        "privileged",
        Severity.ERROR,
        "no service is privileged",
        "A privileged container can do whatever root can do on the host.",
        "remove privileged; add the one capability or device that is needed",
        each(_privileged),
    ),
    Rule(
        "docker-socket",
        Severity.ERROR,
        "no service is given the engine's socket",
        "Who can talk to the engine is root on the host, read-only mount or not.",
        "remove the mount; where it must be, put a proxy before it that lets only some calls through",
        each(_socket),
    ),
    Rule(
        "host-namespace",
        Severity.WARNING,
        "no service shares the host's namespaces",
        "It sees, and reaches, everything that runs on the host, past every network of the deployment.",
        "remove it; publish the ports that are needed",
        each(_host_namespace),
    ),
)
