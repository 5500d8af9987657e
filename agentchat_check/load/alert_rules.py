"""The thresholds as alert rules of Prometheus, in terms of the exporters that people run.

Times and errors are FastAPI's, as prometheus-fastapi-instrumentator counts them; containers are cAdvisor's, disks
node_exporter's, the database mysqld_exporter's and the cache redis_exporter's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from agentchat_check.facts.metrics import TOGETHER
from agentchat_check.load import wording
from agentchat_check.settings.thresholds import ERRORS, TIMES, Threshold

SCRAPE_INTERVAL: Final = 15.0
"""Seconds between two looks of Prometheus, where nobody says otherwise."""

_LOOKS = 4
"""A rate is taken over at least so many looks: one may fail, and two are needed."""

_STEADY = 60.0
"""Seconds of a threshold without a window."""

_STRAYS = 5
"""Requests, or failed ones, in that time that prove nothing; the same as in a load run's window."""

_DURATION = "http_request_duration_seconds"
_REQUESTS = "http_requests_total"
_FAILED = _REQUESTS + '{status=~"5.*"}'
_CONTAINER = '{name!=""}'
_CPU = f"sum by (instance, name) (rate(container_cpu_usage_seconds_total{_CONTAINER}[{{range}}]))"
_QUOTA = f"sum by (instance, name) (container_spec_cpu_quota{_CONTAINER} / container_spec_cpu_period{_CONTAINER})"
_MEMORY = f"container_memory_working_set_bytes{_CONTAINER}"
_DISK = '{fstype!~"tmpfs|overlay|squashfs|ramfs"}'

_GAUGES: Final[Mapping[str, str]] = {
    "cpu": f"({_CPU} / on (instance, name) {_QUOTA}) or ({_CPU} / on (instance) group_left () machine_cpu_cores)",
    "memory": f"({_MEMORY} / (container_spec_memory_limit_bytes{_CONTAINER} > 0)) "
    f"or ({_MEMORY} / on (instance) group_left () machine_memory_bytes)",
    "memory_bytes": _MEMORY,
    "disk": f"1 - node_filesystem_avail_bytes{_DISK} / node_filesystem_size_bytes{_DISK}",
    "disk_read": f"sum by (instance, name) (rate(container_fs_reads_bytes_total{_CONTAINER}[{{range}}]))",
    "disk_written": f"sum by (instance, name) (rate(container_fs_writes_bytes_total{_CONTAINER}[{{range}}]))",
    "network_in": f"sum by (instance, name) (rate(container_network_receive_bytes_total{_CONTAINER}[{{range}}]))",
    "network_out": f"sum by (instance, name) (rate(container_network_transmit_bytes_total{_CONTAINER}[{{range}}]))",
    "threads_running": "mysql_global_status_threads_running",
    "threads_connected": "mysql_global_status_threads_connected",
    "cache_hits": "rate(redis_keyspace_hits_total[{range}]) "
    "/ (rate(redis_keyspace_hits_total[{range}]) + rate(redis_keyspace_misses_total[{range}]))",
}
_TOGETHER: Final[Mapping[str, str]] = {
    "cpu": "sum by (instance) (rate(container_cpu_usage_seconds_total"
    f"{_CONTAINER}[{{range}}])) / on (instance) machine_cpu_cores",
    "memory": f"sum by (instance) ({_MEMORY}) / on (instance) machine_memory_bytes",
}
"""Likewise, all containers of a host together."""

