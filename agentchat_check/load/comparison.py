"""Runs beside each other: the noise between them, what has become worse, and where figures changed for good."""

from __future__ import annotations

from agentchat_check.findings import Finding, Promise, Verdict, few
from agentchat_check.load import changes, wording
from agentchat_check.load.changes import Change, ChangePoint
from agentchat_check.load.summary import Summary

NOT_WORSE = Promise(
    "load.not_worse_than_before",
    "nothing has become worse than in the runs before",
    "compare this run with one of before: agentchat-check load compare RUN RUN",
)


def against(summary: Summary, before: list[Summary]) -> list[Change]:
    """Every figure of a run beside the runs before that have it."""
    found = []
    for name, figure in summary.figures.items():
        known = [one.figures[name] for one in before if name in one.figures]
        if known:
            found.append(changes.compared(name, summary.units[name], known, figure, changes.noise(known)))
    return found


def not_worse(summary: Summary, before: list[Summary]) -> Finding:
    """No figure rose beyond its noise against the runs before."""
    expected = f"figures within the noise of the last {changes.LAST} runs under the same conditions"
    if not summary.trusted:
        return NOT_WORSE.unknown(
            expected=expected,
            actual="the recording of this run cannot be trusted",
            next_step="see what speaks against it, and run again",
        )
    if len(before) < changes.ENOUGH:
        return NOT_WORSE.unknown(
            expected=expected,
            actual=f"{len(before)} such runs are known; a noise takes {changes.ENOUGH}",
            next_step="run it again until there are as many",
        )
    found = against(summary, before)
    worse = [told(one) for one in found if one.worse]
    better = sum(one.better for one in found)
    return NOT_WORSE.judge(
        not worse,
        expected=expected,
        actual=few(worse) or f"{len(found)} figures beside {len(before)} runs: {better} better, none worse",
    )


def compare(one: Summary, other: Summary, before: list[Summary]) -> tuple[Verdict, list[Change]]:
    """A run beside another one.

    Args:
        one: The run of before.
        other: The run of after.
        before: Runs under the same conditions, that tell the noise.

    Returns:
        BROKEN where a figure is worse; HOLDS where none is, both can be trusted and the noise is known; and every
        figure that both have.
    """
    found = [
        changes.compared(
            name,
            unit,
            [one.figures[name]],
            other.figures[name],
            changes.noise([run.figures[name] for run in before if name in run.figures]),
        )
        for name, unit in other.units.items()
        if name in one.figures
    ]
    if not (one.trusted and other.trusted and found):
        return Verdict.UNKNOWN, found
    if any(change.worse for change in found):
        return Verdict.BROKEN, found
    return (Verdict.HOLDS if all(change.noise_known for change in found) else Verdict.UNKNOWN), found


def turns(runs: list[Summary]) -> list[tuple[Summary, str, ChangePoint]]:
    """Where figures changed their level for good, over runs under the same conditions.

    Args:
        runs: The oldest first.

    Returns:
        The first run of each new level, the figure, and the levels.
    """
    runs = [run for run in runs if run.trusted][-changes.SERIES :]
    names = {name: unit for run in runs for name, unit in run.units.items()}
    found = []
    for name, unit in names.items():
        having = [run for run in runs if name in run.figures]
        points = changes.change_points([run.figures[name] for run in having], unit)
        found += [(having[point.at], name, point) for point in points]
    return sorted(found, key=lambda turn: (turn[0].started, turn[1]))


def told(change: Change) -> str:
    """A change in words: ``POST /completion p95: 0.31 s, was 0.2 s (+55 %, noise up to 0.02 s)``."""
    after, was, floor = (wording.shown(figure, change.unit) for figure in (change.after, change.before, change.floor))
    return f"{change.name}: {after}, was {was} ({change.share:+.0%}; up to {floor} mean nothing)"
