"""How much a backup loses, and how long a restore takes: measured from writes, and kept to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from agentchat_check import facts
from agentchat_check.ledger import Entry

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Objectives:
    """What one backup and its restore came to.

    Attributes:
        at: When, ISO.
        deployment: Of which deployment.
        method: How the database was copied.
        bytes: What the archive takes.
        lost: Seconds before the end of the backup whose acknowledged writes it does not hold (its RPO).
        back: Seconds from the first service's stop until the application answered again (its RTO).
    """

    at: str
    deployment: str
    method: str
    bytes: int
    lost: float
    back: float


def lost(said: Sequence[Entry], cut: facts.CutLine, ended: datetime) -> float:
    """Seconds between the cut and the last write that was acknowledged before the backup ended; 0 without one.

    Args:
        said: Writes, as the ledger has them.
        cut: The moment that the backup shows.
        ended: When it was taken.
    """
    acknowledged = [entry.ended.utc for entry in said if entry.acknowledged and entry.ended]
    late = [moment for moment in acknowledged if cut.at < moment <= ended]
    return (max(late) - cut.at).total_seconds() if late else 0.0


def keep(state: Path, one: Objectives) -> str:
    """Add one to the history, and show it beside those of before.

    Args:
        state: The directory of our own state.
        one: What was measured.

    Returns:
        A table, the newest last.
    """
    history = state / "recovery.jsonl"
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a") as lines:
        lines.write(json.dumps(asdict(one)) + "\n")
    shown = [run for line in history.read_text().splitlines() for run in _read(line)][-_SHOWN:]
    head = f"{'when':<20}  {'deployment':<16}  {'method':<9}  {'MB':>8}  {'RPO s':>6}  {'RTO s':>6}"
    rows = [
        f"{run.at[:19]:<20}  {run.deployment[:16]:<16}  {run.method:<9}  {run.bytes / 1e6:>8.1f}  {run.lost:>6.2f}"
        f"  {run.back:>6.1f}"
        for run in shown
    ]
    return "\n".join([head, *rows])


def _read(line: str) -> Iterator[Objectives]:
    """One of before; none where its writer was killed halfway, or was of another version."""
    with suppress(ValueError, TypeError):
        yield Objectives(**json.loads(line))
