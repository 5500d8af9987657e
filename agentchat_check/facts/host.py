"""This host and its engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentchat_check.facts.moment import Moment


@dataclass(frozen=True, slots=True)
class Engine:
    """The Docker engine as it describes itself.

    Attributes:
        version: Its version, "20.10.24".
        local: Whether it runs on this host, so that its ports on 127.0.0.1 are ours to reach.
        root: Directory of its data.
        clock_skew: Seconds its clock is ahead of ours.
    """

    version: str
    local: bool
    root: str
    clock_skew: float


@dataclass(frozen=True, slots=True)
class Host:
    """This host, before anything is brought up.

    Attributes:
        engine: The engine, or None when none answered.
        engine_error: Why none answered.
        engine_address: Where it was looked for.
        compose: Version of docker compose, or "".
        memory_available: Bytes.
        disk_free: Bytes free where the engine keeps its data; None when that is on another host.
        port_holders: Programs that hold AgentChat's own ports, by port.
        images_here: Images of the chosen set that are on this host.
        images_missing: Images of that set that are not.
        registry: Whether the registry of the official images answered the engine.
        chromium: The browser for the page's checks, or "".
        seen: When we looked.
    """

    engine: Engine | None
    engine_error: str
    engine_address: str
    compose: str
    memory_available: int
    disk_free: int | None
    port_holders: dict[int, str]
    images_here: tuple[str, ...]
    images_missing: tuple[str, ...]
    registry: bool
    chromium: str
    seen: Moment = field(default_factory=Moment.now)
