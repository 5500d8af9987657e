"""The highest rate at which all limits hold, by bisection, and what is short beyond it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentchat_check.facts.metrics import TOGETHER, Unit
from agentchat_check.findings import Verdict
from agentchat_check.load.gate import Judgement
from agentchat_check.load.recording import Recording
from agentchat_check.load.samples import Track

_SHORT = 0.75
"""Share of a resource from which it is named as what is short."""

_HIGHEST = 100_000.0
"""Visitors per second beyond which nobody looks."""

_LOWEST = 0.25
"""Visitors per second below which nobody looks, either."""

_OF_ALL = ("cpu of host", f"cpu of {TOGETHER}")
"""Resources of which a container may have used the most."""


@dataclass(frozen=True, slots=True)
class Try:
    """One rate, and what came of it.

    Attributes:
        rate: Visitors per second.
        verdict: Whether all limits held.
        broken: The promises that were not kept.
        unproven: Those of which nothing can be said, with why.
        limiting: What was short; "" while all held.
    """

    rate: float
    verdict: Verdict
    broken: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    limiting: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the search found.

    Attributes:
        rate: The highest rate at which all limits held; 0 when they held at none.
        beyond: The lowest at which they did not; None when none was tried.
        limiting: What was short there; "" when none was tried.
        tries: Every rate that was tried, in order.
        ended: Why the search ended before it had found the limit; "" when it has.
    """

    rate: float
    beyond: float | None
    limiting: str
    tries: tuple[Try, ...]
    ended: str = ""

    @property
    def found(self) -> bool:
        """Whether the limit was met from both sides, as closely as was asked."""
        return self.rate > 0 and self.beyond is not None and not self.ended


def search(
    attempt: Callable[[float], Try], first: float, *, precision: float, at_most: float | None = None
) -> Capacity:
    """Find the highest rate at which all limits hold.

    The rate is doubled until they do not, or halved until they do, and then the gap is halved again and again. A rate
    of which nothing can be said ends the search: what the generator cannot drive, nobody knows.

    Args:
        attempt: Drives one rate and says what came of it.
        first: The rate to begin with, in visitors per second; no more than may be tried.
        precision: Share of the rate within which it is found.
        at_most: The highest rate that may be tried; by default one that nobody reaches.
    """
    highest = min(at_most or _HIGHEST, _HIGHEST)
    tries: list[Try] = []
    held, beyond, rate, ended = 0.0, None, min(first, highest), ""
    while rate >= _LOWEST:
        tried = attempt(rate)
        tries.append(tried)
        if tried.verdict is Verdict.UNKNOWN:
            ended = f"nothing can be said of {rate:g} visitors per second: {'; '.join(tried.unproven)}"
            break
        if tried.verdict is Verdict.HOLDS:
            held = rate
        else:
            beyond = tried
        if beyond and (beyond.rate - held) <= precision * beyond.rate:
            break
        if held == highest:
            ended = f"no more than {highest:g} visitors per second are tried"
            break
        rate = min(rate * 2, highest) if beyond is None else (held + beyond.rate) / 2
    short = beyond.limiting if beyond else ""
    return Capacity(held, beyond.rate if beyond else None, short, tuple(tries), ended)


def judged(rate: float, recording: Recording, judgement: Judgement) -> Try:
    """What came of a rate that was driven."""
    by_verdict = {
        verdict: tuple(
            f"{finding.promise}: {finding.actual.splitlines()[0] if finding.actual else ''}"
            for finding in judgement.findings
            if finding.verdict is verdict
        )
        for verdict in (Verdict.BROKEN, Verdict.UNKNOWN)
    }
    short = limiting(recording, judgement) if judgement.verdict is Verdict.BROKEN else ""
    return Try(rate, judgement.verdict, by_verdict[Verdict.BROKEN], by_verdict[Verdict.UNKNOWN], short)


def limiting(recording: Recording, judgement: Judgement) -> str:
    """What was short in a run whose limits did not hold: a resource whose own limit broke, else the fullest."""
    own = [
        f"{one.threshold.metric} of {breach.subject}"
        for one in judgement.thresholds
        if not one.threshold.of_requests and one.threshold.unit is Unit.SHARE
        for breach in one.breaches
    ]
    shares = {
        f"{metric} of {subject}": share
        for metric in ("cpu", "memory", "disk")
        for subject, track in recording.samples.of(metric)
        if (share := _mean(track, recording.run.judged_from)) is not None
    }
    fullest = sorted(shares, key=lambda name: -shares[name])
    if own:
        return ", ".join(dict.fromkeys(own))
    if fullest and shares[fullest[0]] >= _SHORT:
        containers = [name for name in fullest if name.startswith("cpu of container:")]
        most = f", most of it {containers[0].partition(':')[2]}" if fullest[0] in _OF_ALL and containers else ""
        return f"{fullest[0]} ({shares[fullest[0]]:.0%}){most}"
    nearest = f"; the fullest was {fullest[0]} ({shares[fullest[0]]:.0%})" if fullest else ""
    return f"no resource that was looked at{nearest}: look for a lock, a pool or a limit of connections"


def _mean(track: Track, start: float) -> float | None:
    values = [value for second, value in zip(track.seconds, track.values, strict=True) if second >= start]
    return sum(values) / len(values) if values else None
