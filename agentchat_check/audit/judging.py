"""Rules applied: hits, what was accepted with a reason, what could not be seen; and the findings they come to."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

from agentchat_check import errors
from agentchat_check.audit import rules
from agentchat_check.audit.files import Files
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen
from agentchat_check.findings import Finding, Promise
from agentchat_check.settings import FILE, AcceptedRule

_SHOWN = 12
"""Hits that a finding lists."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found.

    Attributes:
        rule: Which.
        hits: Places that break it, each once, in order.
        accepted: Those that the operator accepts, with the reason.
        unseen: What it could not look at.
    """

    rule: Rule
    hits: tuple[Hit, ...]
    accepted: tuple[tuple[Hit, str], ...]
    unseen: tuple[Unseen, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What all rules found.

    Attributes:
        files: What they looked at.
        judgements: One for each rule.
        stale: Rules that are accepted for something that is not there any more.
    """

    files: Files
    judgements: tuple[Judgement, ...]
    stale: tuple[AcceptedRule, ...]

    def hits(self, at_least: Severity = Severity.NOTE) -> list[tuple[Rule, Hit]]:
        """Every hit of this severity or a higher one: the worst first, then by file and line."""
        found = [
            (one.rule, hit) for one in self.judgements for hit in one.hits if one.rule.severity.rank >= at_least.rank
        ]
        return sorted(found, key=lambda pair: (-pair[0].severity.rank, pair[1].place, pair[0].id))

    def unseen(self) -> list[tuple[Rule, Unseen]]:
        """What no rule could look at."""
        return [(one.rule, unseen) for one in self.judgements for unseen in one.unseen]

    def findings(self, topic: ModuleType) -> list[Finding]:
        """One finding for each rule of a topic."""
        return [self._finding(one) for one in self.judgements if one.rule in topic.RULES]

    def _finding(self, one: Judgement) -> Finding:
        promise = Promise(f"audit.{one.rule.id}", one.rule.promise, one.rule.fix)
        expected = "no such place in the deployment's files"
        if one.hits:
            listed = [f"{self.files.shown(h.place.file)}:{h.place.line}: {h.message}" for h in one.hits]
            more = [f"and {len(listed) - _SHOWN} more"] if len(listed) > _SHOWN else []
            return promise.judge(kept=False, expected=expected, actual="\n".join([*listed[:_SHOWN], *more]))
        if one.unseen:
            return promise.unknown(
                expected=expected,
                actual="\n".join(f"{unseen.subject}: {unseen.why}" for unseen in one.unseen),
                next_step="pull or build the images on this host, then audit again",
            )
        accepted = "".join(f"\naccepted: {hit.message} ({reason})" for hit, reason in one.accepted)
        return promise.judge(kept=True, expected=expected, actual=f"none{accepted}")


def judge(files: Files, accepted: Sequence[AcceptedRule] = (), *, only: Iterable[Rule] | None = None) -> Audit:
    """Apply the rules.

    Args:
        files: What to look at.
        accepted: What the operator accepts.
        only: These rules; all of them by default.

    Raises:
        errors.CheckError: A rule that is accepted does not exist.
    """
    _refuse_unknown(accepted)
    used: set[int] = set()
    judgements = [_judged(rule, files, accepted, used) for rule in (only if only is not None else rules.ALL.values())]
    stale = tuple(one for number, one in enumerate(accepted) if number not in used)
    return Audit(files, tuple(judgements), stale)


def _judged(rule: Rule, files: Files, accepted: Sequence[AcceptedRule], used: set[int]) -> Judgement:
    hits, excused, unseen = [], [], []
    for found in dict.fromkeys(rule.look(files)):
        if isinstance(found, Unseen):
            unseen.append(found)
            continue
        number = next((n for n, one in enumerate(accepted) if one.rule == rule.id and _meant(one, found, files)), None)
        if number is None:
            hits.append(found)
        else:
            used.add(number)
            excused.append((found, accepted[number].reason))
    return Judgement(rule, tuple(sorted(hits, key=lambda hit: (hit.place, hit.message))), tuple(excused), tuple(unseen))


def _meant(accepted: AcceptedRule, hit: Hit, files: Files) -> bool:
    names = (hit.subject, files.shown(hit.place.file))
    return not accepted.path or any(fnmatch.fnmatchcase(name, accepted.path) for name in names)


def _refuse_unknown(accepted: Iterable[AcceptedRule]) -> None:
    for one in accepted:
        if one.rule not in rules.ALL:
            near = difflib.get_close_matches(one.rule, rules.ALL, n=3, cutoff=0.4)
            raise errors.CheckError(
                f"read accepted_rules of {FILE}",
                expected=f"a rule: {', '.join(near or sorted(rules.ALL))}",
                actual=f"{one.rule!r} is none",
                next_step=f"correct the name; near it: {', '.join(near)}" if near else "correct the name",
            )
