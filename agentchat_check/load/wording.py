"""What load calls things: verdicts, limits, figures and when they were, as people read them."""

from __future__ import annotations

from typing import Final

from agentchat_check.facts.metrics import TOGETHER, Unit
from agentchat_check.findings import Verdict
from agentchat_check.settings.thresholds import Threshold

VERDICTS: Final = {Verdict.HOLDS: "HOLDS", Verdict.BROKEN: "BROKEN", Verdict.UNKNOWN: "UNPROVEN"}
"""What load calls a verdict: what nobody could see was not proven."""

_HOUR = 3600.0

_MILLI = 0.1
"""Seconds below which milliseconds read better."""


def expected(threshold: Threshold) -> str:
    """What a threshold asks for: ``p95 of latency at most 1 s for each request, over any 30 s``."""
    if threshold.of_requests:
        per = {"run": "all requests together", "journey": "each journey", "request": "each request"}
        whom = per[threshold.per or "request"]
    else:
        several = {"*": "each subject", "container:*": "each container", TOGETHER: "all containers together"}
        whom = several.get(threshold.subject, threshold.subject)
    over = f"over any {threshold.window:g} s" if threshold.window else "over the whole run"
    if threshold.ahead and threshold.window:
        over = f"{span(threshold.ahead)} after the run, by how it grew in the last {span(threshold.window)}"
    statistic = "" if threshold.statistic == "share" else f"{threshold.statistic} of "
    metric = threshold.metric.replace("_", " ")
    return f"{statistic}{metric} {threshold.side} {shown(threshold.limit, threshold.unit)} for {whom}, {over}"


def shown(figure: float, unit: Unit) -> str:
    """A figure as people read it: ``1.52 s``, ``50 ms``, ``83 %``, ``512 MiB``."""
    match unit:
        case Unit.SECONDS:
            return f"{figure:.3g} s" if figure >= _MILLI or not figure else f"{figure * 1000:.3g} ms"
        case Unit.SHARE:
            return f"{figure * 100:.3g} %"
        case Unit.BYTES | Unit.BYTES_PER_SECOND:
            return f"{figure / 2**20:,.0f} MiB" + ("/s" if unit is Unit.BYTES_PER_SECOND else "")
        case _:
            return f"{figure:,g}{unit}"


def told(threshold: Threshold, subject: str, figure: float, began: float, ended: float) -> str:
    """What was seen of a subject: ``POST /completion: 1.52 s from 40 s to 70 s``.

    Args:
        threshold: What was looked at.
        subject: Whose figure.
        figure: In the threshold's unit.
        began: Seconds since the run's start.
        ended: Where the stretch ends that shows it.
    """
    soon = f"{span(threshold.ahead)} on, by how it grew " if threshold.ahead else ""
    return f"{subject}: {shown(figure, threshold.unit)} {soon}from {began:.0f} s to {ended:.0f} s"


def span(seconds: float) -> str:
    """A length of time: ``30 s``, ``24 h``."""
    return f"{seconds:g} s" if seconds % _HOUR else f"{seconds / _HOUR:g} h"
