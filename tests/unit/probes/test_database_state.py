"""What a database says of its host's time zone is the same in winter and in summer."""

from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from agentchat_check.probes import database_state
from agentchat_check.probes.digests import Cursor


class Clock:
    """A cursor of a server whose host is so many minutes ahead of UTC on the days that it is asked about."""

    def __init__(self, *ahead: int) -> None:
        self._ahead = ahead
        self._days: tuple[datetime, ...] = ()

    def execute(self, _: str, days: tuple[datetime, ...]) -> None:
        """Take a question."""
        self._days = days

    def fetchall(self) -> Any:
        """Answer it."""
        return (tuple(day + timedelta(minutes=ahead) for day, ahead in zip(self._days, self._ahead, strict=True)),)


@pytest.mark.parametrize(
    ("ahead", "zone"),
    [((0, 0), "+00:00"), ((480, 480), "+08:00"), ((60, 120), "+01:00, +02:00"), ((-210, -150), "-03:30, -02:30")],
)
def test_a_hosts_zone_is_named_by_its_hours(ahead: tuple[int, int], zone: str) -> None:
    assert database_state.system_zone(cast("Cursor", Clock(*ahead))) == zone
