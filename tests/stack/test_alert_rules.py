"""Prometheus itself reads the alert rules, and fires them when a limit is passed and not before."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentchat_check.facts.metrics import METRICS
from agentchat_check.load import alert_rules
from agentchat_check.settings import thresholds
from agentchat_check.settings.thresholds import ERRORS, FORECAST, TIMES, Threshold
from agentchat_check.stack import apt, process
from small import PATIENCE

PACKAGE, PROGRAM = "prometheus", "promtool"

HANDLER = '{method="POST", handler="/api/v1/completion"'
CONTAINER = '{instance="host", name="agentchat-backend"}'
ANOTHER = '{instance="host", name="agentchat-mysql"}'
HOST = '{instance="host"}'
DISK = '{instance="host", mountpoint="/", fstype="ext4"}'


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Prometheus's own judge of rules; where it is missing, its package is unpacked here, and nothing is started."""
    if here := shutil.which(PROGRAM):
        return here
    why_not = apt.may_install()
    assert not why_not, f"these tests need {PROGRAM} of the package {PACKAGE}, and may not fetch it: {why_not}"
    home = tmp_path_factory.mktemp(PACKAGE)
    process.run(["apt-get", "-qq", "update"], timeout=PATIENCE)
    process.run(["apt-get", "-qq", "download", PACKAGE], cwd=home, timeout=PATIENCE)
    (package,) = home.glob(f"{PACKAGE}_*.deb")
    process.run(["dpkg-deb", "--extract", str(package), str(home)], timeout=PATIENCE)
    return str(home / "usr" / "bin" / PROGRAM)


def growing(series: str, per_look: float) -> dict[str, str]:
    """A count that grows by so much with each look."""
    return {"series": series, "values": f"0+{per_look}x40"}


def steady(series: str, value: float) -> dict[str, str]:
    """A figure that stays."""
    return {"series": series, "values": f"{value}+0x40"}


def answers(quick: float, slow: float) -> list[dict[str, str]]:
    """So many answers within 0.5 s and within 2.5 s with each look."""
    bucket = "http_request_duration_seconds_bucket" + HANDLER
    return [
        growing(f'{bucket}, le="0.5"}}', quick),
        growing(f'{bucket}, le="2.5"}}', quick + slow),
        growing(f'{bucket}, le="+Inf"}}', quick + slow),
        growing("http_request_duration_seconds_count" + HANDLER + "}", quick + slow),
    ]


def requests(good: float, failed: float) -> list[dict[str, str]]:
    """So many good and failed requests with each look."""
    return [
        growing("http_requests_total" + HANDLER + ', status="2xx"}', good),
        growing("http_requests_total" + HANDLER + ', status="5xx"}', failed),
    ]


def processors(used: float, quota: float | None = None, *, beside: float = 0.0) -> list[dict[str, str]]:
    """A container that uses so many of two processors, or of its quota; and another one beside it."""
    series = [
        growing("container_cpu_usage_seconds_total" + CONTAINER, used * 15),
        growing("container_cpu_usage_seconds_total" + ANOTHER, beside * 15),
        steady("machine_cpu_cores" + HOST, 2),
    ]
    if quota:
        series += [
            steady("container_spec_cpu_quota" + CONTAINER, quota * 100_000),
            steady("container_spec_cpu_period" + CONTAINER, 100_000),
        ]
    return series


def memory(used: float, limit: float, *, beside: float = 0.0) -> list[dict[str, str]]:
    """A container that uses so much of its limit, or of a host's 8; a limit of 0 is none. And another one beside it."""
    return [
        steady("container_memory_working_set_bytes" + CONTAINER, used),
        steady("container_memory_working_set_bytes" + ANOTHER, beside),
        steady("container_spec_memory_limit_bytes" + CONTAINER, limit),
        steady("machine_memory_bytes" + HOST, 8),
    ]