_COUNTERS: Final[Mapping[str, str]] = {
    # a container that was restarted has another start time
    "restarts": f"changes(container_start_time_seconds{_CONTAINER}[{{range}}])",
    "oom_kills": f"increase(container_oom_events_total{_CONTAINER}[{{range}}])",
    "slow_queries": "increase(mysql_global_status_slow_queries[{range}])",
    "keys_evicted": "increase(redis_evicted_keys_total[{range}])",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Alert rules, and what could not be said in them.

    Attributes:
        groups: A file of rules, as plain values.
        left_out: Thresholds that Prometheus cannot know, by name, with the reason.
    """

    groups: dict[str, Any]
    left_out: Mapping[str, str]

    def text(self) -> str:
        """The file, with what was left out in its head."""
        head = ["# Alert rules made by `agentchat-check load rules` from the file of thresholds."]
        head += [f"# left out: {name}: {reason}" for name, reason in self.left_out.items()]
        body: str = yaml.safe_dump(self.groups, sort_keys=False, width=120, allow_unicode=True)
        return "\n".join(head) + "\n" + body


def of(thresholds: Mapping[str, Threshold], scrape_interval: float = SCRAPE_INTERVAL) -> Rules:
    """The rules that say what thresholds say.

    A threshold's limit becomes an alert of severity critical, its warning one of severity warning; both fire when the
    figure was beyond it for the whole window.

    Args:
        thresholds: By name.
        scrape_interval: Seconds between two looks of Prometheus.
    """
    rules: list[dict[str, Any]] = []
    left_out = {}
    for name, threshold in thresholds.items():
        if reason := _unknown(threshold):
            left_out[name] = reason
            continue
        levels = {"critical": threshold.limit}
        if threshold.warn is not None:
            levels["warning"] = threshold.warn
        rules += [_rule(name, threshold, severity, limit, scrape_interval) for severity, limit in levels.items()]
    return Rules({"groups": [{"name": "agentchat", "rules": rules}]}, left_out)


def _unknown(threshold: Threshold) -> str:
    """Why Prometheus cannot know what a threshold asks for; "" where it can."""
    if threshold.of_requests and (threshold.journey != "*" or threshold.request != "*" or threshold.per == "journey"):
        return "journeys and names of requests are the load generator's own"
    is_together = threshold.subject == TOGETHER and threshold.metric in _TOGETHER
    if not threshold.of_requests and threshold.subject not in {"*", "container:*"} and not is_together:
        return "subjects are the load's own names of containers"
    if threshold.metric not in {*TIMES, ERRORS, *_GAUGES, *_COUNTERS}:
        return f"no exporter tells {threshold.metric}"
    if threshold.metric in TIMES and threshold.statistic == "max":
        return "buckets tell no maximum"
    return ""


def _rule(name: str, threshold: Threshold, severity: str, limit: float, scrape_interval: float) -> dict[str, Any]:
    window = threshold.window or _STEADY
    over = f"{max(window, _LOOKS * scrape_interval):g}s"
    beyond = ">" if threshold.side == "at most" else "<"
    rule: dict[str, Any] = {
        "alert": "AgentChat" + re.sub(r"(?:^|_)([a-z0-9])", lambda found: found[1].upper(), name),
        "expr": _expression(threshold, f"{beyond} {limit:g}").replace("{range}", over),
    }
    if threshold.metric not in _COUNTERS:  # what has happened once need not go on
        rule["for"] = f"{window:g}s"  # so a forecast by one leap ends before it fires
    figure = '{{ $value | printf "%.3g" }}'
    return rule | {
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"no longer: {threshold.promise}",
            "description": f"{threshold.metric} is {figure}, expected {threshold.side} "
            f"{wording.shown(limit, threshold.unit)}. {threshold.next_step}",
        },
    }


def _expression(threshold: Threshold, beyond: str) -> str:
    by = "" if threshold.per == "run" else "method, handler"
    if threshold.metric in TIMES:
        asked = f"sum by ({by}) (increase({_DURATION}_count[{{range}}]))"
        if threshold.statistic == "mean":
            figure = f"{_rate(_DURATION + '_sum', by)} / {_rate(_DURATION + '_count', by)}"
        else:
            buckets = _rate(_DURATION + "_bucket", ", ".join(filter(None, ("le", by))))
            figure = f"histogram_quantile({threshold.percent / 100:g}, {buckets})"
        return f"({figure}) {beyond} and {asked} > {_STRAYS}"
    if threshold.metric == ERRORS:
        failed = f"sum by ({by}) (increase({_FAILED}[{{range}}]))"
        return f"({_rate(_FAILED, by)} / {_rate(_REQUESTS, by)}) {beyond} and {failed} > {_STRAYS}"
    known = _TOGETHER if threshold.subject == TOGETHER else {**_GAUGES, **_COUNTERS}
    figure = f"({known[threshold.metric]})"
    if threshold.ahead:
        figure = f"predict_linear({figure}[{{range}}:], {threshold.ahead:g})"
    return f"{figure} {beyond}"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[{{range}}]))"
