"""What was accepted, what could not be seen, and how all of it is told."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentchat_check import errors
from agentchat_check.audit import rules
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.judging import Audit
from agentchat_check.audit.rules import images, running
from agentchat_check.audit.ruling import Severity
from agentchat_check.findings import Verdict
from agentchat_check.report import audits, sarif
from agentchat_check.settings import AcceptedRule

Judged = Callable[..., Audit]

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "audit.schema.json").read_text())

PRIVILEGED = "services:\n  web:\n    image: shop/web:1\n    privileged: true\n    container_name: web\n"


def accepted(rule: str, path: str = "") -> AcceptedRule:
    return AcceptedRule(rule=rule, path=path, reason="it is meant")


class Known(EngineImages):
    """An engine that has one image, of which everything is known."""

    def __init__(self, programs: Mapping[str, bool], config: Mapping[str, Any]) -> None:
        super().__init__()
        self.programs, self.config = programs, config

    def declared(self, image: str) -> Mapping[str, Any] | None:
        """As the engine has it."""
        return self.config if image == "shop/web:1" else None

    def holds(self, image: str, program: str) -> bool | None:
        """Whether it is in there."""
        return self.programs.get(program) if image == "shop/web:1" else None


def test_a_hit_is_a_broken_promise_with_its_line(judged: Judged) -> None:
    found = {one.check: one for one in judged(PRIVILEGED).findings(running)}["audit.privileged"]
    assert found.verdict is Verdict.BROKEN
    assert found.actual == "compose.yml:4: web: it is privileged"
    assert found.next_step == "remove privileged; add the one capability or device that is needed"


def test_what_is_accepted_holds_and_says_why(judged: Judged) -> None:
    audit = judged(PRIVILEGED, [accepted("privileged", "w*")])
    found = {one.check: one for one in audit.findings(running)}["audit.privileged"]
    assert found.verdict is Verdict.HOLDS
    assert found.actual == "none\naccepted: web: it is privileged (it is meant)"
    assert "accepted: compose.yml:4: privileged: web: it is privileged (it is meant)" in audits.remarks(audit)


def test_what_is_accepted_for_another_is_not_and_is_told_as_vain(judged: Judged) -> None:
    audit = judged(PRIVILEGED, [accepted("privileged", "db")])
    assert {one.check: one for one in audit.findings(running)}["audit.privileged"].verdict is Verdict.BROKEN
    assert [one.path for one in audit.stale] == ["db"]
    assert any(
        line.startswith("accepted in vain: privileged for db: nothing breaks it") for line in audits.remarks(audit)
    )


def test_a_rule_that_does_not_exist_is_refused_with_those_near_it(judged: Judged) -> None:
    with pytest.raises(errors.CheckError) as caught:
        judged(PRIVILEGED, [accepted("privilegd")])
    assert caught.value.actual == "'privilegd' is none"
    assert "privileged" in caught.value.next_step


def test_what_only_an_image_tells_is_unknown_without_it(judged: Judged) -> None:
    audit = judged("services: {web: {image: 'shop/web:1', command: serve}}")
    found = {one.check: one for one in audit.findings(images)}
    assert found["audit.runs-as-root"].verdict is Verdict.UNKNOWN
    assert found["audit.command-not-in-image"].actual == (
        "web: the files do not tell, and the image is not on this host's engine: serve"
    )
    assert found["audit.unpinned-image"].verdict is Verdict.HOLDS
    assert any(line.startswith("UNKNOWN: 3 rules need what is not here:") for line in audits.remarks(audit))


def test_the_engines_image_tells_the_rest(judged: Judged) -> None:
    compose = "services: {web: {image: 'shop/web:1', command: serve, healthcheck: {test: [CMD, ask]}}}"
    bad = judged(compose, engine=Known({"serve": False, "ask": False}, {"User": "root"}))
    assert {rule.id for rule, _ in bad.hits()} >= {
        "runs-as-root",
        "command-not-in-image",
        "health-check-calls-missing-program",
    }
    config = {"User": "app", "Healthcheck": {"Test": ["CMD", "ask"]}, "Entrypoint": ["/docker-entrypoint.sh"]}
    good = judged(compose, engine=Known({"serve": True, "ask": True}, config))
    assert not {rule.id for rule, _ in good.hits()} & {"runs-as-root", "command-not-in-image"}
    assert good.unseen() == []


def test_an_images_own_entrypoint_takes_a_command_for_its_arguments(judged: Judged) -> None:
    engine = Known({}, {"User": "app", "Entrypoint": ["/traefik"], "Healthcheck": {"Test": ["CMD", "x"]}})
    audit = judged("services: {web: {image: 'shop/web:1', command: serve}}", engine=engine)
    assert audit.unseen() == []


def test_hits_are_sorted_by_weight_then_place(judged: Judged) -> None:
    found = [(rule.severity, hit.place.line) for rule, hit in judged(PRIVILEGED).hits()]
    assert found == sorted(found, key=lambda one: (-one[0].rank, one[1]))
    assert {severity for severity, _ in found} == set(Severity)


def test_no_hit_is_both_told_and_below_the_severity(judged: Judged) -> None:
    audit = judged(PRIVILEGED)
    assert {rule.severity for rule, _ in audit.hits(Severity.ERROR)} == {Severity.ERROR}
    assert audits.total(audit, Severity.ERROR).endswith("below error not shown)")
    assert audits.total(
        judged("services: {web: {image: 'shop/web:1'}}", [*map(accepted, rules.ALL)]), Severity.NOTE
    ) == ("38 rules: no finding")


def test_the_json_has_every_field(judged: Judged) -> None:
    audit = judged(PRIVILEGED, [accepted("fixed-container-name"), accepted("docker-socket")])
    told = json.loads(json.dumps(audits.as_dict(audit, Severity.WARNING)))
    jsonschema.validate(told, SCHEMA)
    assert told["format"] == audits.FORMAT
    assert told["compose_files"] == ["compose.yml"]
    assert told["findings"][0] == {
        "rule": "privileged",
        "severity": "error",
        "file": "compose.yml",
        "line": 4,
        "subject": "web",
        "message": "web: it is privileged",
        "reason": rules.ALL["privileged"].reason,
        "fix": rules.ALL["privileged"].fix,
    }
    assert [(one["rule"], one["accepted_because"]) for one in told["accepted"]] == [
        ("fixed-container-name", "it is meant")
    ]
    assert told["accepted_in_vain"] == [{"rule": "docker-socket", "path": "", "reason": "it is meant"}]
    assert {one["rule"] for one in told["unknown"]} == {"no-health-check", "runs-as-root"}


def test_the_schema_knows_every_severity_and_no_other_field(judged: Judged) -> None:
    assert set(SCHEMA["$defs"]["severity"]["enum"]) == set(map(str, Severity))
    told = audits.as_dict(judged(PRIVILEGED), Severity.NOTE)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, "more": 1}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({name: value for name, value in told.items() if name != "unknown"}, SCHEMA)


def test_sarif_says_it_where_code_hosts_look_for_it(judged: Judged, tmp_path: Path) -> None:
    audit = judged(PRIVILEGED, [accepted("fixed-container-name")])
    log = json.loads(json.dumps(sarif.log(audit, Severity.NOTE)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(rules.ALL)
    assert run["originalUriBaseIds"]["DEPLOYMENT"]["uri"] == tmp_path.as_uri() + "/"
    for result in run["results"]:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]
        assert rule["help"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "compose.yml", "uriBaseId": "DEPLOYMENT"}
        assert physical["region"]["startLine"] >= 1
    prints = [result["partialFingerprints"]["agentchatCheck/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    suppressed = {one["ruleId"]: one["suppressions"][0] for one in run["results"] if "suppressions" in one}
    assert {rule: one["justification"] for rule, one in suppressed.items()} == {"fixed-container-name": "it is meant"}
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert {one["associatedRule"]["id"] for one in told} == {"no-health-check", "runs-as-root"}


def test_a_fingerprint_stays_when_its_line_moves(judged: Judged) -> None:
    def prints(compose: str) -> set[str]:
        results = sarif.log(judged(compose), Severity.NOTE)["runs"][0]["results"]
        return {one["partialFingerprints"]["agentchatCheck/v1"] for one in results}

    assert prints(PRIVILEGED) == prints("# moved\n\n" + PRIVILEGED)


def test_every_rule_explains_itself() -> None:
    for rule in rules.ALL.values():
        assert rule.id == rule.id.lower()
        assert all(text[:1] != " " and not text.endswith(" ") for text in (rule.promise, rule.reason, rule.fix))
        assert rule.reason.endswith(".")
        assert not rule.promise.endswith(".")
        assert len({rule.promise for rule in rules.ALL.values()}) == len(rules.ALL)