def filling(used: float, per_look: float) -> list[dict[str, str]]:
    """A disk of which more is used with each look."""
    return [
        {"series": "node_filesystem_avail_bytes" + DISK, "values": f"{1 - used}-{per_look}x720"},
        {"series": "node_filesystem_size_bytes" + DISK, "values": "1+0x720"},
    ]


def disk(used: float) -> list[dict[str, str]]:
    """A disk of which so much is used."""
    return [steady("node_filesystem_avail_bytes" + DISK, 1 - used), steady("node_filesystem_size_bytes" + DISK, 1)]


def memory_over_hours(values: str) -> list[dict[str, str]]:
    """A container's memory of a limit of 1, look by look."""
    return [
        {"series": "container_memory_working_set_bytes" + CONTAINER, "values": values},
        {"series": "container_spec_memory_limit_bytes" + CONTAINER, "values": "1+0x720"},
    ]


def turning(metric: str, before: float, after: float) -> list[dict[str, str]]:
    """A container's figure that turns into another one, half a minute before the five minutes are over."""
    return [{"series": metric + CONTAINER, "values": f"{before}x18 {after}x30"}]


@dataclass(frozen=True)
class Case:
    """What Prometheus sees, and which severities of an alert fire after five minutes, or at another time."""

    name: str
    alert: str
    series: list[dict[str, str]]
    severities: tuple[str, ...]
    at: str = "5m"


CASES = [
    Case("quick answers", "AgentChatResponseTime", answers(100, 2), ()),
    Case("slow answers", "AgentChatResponseTime", answers(80, 20), ("critical", "warning")),
    Case("one slow answer now and then", "AgentChatResponseTime", answers(0, 0.5), ()),
    Case("six failures in a hundred", "AgentChatErrorRate", requests(94, 6), ("critical", "warning")),
    Case("three failures in a hundred", "AgentChatErrorRate", requests(97, 3), ("warning",)),
    Case("no failure", "AgentChatErrorRate", requests(100, 0), ()),
    Case("a failure now and then", "AgentChatErrorRate", requests(0.5, 0.5), ()),
    Case("a busy container without a limit", "AgentChatCpu", processors(1.7), ("critical", "warning")),
    Case("an idle container without a limit", "AgentChatCpu", processors(0.5), ()),
    Case("a container at its limit", "AgentChatCpu", processors(0.45, quota=0.5), ("critical", "warning")),
    Case("a container near its limit", "AgentChatCpu", processors(0.375, quota=0.5), ("warning",)),
    Case("memory at its limit", "AgentChatMemory", memory(0.9, 1), ("critical", "warning")),
    Case("memory of the host", "AgentChatMemory", memory(7.2, 0), ("critical", "warning")),
    Case("memory to spare", "AgentChatMemory", memory(0.5, 1), ()),
    Case("two busy containers", "AgentChatCpuTogether", processors(0.9, beside=0.9), ("critical", "warning")),
    Case("two that are busy, each by itself", "AgentChatCpu", processors(0.9, beside=0.9), ()),
    Case("two containers with a rest", "AgentChatCpuTogether", processors(0.9, beside=0.6), ("warning",)),
    Case("two idle containers", "AgentChatCpuTogether", processors(0.5, beside=0.5), ()),
    Case("memory of two", "AgentChatMemoryTogether", memory(3.6, 8, beside=3.6), ("critical", "warning")),
    Case("memory of two, each by itself", "AgentChatMemory", memory(3.6, 8, beside=3.6), ()),
    Case("memory of two with a rest", "AgentChatMemoryTogether", memory(3.6, 8, beside=2.8), ("warning",)),
    Case("a full disk", "AgentChatDisk", disk(0.95), ("critical", "warning")),
    Case("a disk with room", "AgentChatDisk", disk(0.5), ()),
    Case("a restart", "AgentChatRestarts", turning("container_start_time_seconds", 1, 5), ("critical",)),
    Case("none", "AgentChatRestarts", [steady("container_start_time_seconds" + CONTAINER, 1)], ()),
    Case("a leak", "AgentChatMemoryInADay", memory_over_hours("0.2+0.0002x720"), ("critical", "warning"), "3h"),
    Case(
        "a leak of a container that has room", "AgentChatMemoryInADay", memory_over_hours("0.2+0.00005x720"), (), "3h"
    ),
    Case("a leak, the first hour", "AgentChatMemoryInADay", memory_over_hours("0.2+0.0002x720"), (), "59m"),
    Case("memory that rose once", "AgentChatMemoryInADay", memory_over_hours("0.2x360 0.5x360"), (), "2h29m"),
    Case("a disk that fills", "AgentChatDiskInADay", filling(0.3, 0.0002), ("critical", "warning"), "3h"),
    Case("a disk to which little is written", "AgentChatDiskInADay", filling(0.3, 0.00002), (), "3h"),
    Case("killed for memory", "AgentChatOutOfMemory", turning("container_oom_events_total", 0, 1), ("critical",)),
]


