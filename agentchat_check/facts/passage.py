"""What was seen of an installation on its way from one release to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentchat_check.facts.trouble import Reply
from agentchat_check.findings import Finding, Verdict, worst


@dataclass(frozen=True, slots=True)
class ContractLook:
    """Every call of the contract, made once.

    Attributes:
        reads: What became of those that read, what was written before included.
        writes: What became of those that write.
        left_out: Why a call was not made, by its name: the release never had it, or it would leave a trace.
        written: What can be read again from now on, by kind: dialogs, models, knowledge, …
    """

    reads: tuple[Reply, ...] = ()
    writes: tuple[Reply, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All of them, reads first."""
        return (*self.reads, *self.writes)


@dataclass(frozen=True, slots=True)
class Passage:
    """What users saw while something was done to the installation.

    Attributes:
        seconds: How long they were watched.
        asked: How many requests they made.
        failed: How many of them did not get what they asked for.
        downtime: Seconds of the longest time without an answer, by what was asked.
        failures: How the first request of each kind failed.
        left: What did not get what it asked for at the end.
    """

    seconds: float
    asked: int
    failed: int
    downtime: Mapping[str, float]
    failures: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def longest(self) -> float:
        """Seconds of the longest time without an answer to any of the requests."""
        return max(self.downtime.values(), default=0.0)


@dataclass(frozen=True, slots=True)
class WayBack:
    """The former release, run again on what the newer one left.

    Attributes:
        on_new_schema: Its calls on the data as the newer release left them; None where it did not come up.
        obstacle: Why it did not come up, or "".
        restored: Whether the backup was restored after that.
        at_last: Its calls at the end of the rollback; None where it was not brought back.
    """

    on_new_schema: ContractLook | None
    obstacle: str = ""
    restored: bool = False
    at_last: ContractLook | None = None


class Aspect(StrEnum):
    """What is judged of a pair of releases."""

    READS = "reads"
    WRITES = "writes"
    SCHEMA = "schema"
    CONFIG = "config"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two releases, and what was found of the way from one to the other.

    Attributes:
        before: The release that ran.
        after: The release that was brought in.
        findings: By aspect.
    """

    before: str
    after: str
    findings: Mapping[Aspect, tuple[Finding, ...]]

    def verdict(self, aspect: Aspect) -> Verdict:
        """What is to be said of an aspect; where nothing was seen of it, UNKNOWN."""
        return worst(finding.verdict for finding in self.findings.get(aspect, ()))

    @property
    def whole(self) -> Verdict:
        """What is to be said of the pair."""
        return worst(map(self.verdict, Aspect))
