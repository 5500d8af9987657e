"""What an audit found, as SARIF 2.1.0, which code hosts and editors show at the line it is about."""

from __future__ import annotations

import hashlib
import urllib.parse
from collections import Counter
from importlib.metadata import version
from typing import Any

from agentchat_check.audit.judging import Audit
from agentchat_check.audit.ruling import Hit, Rule, Severity
from agentchat_check.settings import FILE

_ROOT = "DEPLOYMENT"
"""The name under which results know the deployment's directory."""


def log(audit: Audit, at_least: Severity) -> dict[str, Any]:
    """A SARIF log with one run; accepted hits are in it as suppressed."""
    rules = [one.rule for one in audit.judgements]
    index = {rule.id: number for number, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = [_result(audit, rule, hit, index, seen) for rule, hit in audit.hits(at_least)]
    for one in audit.judgements:
        for hit, reason in one.accepted:
            suppression = {
                "kind": "external",
                "status": "accepted",
                "justification": reason,
                "location": {"physicalLocation": {"artifactLocation": {"uri": FILE}}},
            }
            results.append({**_result(audit, one.rule, hit, index, seen), "suppressions": [suppression]})
    run = {
        "tool": {
            "driver": {
                "name": "agentchat-check",
                "semanticVersion": version("agentchat-check"),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "originalUriBaseIds": {_ROOT: {"uri": audit.files.directory.as_uri() + "/"}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"not looked at: {one.subject}: {one.why}"},
                        "associatedRule": {"id": rule.id, "index": index[rule.id]},
                    }
                    for rule, one in audit.unseen()
                ],
            }
        ],
        "results": results,
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"{rule.promise[0].upper()}{rule.promise[1:]}."},
        "fullDescription": {"text": rule.reason},
        "help": {"text": f"{rule.reason} What to do: {rule.fix}."},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result(audit: Audit, rule: Rule, hit: Hit, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    uri = urllib.parse.quote(audit.files.shown(hit.place.file))
    return {
        "ruleId": rule.id,
        "ruleIndex": index[rule.id],
        "level": str(rule.severity),
        "message": {"text": f"{hit.message}. What to do: {rule.fix}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri, "uriBaseId": _ROOT},
                    "region": {"startLine": hit.place.line},
                }
            }
        ],
        "partialFingerprints": {"agentchatCheck/v1": _fingerprint(f"{rule.id}\n{uri}\n{hit.message}", seen)},
    }


def _fingerprint(text: str, seen: Counter[str]) -> str:
    """The same for the same hit, whatever line it moves to; equal ones are counted."""
    seen[text] += 1
    return hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:32]
