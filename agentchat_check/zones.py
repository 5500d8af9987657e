"""Time zones of hosts, known by their hours: a name such as CST is that of many zones, and summer has another."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache

WINTER, SUMMER = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)
"""Days that tell a zone with summer time from one without."""

_OF_HOST = re.compile(r"SYSTEM \((?P<told>.*)\)")
_HOURS = re.compile(r"[+-]\d\d:\d\d(, [+-]\d\d:\d\d)?")


def by_hours(winter: timedelta, summer: timedelta) -> str:
    """A zone by how far its clocks are ahead of UTC: ``+08:00``, or with summer time ``+01:00, +02:00``."""
    return ", ".join(dict.fromkeys(map(_hours, (winter, summer))))


def name_noted(zone: str) -> str:
    """The name by which backups noted their host's zone before they told its hours; "" where they tell the hours.

    >>> name_noted("SYSTEM (CST)"), name_noted("SYSTEM (+08:00)"), name_noted("Asia/Shanghai")
    ('CST', '', '')
    """
    found = _OF_HOST.fullmatch(zone)
    return found["told"] if found and not _HOURS.fullmatch(found["told"]) else ""


def can_be_same(noted: str, found: str) -> bool:
    """Whether a server's zone may be the one that is noted; a name that nobody knows may be any host's.

    Args:
        noted: What a backup notes: ``SYSTEM (+08:00)``, ``SYSTEM (CST)`` or a zone that the server was told.
        found: What a server says, its host's zone by the hours.
    """
    name, here = name_noted(noted), _OF_HOST.fullmatch(found)
    if not (name and here):
        return noted == found
    meant = of_name(name)
    return not meant or here["told"] in meant


@cache
def of_name(name: str) -> frozenset[str]:
    """The hours of every zone that is called so in winter or in summer; none where nobody knows the name."""
    zones = map(zoneinfo.ZoneInfo, sorted(zoneinfo.available_timezones()))
    days = ((WINTER.astimezone(zone), SUMMER.astimezone(zone)) for zone in zones)
    return frozenset(
        by_hours(*(day.utcoffset() or timedelta() for day in pair))
        for pair in days
        if name in {day.tzname() for day in pair}
    )


def _hours(ahead: timedelta) -> str:
    minutes = int(ahead.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
