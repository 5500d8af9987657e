"""What load says reads as people read it."""

from typing import Any

import pytest

from agentchat_check.load import wording
from loads import threshold


@pytest.mark.parametrize(
    ("metric", "figure", "shown"),
    [
        ("latency", 1.5234, "1.52 s"),
        ("latency", 0.0501, "50.1 ms"),
        ("latency", 0.0, "0 s"),
        ("cpu", 0.8333, "83.3 %"),
        ("memory_bytes", 512 * 2**20, "512 MiB"),
        ("network_in", 3 * 2**20, "3 MiB/s"),
        ("restarts", 2.0, "2"),
    ],
)
def test_figures_are_shown_in_their_unit(metric: str, figure: float, shown: str) -> None:
    statistic = {"latency": "p95", "restarts": "increase"}.get(metric, "max")
    assert wording.shown(figure, threshold(metric=metric, statistic=statistic, limit=1.0, window=None).unit) == shown


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "p95 of latency at most 1 s for each request, over any 30 s"),
        ({"per": "run", "window": None}, "p95 of latency at most 1 s for all requests together, over the whole run"),
        (
            {"metric": "cpu", "statistic": "mean", "limit": 0.8, "subject": "container:*"},
            "mean of cpu at most 80 % for each container, over any 30 s",
        ),
        (
            {"metric": "memory", "statistic": "forecast", "limit": 0.85, "window": 3600.0, "ahead": 86400.0},
            "forecast of memory at most 85 % for each subject, 24 h after the run, by how it grew in the last 1 h",
        ),
    ],
)
def test_a_threshold_says_what_it_asks_for(changes: dict[str, Any], expected: str) -> None:
    assert wording.expected(threshold(**changes)) == expected
