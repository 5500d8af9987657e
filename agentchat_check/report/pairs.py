"""Pairs of releases: what holds of the way from one to the other, a line each, and which of many go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from agentchat_check.facts import Aspect, Pair
from agentchat_check.findings import Verdict
from agentchat_check.report import matrix

_WORDS = {Verdict.HOLDS: "holds", Verdict.UNKNOWN: "unknown", Verdict.BROKEN: "BROKEN"}
_ITSELF = "·"
_NOT_TRIED = "not tried"


def table(pairs: Sequence[Pair]) -> str:
    """A line for each pair: its verdict by aspect, as plain text."""
    made = Table("from -> to", *Aspect, box=box.SIMPLE_HEAD)
    for pair in pairs:
        made.add_row(escape(_name(pair)), *(_WORDS[pair.verdict(aspect)] for aspect in Aspect))
    return matrix.as_text(made)


def compatibility(releases: Sequence[str], pairs: Sequence[Pair]) -> str:
    """Every release against every other: from the one of a line to the one of a column; what does not hold is named.

    Args:
        releases: Their names, in the order of their lines and columns.
        pairs: What was found; of those that are missing the cell says so.
    """
    found = {(pair.before, pair.after): pair for pair in pairs}
    made = Table("from \\ to", *map(escape, releases), box=box.SIMPLE_HEAD)
    for before in releases:
        cells = [
            _ITSELF if before == after else _cell(found.get((before, after))) for after in releases
        ]  # a release is no upgrade of itself
        made.add_row(escape(before), *cells)
    return matrix.as_text(made)


def reasons(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Why what does not hold does not, a line for each promise: ``ref-1 -> ref-3, rollback: BROKEN: …``."""
    return tuple(
        f"{_name(pair)}, {aspect}: {reason}" for pair in pairs for aspect in Aspect for reason in _reasons(pair, aspect)
    )


def as_dict(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The same for programs: each pair with its verdicts and findings by aspect."""
    return {
        "pairs": [
            {
                "from": pair.before,
                "to": pair.after,
                "verdict": pair.whole.value,
                "verdicts": {aspect.value: pair.verdict(aspect).value for aspect in Aspect},
                "findings": {
                    aspect.value: [finding.as_dict() for finding in pair.findings.get(aspect, ())] for aspect in Aspect
                },
            }
            for pair in pairs
        ]
    }


def _name(pair: Pair) -> str:
    return f"{pair.before} -> {pair.after}"


def _reasons(pair: Pair, aspect: Aspect) -> Iterator[str]:
    found = pair.findings.get(aspect, ())
    if not found:
        yield "UNKNOWN: nothing was looked at"
    for finding in found:
        if finding.verdict is not Verdict.HOLDS:
            yield f"{finding.verdict}: {finding.promise}: {(finding.actual.splitlines() or [''])[0]}"


def _cell(pair: Pair | None) -> str:
    if pair is None:
        return _NOT_TRIED
    failing = [aspect for aspect in Aspect if pair.verdict(aspect) is pair.whole]
    return _WORDS[pair.whole] + ("" if pair.whole is Verdict.HOLDS else f": {', '.join(failing)}")
