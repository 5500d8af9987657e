"""Can this host bring a stack up, and is it fit to?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise
from agentchat_check.versions import COMPOSE_MINIMUM, at_least

MEMORY_NEEDED = 2 * 2**30
"""Bytes; a stack takes 1 to 1.5 GiB (backend 0.4, database 0.5, page up to 0.4), the browser 0.3."""

DISK_NEEDED = 6 * 2**30
"""Bytes; the images take 2 GiB, building them as much again, and a database room to grow."""

CLOCK_SKEW_ALLOWED = 2.0
"""Seconds between this host's clock and the engine's; beyond, tokens and timelines do not agree."""

ENGINE = Promise(
    "host.engine",
    "a Docker engine answers",
    "start it, or name another one: DOCKER_HOST, or `docker context use`; as root on Debian or Ubuntu, "
    "`agentchat-check up` installs one",
)
COMPOSE = Promise(
    "host.compose",
    f"docker compose is {COMPOSE_MINIMUM} or later",
    "install the package docker-compose-plugin or docker-compose-v2; version 1 (docker-compose) does not count",
)
MEMORY = Promise("host.memory", "there is memory for a stack", "stop what is not needed, or use a larger host")
DISK = Promise("host.disk", "there is room for images and data", "make room: docker system df shows what takes it")
PORTS = Promise("host.ports", "this host reaches the ports of stacks", "use an engine on this host")
CLOCK = Promise("host.clock", "the clocks agree", "set the clocks by NTP: timedatectl set-ntp true")
IMAGES = Promise(
    "host.images",
    "the images are here, or can be had",
    "let the engine reach a registry, or build them here: AGENTCHAT_CHECK_IMAGES=debian",
)
REGISTRY = Promise(
    "host.registry",
    "a registry is in reach, where one is needed",
    "let the engine reach it; behind a proxy, configure the engine's: /etc/docker/daemon.json",
)
BROWSER = Promise(
    "host.browser", "there is a browser for the page's checks", "install Chromium; as root on Debian it is installed"
)


def judge(host: facts.Host, *, buildable: bool) -> list[Finding]:
    """Everything a bring-up needs, one finding each, in the order in which it is needed.

    Args:
        host: What was seen of it.
        buildable: Whether images may be built from Debian packages here.
    """
    return [
        engine(host),
        compose(host),
        memory(host),
        disk(host),
        ports(host),
        clock(host),
        images(host, buildable=buildable),
        registry(host, buildable=buildable),
        browser(host),
    ]


def engine(host: facts.Host) -> Finding:
    """An engine answers where it is looked for."""
    return ENGINE.judge(
        host.engine is not None,
        expected=f"an answer at {host.engine_address}",
        actual=f"Docker {host.engine.version}" if host.engine else host.engine_error or "none",
    )


def compose(host: facts.Host) -> Finding:
    """Its compose is new enough."""
    return COMPOSE.judge(
        at_least(host.compose, COMPOSE_MINIMUM),
        expected=f"{COMPOSE_MINIMUM} or later",
        actual=host.compose or "none",
    )


def memory(host: facts.Host) -> Finding:
    """There is memory to spare."""
    return MEMORY.judge(
        host.memory_available >= MEMORY_NEEDED,
        expected=f"{_gib(MEMORY_NEEDED)} available",
        actual=f"{_gib(host.memory_available)} available",
    )


def disk(host: facts.Host) -> Finding:
    """There is room where the engine keeps its data."""
    expected = f"{_gib(DISK_NEEDED)} free where the engine keeps its data"
    if host.disk_free is None:
        return _unseen(DISK, expected, host)
    return DISK.judge(host.disk_free >= DISK_NEEDED, expected=expected, actual=f"{_gib(host.disk_free)} free")


def ports(host: facts.Host) -> Finding:
    """The engine is on this host; who holds AgentChat's own ports is told, and keeps nobody from a stack of ours."""
    expected = "an engine whose 127.0.0.1 is ours"
    if host.engine is None:
        return _unseen(PORTS, expected, host)
    held = ", ".join(f"{port} is held by {holder}" for port, holder in host.port_holders.items())
    return PORTS.judge(
        host.engine.local,
        expected=expected,
        actual=(held or "AgentChat's own ports are free") if host.engine.local else f"it is at {host.engine_address}",
    )


def clock(host: facts.Host) -> Finding:
    """Our clock and the engine's agree."""
    expected = f"at most {CLOCK_SKEW_ALLOWED:g} s apart"
    if host.engine is None:
        return _unseen(CLOCK, expected, host)
    skew = abs(host.engine.clock_skew)
    return CLOCK.judge(skew <= CLOCK_SKEW_ALLOWED, expected=expected, actual=f"{skew:.1f} s apart")


def images(host: facts.Host, *, buildable: bool) -> Finding:
    """The images are on the engine, or a registry has them, or they can be built."""
    expected = "each here, or a registry that answers, or Debian packages to build from"
    if host.engine is None:
        return _unseen(IMAGES, expected, host)
    if not (host.images_here or host.images_missing):
        return IMAGES.unknown(expected=expected, actual="none was looked for", next_step=IMAGES.next_step)
    missing = len(host.images_missing)
    source = "a registry has them" if host.registry else "they can be built" if buildable else "there is no source"
    return IMAGES.judge(
        not missing or host.registry or buildable,
        expected=expected,
        actual=f"{missing} of {missing + len(host.images_here)} are missing; {source}" if missing else "all are here",
    )


def registry(host: facts.Host, *, buildable: bool) -> Finding:
    """The engine reaches a registry, or needs none."""
    expected = "a registry that answers, where images have to come from one"
    if host.engine is None:
        return _unseen(REGISTRY, expected, host)
    needed = bool(host.images_missing) and not buildable
    silent = "none answers" if needed else "none answers, and none is needed"
    return REGISTRY.judge(
        host.registry or not needed, expected=expected, actual="it answers" if host.registry else silent
    )


def browser(host: facts.Host) -> Finding:
    """Chromium is on this host."""
    return BROWSER.judge(bool(host.chromium), expected="Chromium", actual=host.chromium or "none")


def _unseen(promise: Promise, expected: str, host: facts.Host) -> Finding:
    return promise.unknown(
        expected=expected,
        actual=f"not seen: {host.engine_error or 'the engine is on another host'}",
        next_step="reach the engine first",
    )


def _gib(size: float) -> str:
    return f"{int(10 * size / 2**30) / 10:.1f} GiB"  # rounded down: what is not enough must not read as enough
