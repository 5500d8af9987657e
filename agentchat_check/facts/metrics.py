"""What can be sampled of a host, its containers, the database and the cache: the metrics by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a metric's value is: how much there is now, or how often something has happened so far."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Unit(StrEnum):
    """What a value counts."""

    SHARE = "share"
    SECONDS = "s"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/s"
    NUMBER = ""
    PER_SECOND = "/s"


class Metric(NamedTuple):
    """What can be sampled.

    Attributes:
        name: Its name in samples, thresholds and reports.
        kind: A gauge or a counter.
        unit: What its value counts.
        meaning: What it is, in words.
    """

    name: str
    kind: Kind
    unit: Unit
    meaning: str


TOGETHER = "containers"
"""The subject of all containers together; their shares are the host's, whatever the limit of each."""

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("cpu", Kind.GAUGE, Unit.SHARE, "processors in use, of the container's limit or the host's"),
        Metric("memory", Kind.GAUGE, Unit.SHARE, "memory in use without page cache, of the limit or the host's"),
        Metric("memory_bytes", Kind.GAUGE, Unit.BYTES, "memory in use without page cache"),
        Metric("disk", Kind.GAUGE, Unit.SHARE, "the fullest disk that is written to"),
        Metric("disk_read", Kind.GAUGE, Unit.BYTES_PER_SECOND, "read from disks"),
        Metric("disk_written", Kind.GAUGE, Unit.BYTES_PER_SECOND, "written to disks"),
        Metric("network_in", Kind.GAUGE, Unit.BYTES_PER_SECOND, "received"),
        Metric("network_out", Kind.GAUGE, Unit.BYTES_PER_SECOND, "sent"),
        Metric("restarts", Kind.COUNTER, Unit.NUMBER, "times the engine restarted it"),
        Metric("oom_kills", Kind.COUNTER, Unit.NUMBER, "times it was killed for memory"),
        Metric("threads_running", Kind.GAUGE, Unit.NUMBER, "threads of the database at work"),
        Metric("threads_connected", Kind.GAUGE, Unit.NUMBER, "connections to the database"),
        Metric("slow_queries", Kind.COUNTER, Unit.NUMBER, "queries that the database calls slow"),
        Metric("buffer_pool_used", Kind.GAUGE, Unit.SHARE, "pages of the database's buffer pool that hold data"),
        Metric("buffer_pool_hits", Kind.GAUGE, Unit.SHARE, "reads that the database's buffer pool answered"),
        Metric("keys_evicted", Kind.COUNTER, Unit.NUMBER, "keys that the cache gave up for want of memory"),
        Metric("cache_hits", Kind.GAUGE, Unit.SHARE, "look-ups that the cache answered"),
    )
}
"""Every metric that can be sampled, by name. Subjects are ``container:<service>``, TOGETHER, ``host``, ``database``,
``cache`` and ``generator``."""
