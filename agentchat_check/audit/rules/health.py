"""Health checks: whether there is one, and whether it tells anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentchat_check.audit import shell
from agentchat_check.audit.files import Files
from agentchat_check.audit.ruling import NOT_IN_FILES, Hit, Rule, Severity, Unseen, each, of
from agentchat_check.audit.services import Service

_PROVES_NOTHING = (
    (re.compile(r"^\s*(true|:|exit 0|echo\b[^|&;]*|/bin/true|/usr/bin/true)\s*$"), "it always succeeds"),
    (re.compile(r"(\|\||;)\s*(true|:|exit 0|/bin/true)\s*$"), "whatever fails, it succeeds"),
    (re.compile(r"^\s*(pgrep|pidof|ps)\b"), "it only sees that a process exists, not that it answers"),
    (
        re.compile(r"\bmysqladmin\b.*\bping\b"),
        "mysqladmin ping succeeds with a wrong password, and during a first start",
    ),
    (re.compile(r"^\s*redis-cli\b[^|&;]*\bping\s*$"), "redis-cli exits with 0 whatever Redis answers, an error too"),
)
_CURL_FAILS = re.compile(r"(^|\s)(-[a-zA-Z]*f[a-zA-Z]*|--fail(-with-body)?)(\s|$)")


def _is_one_shot(service: Service, files: Files) -> bool:
    """Whether others wait for its end: what does its work and ends has no health."""
    return any(
        other.dependencies.get(service.name) == "service_completed_successfully" for other in files.services.values()
    )


def _none(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    if service.health and service.health.disabled:
        yield of(service, "its health check is turned off", "healthcheck:disable", "healthcheck:test", "healthcheck")
    elif not (service.health and service.health.test) and not _is_one_shot(service, files):
        brings = files.images[service.name].checks_health()
        if brings is None:
            yield Unseen(service.name, NOT_IN_FILES)
        elif not brings:
            yield of(service, "it has no health check")


def _command(service: Service) -> str:
    """The command of a health check, as one line; "" where there is none."""
    if service.health is None or service.health.disabled or not service.health.test:
        return ""
    kind, *words = service.health.test
    return " ".join(words) if kind in {"CMD", "CMD-SHELL"} else ""


def _proves_nothing(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    command = _command(service)
    for pattern, why in _PROVES_NOTHING:
        if command and pattern.search(command):
            yield of(service, why, "healthcheck:test")
            return
    if re.match(r"\s*curl\b", command) and not _CURL_FAILS.search(command) and "|" not in command:
        yield of(service, "curl without --fail succeeds with every answer, a 500 too", "healthcheck:test")


def _missing_program(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    if not _command(service) or service.health is None:
        return
    kind, *words = service.health.test
    called = words[:1] if kind == "CMD" else ["sh", *(call.name for call in shell.calls(words[0] if words else ""))]
    for program in dict.fromkeys(called):
        told = files.images[service.name].holds(program)
        if told is None:
            yield Unseen(service.name, f"{NOT_IN_FILES}: {program}")
        elif not told:
            yield of(service, f"its health check calls {program}, which its image does not hold", "healthcheck:test")


def _no_start_period(service: Service, _: Files) -> Iterator[Hit | Unseen]:
    if _command(service) and service.health and not service.health.start_period:
        yield of(service, "its health check has no start_period", "healthcheck")


RULES = (
    Rule(
        "no-health-check",
        Severity.WARNING,
        "every service has a health check",
        "Without one a service counts as started as soon as its process runs, and a hung one is never seen.",
        "add a healthcheck that asks what users ask: curl -f http://localhost:PORT/health, SELECT 1",
        each(_none),
    ),
    Rule(
        "health-check-proves-nothing",
        Severity.WARNING,
        "every health check can fail",
        "A check that succeeds whatever the service does lets everything that waits for it start too early.",
        'ask for something that only a working service answers: curl -f, SELECT 1, test "$$(redis-cli ping)" = PONG',
        each(_proves_nothing),
    ),
    Rule(
        "health-check-calls-missing-program",
        Severity.ERROR,
        "every health check calls a program that its image holds",
        "A check whose program is missing always fails: the service stays unhealthy, and nothing that waits starts.",
        "install the program in the Dockerfile, or check with one that is there",
        each(_missing_program),
    ),
    Rule(
        "no-start-period",
        Severity.NOTE,
        "every health check gives its service time to start",
        "Failures while a service still starts count, and a slow start on a busy host ends as unhealthy.",
        "add start_period, as long as the slowest start you have seen",
        each(_no_start_period),
    ),
)