def written(rules: alert_rules.Rules, directory: Path) -> Path:
    path = directory / "rules.yml"
    path.write_text(rules.text(), encoding="utf-8")
    return path


def test_every_alarm_fires_when_its_limit_is_passed_and_not_before(promtool: str, tmp_path: Path) -> None:
    rules = alert_rules.of(thresholds.read())
    assert rules.left_out == {}
    by_alert: dict[str, dict[str, Any]] = {}
    for rule in rules.groups["groups"][0]["rules"]:
        by_alert.setdefault(rule["alert"], {})[rule["labels"]["severity"]] = rule
    fired = [(case.alert, severity) for case in CASES for severity in case.severities]
    assert set(fired) == {(alert, severity) for alert, levels in by_alert.items() for severity in levels}
    path = written(rules, tmp_path)
    tests = {
        "rule_files": [path.name],
        "evaluation_interval": "15s",
        "tests": [
            {
                "name": case.name,
                "interval": "15s",
                "input_series": case.series,
                "promql_expr_test": [
                    {
                        "expr": f'count by (severity) (ALERTS{{alertname="{case.alert}", alertstate="firing"}})',
                        "eval_time": case.at,
                        "exp_samples": [{"labels": f'{{severity="{one}"}}', "value": 1} for one in case.severities],
                    }
                ],
            }
            for case in CASES
        ],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), encoding="utf-8")
    process.run([promtool, "test", "rules", "tests.yml"], cwd=tmp_path, timeout=PATIENCE)


def test_whatever_can_be_a_threshold_is_a_rule_that_prometheus_reads(promtool: str, tmp_path: Path) -> None:
    kinds = {"gauge": ("mean", "max", FORECAST), "counter": ("increase",)}
    statistics = {**dict.fromkeys(TIMES, ("p50", "p95", "p99.9", "mean", "max")), ERRORS: ("share",)}
    statistics |= {name: kinds[metric.kind] for name, metric in METRICS.items()}
    every = {
        f"{metric}_{statistic.replace('.', '_')}_{per or 'each'}": Threshold(
            promise="it holds",
            next_step="look",
            metric=metric,
            statistic=statistic,
            limit=0.5,
            warn=0.25,
            **({"per": per} if per else {}),
            **({"window": 60.0, "ahead": 600.0} if statistic == FORECAST else {}),
        )
        for metric, several in statistics.items()
        for statistic in several
        for per in ([None, "run"] if metric in {*TIMES, ERRORS} else [None])
    }
    rules = alert_rules.of(every, scrape_interval=60.0)
    assert len(rules.groups["groups"][0]["rules"]) + 2 * len(rules.left_out) == 2 * len(every)
    process.run([promtool, "check", "rules", str(written(rules, tmp_path))], timeout=PATIENCE)
