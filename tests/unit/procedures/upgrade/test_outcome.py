"""How long the backend was away, by what the engine told."""

from datetime import UTC, datetime, timedelta

import pytest

from agentchat_check.facts import Event
from agentchat_check.procedures.upgrade.outcome import downtime

BEGAN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def events(*told: tuple[float, str, str]) -> list[Event]:
    return [Event(BEGAN + timedelta(seconds=seconds), service, what) for seconds, service, what in told]


GONE, HEALTHY = "die (exit code 0)", "health_status: healthy"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ([(1, "backend", "kill (signal 15)"), (2, "backend", GONE), (9, "backend", HEALTHY)], 8.0),
        ([(1, "backend", GONE), (4, "backend", HEALTHY), (6, "backend", GONE), (9, "backend", HEALTHY)], 8.0),
        ([(1, "backend", GONE), (4, "backend", HEALTHY), (5, "backend", GONE)], None),
        ([(-5, "backend", GONE), (1, "backend", HEALTHY)], None),
        ([(1, "backend", GONE)], None),
        ([(1, "mysql", GONE), (3, "mysql", HEALTHY)], None),
        ([], None),
    ],
)
def test_downtime_is_from_its_end_until_it_is_healthy_for_good(
    told: list[tuple[float, str, str]], seconds: float | None
) -> None:
    assert downtime(events(*told), "backend", BEGAN) == seconds
