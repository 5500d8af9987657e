"""What a run found, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentchat_check.findings import Finding, Verdict, rank

MARKUP = {
    Verdict.HOLDS: {"green": True},
    Verdict.UNKNOWN: {"yellow": True, "bold": True},
    Verdict.BROKEN: {"red": True, "bold": True},
}
"""How each verdict is shown on a terminal, in pytest's terms."""


def line(finding: Finding, seconds: float, *, width: int = 100) -> str:
    """A finding on one line: verdict, promise, seconds.

    >>> from agentchat_check.findings import Promise
    >>> line(Promise("a.b", "the page is served", "").judge(True, expected="", actual=""), 0.25, width=40)
    'HOLDS    the page is served        0.2 s'
    """
    took = f"{seconds:.1f} s"
    head = f"{finding.verdict:<8} {finding.promise}"
    return f"{head.ljust(width - len(took) - 1)} {took}"


def left_out(promise: str, reason: str) -> str:
    """A promise that does not apply to this deployment, on one line.

    >>> left_out("stop.sh keeps every volume", "there is no stop.sh")
    '-        stop.sh keeps every volume: there is no stop.sh'
    """
    return f"{'-':<8} {promise}: {reason}"


def by_promise(findings: Iterable[tuple[Finding, float]]) -> list[tuple[Finding, float]]:
    """Each promise once, in the order of the run: its worst finding, and the seconds of its longest look."""
    told: dict[tuple[str, str], list[tuple[Finding, float]]] = {}
    for finding, seconds in findings:
        told.setdefault((finding.check, finding.promise), []).append((finding, seconds))
    return [
        (
            max((finding for finding, _ in several), key=lambda finding: rank(finding.verdict)),
            max(seconds for _, seconds in several),
        )
        for several in told.values()
    ]


def total(findings: Sequence[Finding], unseen: str = "could not be looked at") -> str:
    """How many promises hold, are broken, and could not be looked at: ``12 promises: 11 hold, 1 is broken``.

    Args:
        findings: One for each promise.
        unseen: What is said of those that are UNKNOWN.
    """
    count = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    parts = [_of(count[Verdict.HOLDS], "holds", "hold")]
    if count[Verdict.BROKEN]:
        parts.append(_of(count[Verdict.BROKEN], "is broken", "are broken"))
    if count[Verdict.UNKNOWN]:
        parts.append(f"{count[Verdict.UNKNOWN]} {unseen}")
    return f"{_of(len(findings), 'promise', 'promises')}: {', '.join(parts)}"


def _of(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
