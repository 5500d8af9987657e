"""Do the services complain?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise, few

QUIET = Promise(
    "logs.quiet",
    "the logs hold no error",
    "read the lines around the ones above; a line that is no error goes into allowed_log_lines, with the reason",
)

_COMPLAINT = re.compile(
    r"\b(error|exception|traceback|fatal|panic|critical|emerg|crit|alert|out of memory|segfault)\b", re.IGNORECASE
)
_RAISED = re.compile(r"\b[A-Z]\w*(Error|Exception|Rejection)\b|\bERR!")
"""What Python, Node and npm call what they raise; a line that calls itself a warning or less only mentions it."""

_MILD = re.compile(r"\b(DEBUG|INFO|NOTICE|WARN|WARNING)\b")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Allowed:
    """A line that looks like an error and is none.

    Attributes:
        service: Role or service that prints it; "" for any.
        pattern: Regular expression, searched in the line.
        reason: Why it is no error.
    """

    service: str
    pattern: str
    reason: str


REVIEWED = (
    Allowed("", r"\b0 errors?\b|\berrors?[=:] ?0\b(?!\.)|\bno errors?\b", "counts none"),
    Allowed(
        "",
        r'"(GET|POST|PUT|DELETE|HEAD|OPTIONS) \S*(error|exception|alert)\S* HTTP',
        "an address that has the word in it",
    ),
    Allowed("backend", r"^\(Background on this error at: \S+\)$", "belongs to the line before, which is judged"),
    Allowed("database", r"\[(Note|System|Warning)\]", "MySQL marks its errors [ERROR]; these are not"),
    Allowed("frontend", r"\[(notice|info|warn)\]", "nginx marks its errors [error] and above; these are not"),
    Allowed("cache", r"Background (saving|append only file rewriting) terminated with success", "a success"),
)
"""Lines of AgentChat's services that were looked at and are no errors."""


def quiet(lines: Sequence[facts.LogLine], allowed: Sequence[Allowed] = ()) -> Finding:
    """No line complains, beyond those that were reviewed.

    Args:
        lines: What the services printed.
        allowed: Reviewed lines of this installation, besides the general ones.
    """
    expected = "no error beyond the reviewed ones"
    if not lines:
        return QUIET.unknown(
            expected=expected,
            actual="no service printed a line",
            next_step="look where the logs go: docker inspect --format '{{.HostConfig.LogConfig.Type}}' CONTAINER",
        )
    known = (*REVIEWED, *allowed)
    complaints = [line for line in lines if _complains(line.text) and not any(_is(line, one) for one in known)]
    alike: dict[tuple[str, str], list[facts.LogLine]] = {}
    for line in complaints:
        alike.setdefault((line.service, re.sub(r"0x[0-9a-f]+|\d+", "#", line.text)), []).append(line)
    shown = [_shown(several) for several in alike.values()]
    return QUIET.judge(not complaints, expected=expected, actual=few(shown, _SHOWN) or f"none in {len(lines)} lines")


def _complains(text: str) -> bool:
    return bool(_COMPLAINT.search(text) or (_RAISED.search(text) and not _MILD.search(text)))


def _shown(alike: Sequence[facts.LogLine]) -> str:
    """Lines that differ in numbers only, as one."""
    times = f" ({len(alike)} times)" if len(alike) > 1 else ""
    return f"{alike[0].service}: {' '.join(alike[0].text.split())[:200]}{times}"


def _is(line: facts.LogLine, allowed: Allowed) -> bool:
    return allowed.service in {"", line.service, line.role} and bool(re.search(allowed.pattern, line.text))
