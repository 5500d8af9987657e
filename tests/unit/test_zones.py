"""Time zones of hosts, by their hours and by the names that older backups note."""

from datetime import timedelta

import pytest

from agentchat_check import zones


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [((0, 0), "+00:00"), ((480, 480), "+08:00"), ((60, 120), "+01:00, +02:00"), ((-210, -150), "-03:30, -02:30")],
)
def test_a_zone_is_told_by_its_hours(minutes: tuple[int, int], hours: str) -> None:
    assert zones.by_hours(*(timedelta(minutes=ahead) for ahead in minutes)) == hours


def test_a_name_may_be_that_of_many_zones() -> None:
    assert {"+08:00", "-06:00, -05:00"} <= zones.of_name("CST")
    assert "+01:00, +02:00" in zones.of_name("CET") & zones.of_name("CEST")
    assert zones.of_name("no such zone") == frozenset()


@pytest.mark.parametrize(
    ("noted", "found", "same"),
    [
        ("SYSTEM (+08:00)", "SYSTEM (+08:00)", True),
        ("SYSTEM (+08:00)", "SYSTEM (+00:00)", False),
        ("SYSTEM (+01:00, +02:00)", "SYSTEM (+01:00)", False),
        ("SYSTEM (CST)", "SYSTEM (+08:00)", True),
        ("SYSTEM (CST)", "SYSTEM (+00:00)", False),
        ("SYSTEM (CEST)", "SYSTEM (+01:00, +02:00)", True),
        ("SYSTEM (+03)", "SYSTEM (+03:00)", True),
        ("SYSTEM (+03)", "SYSTEM (+08:00)", False),
        ("SYSTEM (nobody knows)", "SYSTEM (+08:00)", True),
        ("SYSTEM (CST)", "+08:00", False),
        ("+08:00", "SYSTEM (+08:00)", False),
        ("Asia/Shanghai", "Asia/Shanghai", True),
    ],
)
def test_a_zone_is_compared_with_what_is_noted_of_it(noted: str, found: str, same: bool) -> None:
    assert zones.can_be_same(noted, found) is same
