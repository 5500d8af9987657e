"""What an upgrade or a rollback needs, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agentchat_check import facts
from agentchat_check.archive.sealing import Identity
from agentchat_check.findings import Finding
from agentchat_check.probes.api import Account
from agentchat_check.procedures.backup import take as takes

Tell = Callable[[str], None]
"""Is told each step as it begins."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How it is to be done.

    Attributes:
        into: The directory of the backups.
        backup: How they are taken.
        identity: What opens them; None for those that are not encrypted.
        account: Who tries every call; None on a stack of ours, where one is made.
        env_file: The administrator's env file; None for the one that runs, or that the release brings filled in.
        restore_data: On a rollback: whether the data of the backup are put back in any case.
        lose_newer_writes: On a rollback: whether what was written since may be lost.
    """

    into: Path
    backup: takes.Wishes = field(default_factory=takes.Wishes)
    identity: Identity | None = None
    account: Account | None = None
    env_file: Path | None = None
    restore_data: bool = False
    lose_newer_writes: bool = False


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A release was brought in, and every call works.

    Attributes:
        before: The release that ran.
        after: The release that runs now.
        archive: The backup of what was there before; None where it is not known any more.
        findings: What the gate saw.
        plan: What was changed; None where the run that planned it was cut short.
        seconds: How long it took, from its first look on.
        downtime: Seconds that the backend was away; None where that was not seen.
    """

    before: str
    after: str
    archive: Path | None
    findings: tuple[Finding, ...]
    plan: facts.Plan | None
    seconds: float
    downtime: float | None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The former release runs again.

    Attributes:
        left: The release that was left.
        runs: The release that runs again.
        why: What it was rolled back for; "" where somebody asked for it.
        findings: What the gate saw at last.
        obstacle: Why the former release did not work on the data as they were, or "".
        restored: The backup that was put back; None where the data stayed.
        safety_copy: The backup of what that replaced; None where nothing was replaced.
        lost: What had been written since that backup, a line for each table.
        seconds: How long it took.
        downtime: Seconds that the backend was away; None where that was not seen.
    """

    left: str
    runs: str
    why: str
    findings: tuple[Finding, ...]
    obstacle: str
    restored: Path | None
    safety_copy: Path | None
    lost: tuple[str, ...]
    seconds: float
    downtime: float | None


def downtime(events: Sequence[facts.Event], service: str, since: datetime) -> float | None:
    """Seconds from the moment that a service went away until it was healthy for good; None where that was not seen.

    Args:
        events: What happened to the stack's containers.
        service: The service.
        since: From when on.
    """
    own = [event for event in events if event.service == service and event.time >= since]
    ends = [event.time for event in own if event.what.split()[0] in {"kill", "die", "stop"}]
    back = next((event.time for event in reversed(own) if event.what == "health_status: healthy"), None)
    return (back - ends[0]).total_seconds() if ends and back and back > ends[-1] else None
