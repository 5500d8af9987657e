"""What an audit found, as a table for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from agentchat_check.audit.judging import Audit
from agentchat_check.audit.ruling import Hit, Rule, Severity
from agentchat_check.settings import FILE

FORMAT = 1
"""Version of the JSON; it grows when a field changes its meaning or goes."""

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def table(audit: Audit, at_least: Severity) -> Table:
    """Every hit of this severity or a higher one, the worst first."""
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("where", "severity", "what, and what to do"):
        rows.add_column(title, overflow="fold", no_wrap=title == "severity")
    for rule, hit in audit.hits(at_least):
        severity = Text(rule.severity, _STYLE[rule.severity])
        rows.add_row(where(audit, hit), severity, Text.assemble(hit.message, "\n", (f"{rule.id}: {rule.fix}", "dim")))
    return rows


def where(audit: Audit, hit: Hit) -> str:
    """``docker-compose.yml:14``, from the deployment's directory."""
    return f"{audit.files.shown(hit.place.file)}:{hit.place.line}"


def remarks(audit: Audit) -> list[str]:
    """What was accepted, what is accepted in vain, and what could not be looked at."""
    lines = [
        f"accepted: {where(audit, hit)}: {one.rule.id}: {hit.message} ({reason})"
        for one in audit.judgements
        for hit, reason in one.accepted
    ]
    lines += [
        f"accepted in vain: {one.rule}{f' for {one.path}' if one.path else ''}: nothing breaks it any more; "
        f"remove it from {FILE}"
        for one in audit.stale
    ]
    unseen = audit.unseen()
    if unseen:
        rules = sorted({rule.id for rule, _ in unseen})
        lines.append(f"UNKNOWN: {len(rules)} rules need what is not here: {', '.join(rules)}")
        lines += [f"  {rule.id}: {one.subject}: {one.why}" for rule, one in unseen]
    return lines


def total(audit: Audit, at_least: Severity) -> str:
    """One line that says how it stands, with what the chosen severity leaves out."""
    counts = {severity: sum(rule.severity is severity for rule, _ in audit.hits()) for severity in reversed(Severity)}
    told = ", ".join(f"{number} {_counted(severity, number)}" for severity, number in counts.items() if number)
    hidden = sum(number for severity, number in counts.items() if severity.rank < at_least.rank)
    less = f" ({hidden} below {at_least} not shown)" if hidden else ""
    return f"{len(audit.judgements)} rules: {told or 'no finding'}{less}"


def _counted(severity: Severity, number: int) -> str:
    return severity if number == 1 else f"{severity}s"


def as_dict(audit: Audit, at_least: Severity) -> dict[str, Any]:
    """Plain values for JSON. Paths are relative to the directory; a field is never left out."""
    return {
        "format": FORMAT,
        "directory": str(audit.files.directory),
        "compose_files": [audit.files.shown(path) for path in audit.files.compose_files],
        "min_severity": str(at_least),
        "findings": [_hit(audit, rule, hit) for rule, hit in audit.hits(at_least)],
        "accepted": [
            {**_hit(audit, one.rule, hit), "accepted_because": reason}
            for one in audit.judgements
            for hit, reason in one.accepted
        ],
        "accepted_in_vain": [one.model_dump() for one in audit.stale],
        "unknown": [{"rule": rule.id, "subject": one.subject, "why": one.why} for rule, one in audit.unseen()],
    }


def _hit(audit: Audit, rule: Rule, hit: Hit) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "severity": str(rule.severity),
        "file": audit.files.shown(hit.place.file),
        "line": hit.place.line,
        "subject": hit.subject,
        "message": hit.message,
        "reason": rule.reason,
        "fix": rule.fix,
    }
