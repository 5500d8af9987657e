"""Takes samples of containers, database, cache and host while load goes on, once a second, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psutil
import redis

from agentchat_check import errors
from agentchat_check.facts.metrics import TOGETHER
from agentchat_check.load import status
from agentchat_check.load.samples import Sample
from agentchat_check.probes import cgroups, containers
from agentchat_check.stack.running import Stack

PERIOD = 1.0
"""Seconds between two looks."""

_ANEW = 5
"""Looks after which the engine is asked again which containers there are, and how often they were restarted."""

_DISKS = 15
"""Looks after which disks are looked at again: that runs a program in each container. Once it is after half as many, so
that a run of half a minute has two of them that are judged."""

Tell = Callable[[str, str, datetime | None], object]
"""Takes an event: its subject, what happened, and when if not now."""


@dataclass(slots=True)
class Sampler:
    """Looks at a stack and at this host.

    Attributes:
        stack: The stack; None where the application is out of reach and only the host of the generator is looked at.
        began: Second 0 of the run, on the monotonic clock.
        take: Takes the samples of each look.
        tell: Takes events.
    """

    stack: Stack | None
    began: float
    take: Callable[[Sequence[Sample]], object]
    tell: Tell
    _looks: int = 0
    _attrs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _before: dict[str, tuple[float, cgroups.Counters, cgroups.Traffic | None]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _heard: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look for as long as the block goes on."""
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,), name="load's sampler", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _run(self, over: threading.Event) -> None:
        psutil.cpu_percent()  # counts from here on
        with ExitStack() as connections:
            looks = self._connected(connections)
            while True:
                started = time.monotonic()
                self.take(self.look(looks))
                self._listen()
                if over.wait(max(0.0, started + PERIOD - time.monotonic())):
                    return

    def look(self, looks: Mapping[str, status.Look]) -> list[Sample]:
        """One look at everything.

        Args:
            looks: Looks at what is connected to, by subject.
        """
        samples = [*self._at_host()]
        if self.stack:
            with self._noted("containers"):
                samples += self._at_containers(self.stack)
        for subject, one in looks.items():
            with self._noted(subject):
                samples += self._samples(subject, one())
        self._looks += 1
        return samples

    def _at_host(self) -> list[Sample]:
        return self._samples(
            "host", {"cpu": psutil.cpu_percent() / 100, "memory": psutil.virtual_memory().percent / 100}
        )

    def _at_containers(self, stack: Stack) -> list[Sample]:
        if self._looks % _ANEW == 0:
            self._attrs = {
                name: attrs for name, attrs in stack.inspect().items() if attrs["State"]["Status"] == "running"
            }
        samples, processors, memory = [], list[float](), list[float]()
        for name, attrs in self._attrs.items():
            with self._noted(f"container {name}"):
                values, in_use = self._of_container(stack, name, attrs)
                samples += self._samples(f"container:{name}", values)
                processors += in_use
                memory.append(values["memory_bytes"])
        samples += self._samples(TOGETHER, self._together(processors, memory))
        if self._looks % _DISKS == 0 or self._looks == _DISKS // 2:
            fullest: dict[str, float] = {}
            for disk in containers.disks(stack):
                fullest[disk.service] = max(disk.used, fullest.get(disk.service, 0.0))
            for name, used in fullest.items():
                samples += self._samples(f"container:{name}", {"disk": used})
        return samples

    def _together(self, processors: Sequence[float], memory: Sequence[float]) -> dict[str, float]:
        """All containers together, as shares of the host; what one of them did not tell is not known of all."""
        used = {"cpu": processors, "memory": memory}
        there = {"cpu": float(psutil.cpu_count() or 1), "memory": float(psutil.virtual_memory().total)}
        whole = {metric: each for metric, each in used.items() if each and len(each) == len(self._attrs)}
        return {metric: sum(each) / there[metric] for metric, each in whole.items()}

    def _of_container(
        self, stack: Stack, name: str, attrs: Mapping[str, Any]
    ) -> tuple[dict[str, float], Sequence[float]]:
        """A container's values, and the processors in use since the look before, if there was one."""
        now, counters, traffic = time.monotonic(), cgroups.read(stack, attrs), cgroups.traffic(attrs)
        cpus = containers.cpu_limit(attrs) or psutil.cpu_count() or 1
        memory = attrs["HostConfig"]["Memory"] or psutil.virtual_memory().total
        values: dict[str, float] = {
            "memory": counters.memory / memory,
            "memory_bytes": counters.memory,
            "oom_kills": counters.oom_kills,
            "restarts": attrs["RestartCount"],
        }
        processors = []
        key = f"{name} {attrs['Id']} {attrs['State']['Pid']}"
        if key in self._before:
            then, used, moved = self._before[key]
            seconds = max(now - then, 1e-3)
            processors = [max(0.0, counters.cpu_seconds - used.cpu_seconds) / seconds]
            values["cpu"] = processors[0] / cpus
            if traffic and moved:
                values |= {
                    "disk_read": (traffic.read - moved.read) / seconds,
                    "disk_written": (traffic.written - moved.written) / seconds,
                    "network_in": (traffic.received - moved.received) / seconds,
                    "network_out": (traffic.sent - moved.sent) / seconds,
                }
        self._before[key] = now, counters, traffic
        return values, processors

    def _samples(self, subject: str, values: Mapping[str, float]) -> list[Sample]:
        second = time.monotonic() - self.began
        return [Sample(second, subject, metric, value) for metric, value in values.items()]

    def _connected(self, connections: ExitStack) -> dict[str, status.Look]:
        looks = {}
        if self.stack:
            for subject, opened in status.looks(self.stack).items():
                with self._noted(subject):
                    looks[subject] = connections.enter_context(opened(self.stack))
        return looks

    def _listen(self) -> None:
        """Note what the engine told since the last look."""
        if self.stack:
            events = self.stack.timeline.events()
            for event in events[self._heard :]:
                if not event.what.startswith("health_status: healthy"):
                    self.tell(f"container:{event.service}", event.what, event.time)
            self._heard = len(events)

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """What cannot be looked at is told once, and leaves a gap; a gap proves nothing."""
        try:
            yield
        except (errors.CheckError, redis.RedisError, OSError) as error:
            if what not in self._told:
                self._told.add(what)
                with suppress(errors.CheckError):
                    self.tell(what, f"could not be looked at: {' '.join(str(error).split())[:200]}", None)
