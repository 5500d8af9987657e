"""Thresholds become alert rules, and what Prometheus cannot know is named."""

import jsonschema
import pytest
import yaml

import loads
from agentchat_check.load import alert_rules
from loads import threshold

LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
RULE = {
    "type": "object",
    "properties": {
        "alert": {"type": "string", "pattern": "^AgentChat[A-Z][A-Za-z0-9]*$"},
        "expr": {"type": "string", "minLength": 1},
        "for": {"type": "string", "pattern": r"^\d+(\.\d+)?s$"},
        "labels": LABELS,
        "annotations": LABELS,
    },
    "required": ["alert", "expr", "labels", "annotations"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "rules": {"type": "array", "minItems": 1, "items": RULE}},
                "required": ["name", "rules"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["groups"],
    "additionalProperties": False,
}
"""What Prometheus's documentation says of a file of alert rules, as far as ours are concerned."""


def test_the_file_is_one_of_alert_rules() -> None:
    rules = alert_rules.of(loads.ALARMS)
    jsonschema.validate(yaml.safe_load(rules.text()), SCHEMA)
    assert yaml.safe_load(rules.text()) == rules.groups


def test_a_limit_is_critical_and_a_warning_a_warning() -> None:
    one, other = alert_rules.of({"response_time": threshold(warn=0.5)}).groups["groups"][0]["rules"]
    assert (one["alert"], one["for"], one["labels"]) == ("AgentChatResponseTime", "30s", {"severity": "critical"})
    assert one["expr"] == (
        "(histogram_quantile(0.95, sum by (le, method, handler) (rate(http_request_duration_seconds_bucket[60s])))) > 1"
        " and sum by (method, handler) (increase(http_request_duration_seconds_count[60s])) > 5"
    )
    assert one["annotations"] == {
        "summary": "no longer: responses are quick",
        "description": 'latency is {{ $value | printf "%.3g" }}, expected at most 1 s. look at the slowest request',
    }
    assert other["labels"] == {"severity": "warning"}
    assert "> 0.5 and" in other["expr"]


def test_a_rate_is_taken_over_some_looks_at_least() -> None:
    (rule,) = alert_rules.of({"one": threshold()}, scrape_interval=60.0).groups["groups"][0]["rules"]
    assert "[240s]" in rule["expr"]
    (rule,) = alert_rules.of({"one": threshold(window=600.0)}).groups["groups"][0]["rules"]
    assert "[600s]" in rule["expr"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"journey": "steady chat"}, "journeys and names of requests are the load generator's own"),
        ({"request": "POST /completion"}, "journeys and names of requests are the load generator's own"),
        ({"per": "journey"}, "journeys and names of requests are the load generator's own"),
        ({"statistic": "max"}, "buckets tell no maximum"),
        ({"metric": "cpu", "statistic": "mean", "subject": "host"}, "subjects are the load's own names of containers"),
        (
            {"metric": "disk", "statistic": "max", "subject": "containers"},
            "subjects are the load's own names of containers",
        ),
        ({"metric": "buffer_pool_hits", "statistic": "mean"}, "no exporter tells buffer_pool_hits"),
    ],
)
def test_what_prometheus_cannot_know_is_named(changes: dict[str, str], reason: str) -> None:
    rules = alert_rules.of({"mine": threshold(**changes), "alarm": threshold()})
    assert rules.left_out == {"mine": reason}
    assert f"# left out: mine: {reason}" in rules.text()
    assert [rule["alert"] for rule in rules.groups["groups"][0]["rules"]] == ["AgentChatAlarm"]


def test_all_containers_together_are_added_up_by_host() -> None:
    chosen = {name: loads.ALARMS[name] for name in ("cpu_together", "memory_together")}
    rules = alert_rules.of(chosen).groups["groups"][0]["rules"]
    assert {rule["alert"]: rule["expr"] for rule in rules if rule["labels"] == {"severity": "critical"}} == {
        "AgentChatCpuTogether": '(sum by (instance) (rate(container_cpu_usage_seconds_total{name!=""}[60s]))'
        " / on (instance) machine_cpu_cores) > 0.8",
        "AgentChatMemoryTogether": '(sum by (instance) (container_memory_working_set_bytes{name!=""})'
        " / on (instance) machine_memory_bytes) > 0.85",
    }


def test_a_forecast_draws_the_line_on() -> None:
    growing = threshold(metric="memory_bytes", statistic="forecast", limit=1000, window=3600.0, ahead=86400.0)
    (rule,) = alert_rules.of({"growing": growing}).groups["groups"][0]["rules"]
    assert (rule["expr"], rule["for"]) == (
        'predict_linear((container_memory_working_set_bytes{name!=""})[3600s:], 86400) > 1000',
        "3600s",
    )


def test_what_is_to_stay_at_least_at_a_limit_fires_below_it() -> None:
    hits = threshold(metric="cache_hits", statistic="mean", limit=0.5, side="at least")
    (rule,) = alert_rules.of({"hits": hits}).groups["groups"][0]["rules"]
    assert rule["expr"].endswith(" < 0.5")
