"""Can a recording be trusted? A generator that could not keep up measures itself; what it says proves nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from agentchat_check.findings import Finding, Promise, few
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.recording import Recording, Timeline
from agentchat_check.load.series import BUSY, DRIFT, LATENESS, NOT_STARTED
from agentchat_check.settings.thresholds import TIMES, Threshold

BUSIEST = 0.90
"""Share of its processor core that a process of the generator may use."""

_LATEST = 0.020
"""Seconds: the 99th percentile of the delay with which arrivals start. On a slow host of two processors that drives its
own stack it is 7 ms; where the generator is short of time, the delay grows and grows."""

_PUNCTUAL = 0.005
"""Seconds that a generator at ease may be late, however strict a limit is."""

_OF_A_LIMIT = 1 / 20
"""Share of a limit of response times that the delay may be, for it is part of each of them."""

WINDOW = 10
"""Seconds over which both are taken."""

_STRAYS = 500
"""A 99th percentile counts as made of at least so many arrivals: up to five late ones are strays."""

_SILENCE = 3
"""Seconds for which a process may write nothing."""

_LOST = 10.0
"""Seconds of silence after which a process counts as lost while the run goes on."""

_JUMP = 0.25
"""Seconds that the clock on the wall may move against the monotonic one within a second; a clock that is being set
right moves by half a millisecond."""

_SHORTFALL = 0.01
"""Share of the arrivals that may be missing, besides chance."""

KEPT_UP = Promise(
    "trust.generator_kept_up",
    "the generator kept up with what it had to do",
    "drive less, from more processes, or from another host: agentchat-check load run --help",
)
RATE_REACHED = Promise(
    "trust.rate_reached",
    "as many arrivals came as were asked for",
    "drive less, from more processes, or from another host",
)
WORKERS_STAYED = Promise(
    "trust.workers_stayed",
    "every process of the generator stayed to the end",
    "look at the generator's log; run again",
)
CLOCK_STEADY = Promise(
    "trust.clock_steady",
    "no clock jumped",
    "run again while nothing sets the clock or suspends the host",
)
WENT_TO_THE_END = Promise(
    "trust.went_to_the_end",
    "the run went to its end",
    "run again; what was recorded until then is kept",
)


def latest(thresholds: Iterable[Threshold]) -> float:
    """Seconds by which arrivals may be late (p99) when a recording is judged by these thresholds."""
    limits = [threshold.limit for threshold in thresholds if threshold.metric in TIMES]
    return max(_PUNCTUAL, min([_LATEST, *(limit * _OF_A_LIMIT for limit in limits)]))


def judged(recording: Recording, late: float) -> list[Finding]:
    """What speaks for the recording, and what against it. Nothing here is BROKEN: it is the tool that fell short.

    Args:
        recording: All of it.
        late: Seconds by which arrivals may be late, of ``latest``.
    """
    return [
        generator_kept_up(recording, late),
        rate_reached(recording),
        workers_stayed(recording),
        clock_steady(recording),
        went_to_the_end(recording),
    ]


def generator_kept_up(recording: Recording, late: float) -> Finding:
    """No process was busy with itself, and arrivals started when they were due, in any 10 s and over all."""
    expected = (
        f"less than {BUSIEST:.0%} of a core, and arrivals at most {late * 1000:g} ms late (p99), in any {WINDOW} s"
    )
    spells = [
        f"{process}: {_stretch(seconds)}"
        for process in sorted(recording.notes)
        for seconds in stretches(_saturated(recording, process, late))
    ]
    if spells:
        return KEPT_UP.unknown(expected=expected, actual=few(spells), next_step=KEPT_UP.next_step)
    busy = [one.longest for notes in recording.notes.values() for one in notes.get(BUSY, {}).values()]
    delays = Histogram.merged(one for notes in recording.notes.values() for one in notes.get(LATENESS, {}).values())
    if not busy:
        return KEPT_UP.unknown(expected=expected, actual="no process noted anything", next_step=KEPT_UP.next_step)
    return KEPT_UP.judge(
        kept=True,
        expected=expected,
        actual=f"at most {max(busy):.0%} of a core in a second, and {delays.percentile(99) * 1000:.1f} ms late (p99)",
    )


def saturated(recording: Recording, late: float) -> frozenset[int]:
    """The seconds in which some process of the generator could not keep up."""
    return frozenset(second for process in recording.notes for second in _saturated(recording, process, late))


def stretches(seconds: Iterable[int]) -> list[Sequence[int]]:
    """Seconds in a row, as one stretch each."""
    numbered = enumerate(sorted(seconds))
    return [[second for _, second in group] for _, group in groupby(numbered, lambda pair: pair[1] - pair[0])]


def rate_reached(recording: Recording) -> Finding:
    """As many arrivals started, or were counted as not started, as the shape has until the end."""
    run = recording.run
    if run.arrivals == "closed":
        expected = f"{run.users} users, each of whom waits for the answer"
        return RATE_REACHED.judge(kept=True, expected=expected, actual="closed arrivals have no rate of their own")
    due = run.expected_arrivals(recording.seconds)
    came = sum(one.total for notes in recording.notes.values() for one in notes.get(LATENESS, {}).values())
    came += sum(
        one.total
        for series, timeline in recording.latency.items()
        if series.outcome == NOT_STARTED
        for one in timeline.values()
    )
    chance = 4 * math.sqrt(due) if run.spacing == "poisson" else len(run.processes)
    expected, actual = f"{due:,.0f} arrivals", f"{came:,} came"
    if not came or came < due * (1 - _SHORTFALL) - chance:
        return RATE_REACHED.unknown(expected=expected, actual=actual, next_step=RATE_REACHED.next_step)
    return RATE_REACHED.judge(kept=True, expected=expected, actual=actual)


def workers_stayed(recording: Recording) -> Finding:
    """Every process wrote something every few seconds, from the first to the last, and then that it was all."""
    lost = []
    for process in recording.run.processes:
        seconds = sorted(recording.notes.get(process, {}).get(DRIFT, {}))
        if not seconds:
            lost.append(f"{process}: never wrote")
            continue
        edges = [-1, *seconds, math.ceil(recording.seconds)]
        lost += [
            f"{process}: silent from {before + 1} s to {after} s"
            for before, after in pairwise(edges)
            if after - before - 1 > _SILENCE
        ]
        if process not in recording.ended:
            lost.append(f"worker lost: {process} was cut short after {seconds[-1] + 1} s")
    expected = f"{len(recording.run.processes)} processes that write every second"
    if lost:
        return WORKERS_STAYED.unknown(expected=expected, actual=few(lost), next_step=WORKERS_STAYED.next_step)
    return WORKERS_STAYED.judge(kept=True, expected=expected, actual="all of them did, to the end")


def lost(recording: Recording, gone: set[str], second: float) -> str:
    """Why a run that goes on cannot be proven any more; "" while every process is there.

    Args:
        recording: As far as it is.
        gone: The processes that are known to have ended.
        second: Which second it is.
    """
    for process in recording.run.processes:
        written = max(recording.notes.get(process, {}).get(DRIFT, {}), default=-1) + 1
        if process in gone:
            return f"worker lost: {process} ended before its time, after {written} s"
        if second - written > _LOST:
            return f"worker lost: {process} has been silent since {written} s"
    return ""


def clock_steady(recording: Recording) -> Finding:
    """On every process the clock on the wall went as the monotonic one did."""
    jumps = [
        f"{process}: by {abs(after - before):.2f} s at {second} s"
        for process, notes in sorted(recording.notes.items())
        for (_, before), (second, after) in pairwise([(0, 0.0), *_drifts(notes.get(DRIFT, {}))])
        if abs(after - before) > _JUMP
    ]
    expected = "clocks that go as the monotonic one does"
    if jumps:
        return CLOCK_STEADY.unknown(expected=expected, actual=few(jumps), next_step=CLOCK_STEADY.next_step)
    return CLOCK_STEADY.judge(kept=True, expected=expected, actual="none jumped")


def went_to_the_end(recording: Recording) -> Finding:
    """Nothing cut it short."""
    run = recording.run
    expected = "a run that finishes"
    if run.end != "finished":
        why = f": {run.reason}" if run.reason else ""
        actual = "nobody noted its end" if run.end == "running" else f"{run.end}{why}"
        return WENT_TO_THE_END.unknown(
            expected=expected, actual=f"{actual} (after {recording.seconds:.0f} s)", next_step=WENT_TO_THE_END.next_step
        )
    return WENT_TO_THE_END.judge(kept=True, expected=expected, actual=f"it went on for {recording.seconds:.0f} s")


def _saturated(recording: Recording, process: str, late: float) -> set[int]:
    notes = recording.notes[process]
    busy, delays = notes.get(BUSY, {}), notes.get(LATENESS, {})
    seconds: set[int] = set()
    if Histogram.merged(delays.values()).percentile(99, at_least=_STRAYS) > late:
        seconds.update(second for second, histogram in delays.items() if histogram.longest > late)
    for second in range(math.ceil(recording.seconds)):
        window = range(max(0, second + 1 - WINDOW), second + 1)
        used = [busy[at].longest for at in window if at in busy]
        together = Histogram.merged(delays[at] for at in window if at in delays)
        over = len(used) > WINDOW // 2 and sum(used) / len(used) >= BUSIEST
        if over or together.percentile(99, at_least=_STRAYS) > late:
            seconds.update(window)
    return seconds


def _drifts(timeline: Timeline) -> list[tuple[int, float]]:
    return [(second, histogram.longest) for second, histogram in sorted(timeline.items())]


def _stretch(seconds: Sequence[int]) -> str:
    return f"could not keep up from {seconds[0]} s to {seconds[-1] + 1} s"
