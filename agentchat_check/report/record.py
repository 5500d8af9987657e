"""``report.json``: a run's findings, on disk after each one, so that a run that is cut short has its report too."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.findings import Finding, Verdict, worst
from agentchat_check.settings import PREFIX

FORMAT = 1
"""Changes when a reader of the file would have to; docs/report.schema.json describes it."""


class Record:
    """One run's report.

    Args:
        directory: The run's own directory; made at the first finding.
        run: The run's name.
        deployment: What is looked at: its name, the way it was named, and what is known of its versions.
    """

    def __init__(self, directory: Path, *, run: str, deployment: Mapping[str, Any]) -> None:
        self.path = directory / "report.json"
        self.findings: list[tuple[Finding, float]] = []
        self.inapplicable: list[tuple[str, str]] = []
        self.verdict = Verdict.UNKNOWN
        self.complete = False
        self._head = {
            "format": FORMAT,
            "run": run,
            "tool": importlib.metadata.version("agentchat-check"),
            "started": _now(),
        }
        self._deployment = dict(deployment)

    def add(self, finding: Finding, *, seconds: float) -> None:
        """Note a finding, and how long its look took."""
        self.findings.append((finding, seconds))
        self.write(complete=False)

    def leave_out(self, promise: str, reason: str) -> None:
        """Note a promise that does not apply to this deployment, and why; it counts neither way."""
        self.inapplicable.append((promise, reason))
        self.write(complete=False)

    def describe(self, **known: Any) -> None:
        """Note what has become known of the deployment."""
        self._deployment.update(known)

    def write(self, *, complete: bool) -> None:
        """Write the report as it stands; a reader finds the former one or this one, never half of one.

        Args:
            complete: Whether the run came to its end. One that was cut short has not seen everything: what it saw may
                be BROKEN, but as a whole it never HOLDS.

        Raises:
            errors.HostError: It cannot be written; what stands on the disk is the former one.
        """
        self.complete = complete
        unseen = [] if complete else [Verdict.UNKNOWN]
        self.verdict = worst([*(finding.verdict for finding, _ in self.findings), *unseen])
        report = {
            **self._head,
            "ended": _now(),
            "complete": complete,
            "verdict": self.verdict.value,
            "deployment": self._deployment,
            "findings": [{**finding.as_dict(), "seconds": round(seconds, 3)} for finding, seconds in self.findings],
            "inapplicable": [{"promise": promise, "reason": reason} for promise, reason in self.inapplicable],
        }
        with room_for(self.path):
            put(self.path, json.dumps(report, indent=2, ensure_ascii=False))


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Turn what the file system refuses to write among the reports into one clear error.

    Raises:
        errors.HostError: It is full, or may not be written.
    """
    try:
        yield
    except errors.CheckError:  # a timeout of ours is an OSError, too
        raise
    except OSError as error:
        raise errors.HostError(
            f"write {path}",
            expected="room on the disk, and leave to write there",
            actual=str(error),
            next_step=f"make room, or name another place for reports: {PREFIX}REPORTS",
        ) from None


def put(path: Path, text: str) -> None:
    """Write a text; a reader finds the former one or this one, never half of one.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    # What an application said may hold half a character; its escape is JSON's own.
    with temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
