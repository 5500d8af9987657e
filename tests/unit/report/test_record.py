"""report.json is there after each finding, is never half of one, and is as docs/report.schema.json says."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.findings import Finding, Verdict, worst
from agentchat_check.report.record import Record
from makers import finding

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

HOLDS, UNKNOWN, BROKEN = (finding(verdict) for verdict in (Verdict.HOLDS, Verdict.UNKNOWN, Verdict.BROKEN))

KNOWN: dict[str, Any] = {
    "project": "agentchat-check-1",
    "engine": "28.0.1",
    "compose": "2.26.1",
    "application": "AgentChat 2.5.0",
    "services": {"backend": {"role": "backend", "image": "agentchat/backend:2.5", "image_id": "sha256:1"}},
}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """A report that nothing is in yet."""
    return new_record(tmp_path / "run")


def new_record(directory: Path) -> Record:
    return Record(directory, run="20261124-120036-8ca3", deployment={"way": "reference", "name": "reference"})


def written(record: Record) -> dict[str, Any]:
    """The report on disk; it is as the schema says."""
    report: dict[str, Any] = json.loads(record.path.read_bytes())
    VALIDATOR.validate(report)
    return report


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_of_the_schema_is_described() -> None:
    def undescribed(schema: Any, path: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        inside = [name for key, part in schema.items() for name in undescribed(part, f"{path}/{key}")]
        fields = schema.get("properties", {}) if "type" in schema else {}
        return inside + [
            f"{path}/{name}" for name, field in fields.items() if "description" not in field and "$ref" not in field
        ]

    assert undescribed(SCHEMA, "") == []


def test_the_schema_knows_every_verdict_and_every_role() -> None:
    services = SCHEMA["properties"]["deployment"]["properties"]["services"]["additionalProperties"]
    assert set(SCHEMA["$defs"]["verdict"]["enum"]) == set(Verdict)
    assert set(services["properties"]["role"]["enum"]) == {"", *Role}


def test_before_the_first_finding_there_is_nothing_on_disk(record: Record) -> None:
    assert not record.path.parent.exists()
    assert (record.verdict, record.complete) == (Verdict.UNKNOWN, False)


def test_a_report_tells_everything_a_program_needs(record: Record) -> None:
    record.add(BROKEN.with_evidence("run/ps.txt"), seconds=1.23456)
    record.describe(**KNOWN)
    record.write(complete=True)
    report = written(record)
    assert report["started"] <= report["ended"]
    assert report == {
        "format": 1,
        "run": "20261124-120036-8ca3",
        "tool": report["tool"],
        "started": report["started"],
        "ended": report["ended"],
        "complete": True,
        "verdict": "BROKEN",
        "deployment": {"way": "reference", "name": "reference", **KNOWN},
        "findings": [
            {
                "check": "page.served",
                "promise": "the page is served",
                "verdict": "BROKEN",
                "expected": "HTML",
                "actual": "GET /: 200",
                "next_step": "look",
                "evidence": ["run/ps.txt"],
                "seconds": 1.235,
            }
        ],
        "inapplicable": [],
    }


@pytest.mark.parametrize(
    ("findings", "complete", "verdict"),
    [
        ([HOLDS], True, "HOLDS"),
        ([HOLDS, UNKNOWN], True, "UNKNOWN"),
        ([UNKNOWN, BROKEN, HOLDS], True, "BROKEN"),
        ([], True, "UNKNOWN"),
        ([], False, "UNKNOWN"),
        ([HOLDS], False, "UNKNOWN"),
        ([HOLDS, BROKEN], False, "BROKEN"),
    ],
)
def test_a_run_that_was_cut_short_never_holds(
    findings: list[Finding], complete: bool, verdict: str, record: Record
) -> None:
    for one in findings:
        record.add(one, seconds=0.1)
    record.write(complete=complete)
    report = written(record)
    assert (report["verdict"], report["complete"], len(report["findings"])) == (verdict, complete, len(findings))
    assert (record.verdict, record.complete) == (verdict, complete)


def test_the_report_is_on_disk_after_each_finding(record: Record) -> None:
    for number in (1, 2, 3):
        record.add(HOLDS, seconds=0)
        report = written(record)
        assert (len(report["findings"]), report["complete"]) == (number, False)
    assert [path.name for path in record.path.parent.iterdir()] == ["report.json"]


def test_a_reader_never_finds_half_a_report(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.add(HOLDS, seconds=0.1)
    before = record.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.HostError) as caught:
        record.add(BROKEN, seconds=0.1)
    assert "\n  actual:     [Errno 28] No space left on device\n" in str(caught.value)
    assert record.path.read_bytes() == before


@given(st.lists(st.sampled_from([HOLDS, UNKNOWN, BROKEN])), st.booleans())
def test_the_worst_finding_decides(tmp_path_factory: Any, several: list[Finding], complete: bool) -> None:
    record = new_record(tmp_path_factory.mktemp("run"))
    for one in several:
        record.findings.append((one, 0.0))
    record.write(complete=complete)
    unseen = [] if complete else [Verdict.UNKNOWN]
    assert written(record)["verdict"] == worst([*(one.verdict for one in several), *unseen])


@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_whatever_an_application_said_the_report_is_utf_8_and_says_it(tmp_path_factory: Any, said: str) -> None:
    record = new_record(tmp_path_factory.mktemp("run"))
    record.add(finding(Verdict.BROKEN, actual=said), seconds=0.0)
    record.path.read_bytes().decode("utf-8")
    assert written(record)["findings"][0]["actual"] == said


def test_words_of_every_language_stand_in_it_as_they_are(record: Record) -> None:
    record.add(finding(actual="对话已删除"), seconds=0.0)
    assert "对话已删除".encode() in record.path.read_bytes()


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda report: report.pop(name)


def with_(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda report: report.update(values)


def in_finding(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda report: report["findings"][0].update(values)


def in_service(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda report: report["deployment"]["services"]["backend"].update(values)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (without("complete"), "'complete' is a required property"),
        (with_(format=2), "1 was expected"),
        (with_(verdict="PASSED"), "'PASSED' is not one of"),
        (with_(verdict="BROKEN"), "'BROKEN' is not one of"),
        (with_(complete=False), "'HOLDS' is not one of"),
        (with_(findings=[]), "[] should be non-empty"),
        (with_(started="yesterday"), "'yesterday' does not match"),
        (with_(score=9), "('score' was unexpected)"),
        (with_(deployment={"name": "reference"}), "'way' is a required property"),
        (with_(deployment={"way": "guess", "name": "reference"}), "'guess' is not one of"),
        (in_service(role="proxy"), "'proxy' is not one of"),
        (in_service(digest="sha256:2"), "('digest' was unexpected)"),
        (in_finding(verdict="BROKEN"), "'BROKEN' was expected"),
        (in_finding(verdict="UNKNOWN"), "'HOLDS' was expected"),
        (in_finding(next_step="look"), "'' was expected"),
        (in_finding(seconds=-1), "-1 is less than the minimum of 0"),
        (in_finding(seconds="0.1"), "'0.1' is not of type 'number'"),
        (in_finding(evidence="ps.txt"), "'ps.txt' is not of type 'array'"),
        (in_finding(actual=None), "None is not of type 'string'"),
        (in_finding(severity="high"), "('severity' was unexpected)"),
    ],
)
def test_a_made_up_report_is_refused(spoil: Callable[[Any], None], complaint: str, record: Record) -> None:
    record.add(HOLDS, seconds=0.1)
    record.describe(**KNOWN)
    record.write(complete=True)
    report = written(record)
    spoil(report)
    assert complaint in "\n".join(error.message for error in VALIDATOR.iter_errors(report))
