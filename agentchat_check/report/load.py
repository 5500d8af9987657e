"""A load run, told: a page that needs nothing else, JSON for programs, Markdown for a summary, JUnit for CI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jinja2

from agentchat_check.facts.metrics import Unit
from agentchat_check.findings import Finding, Verdict
from agentchat_check.load import wording
from agentchat_check.load.gate import Judgement
from agentchat_check.load.recording import Recording
from agentchat_check.report import charts, load_charts, load_tables, terminal
from agentchat_check.report.record import put, room_for

FORMAT = 1
"""Changes when a reader of the JSON would have to; docs/load.schema.json describes it."""

_UNSEEN = "not proven"

NAMES = ("load.html", "load.json", "load.md", "load.junit.xml")
"""The files of a report, beside the recording."""


def write(directory: Path, recording: Recording, judgement: Judgement) -> list[Path]:
    """Write every form of the report.

    Args:
        directory: Where the run's recording is.
        recording: All of it.
        judgement: What is said of it.

    Returns:
        The files, the page first.

    Raises:
        errors.HostError: They cannot be written.
    """
    texts = (
        page(recording, judgement),
        json.dumps(as_dict(recording, judgement), indent=2, ensure_ascii=False) + "\n",
        markdown(recording, judgement),
        junit(recording, judgement),
    )
    paths = [directory / name for name in NAMES]
    for path, text in zip(paths, texts, strict=True):
        with room_for(path):
            put(path, text)
    return paths


def page(recording: Recording, judgement: Judgement) -> str:
    """The report as one page of HTML, with everything in it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("load.html").render(
        run=recording.run,
        word=wording.VERDICTS[judgement.verdict],
        words=wording.VERDICTS,
        total=terminal.total(judgement.findings, _UNSEEN),
        seconds=recording.seconds,
        arrivals=arrivals(recording),
        findings=sorted(judgement.findings, key=lambda one: one.verdict is Verdict.HOLDS),
        inapplicable=judgement.inapplicable,
        charts=load_charts.of_run(recording, judgement),
        sizes=charts,
        clock=charts.clock,
        show=lambda figure: wording.shown(figure, Unit.SECONDS),
        requests=load_tables.requests(recording),
        errors=load_tables.errors(recording),
        events=recording.events,
        facts=list(_facts(recording)),
    )


def as_dict(recording: Recording, judgement: Judgement) -> dict[str, Any]:
    """Plain values for JSON: the same as the page holds, but for the charts."""
    return {
        "format": FORMAT,
        "run": recording.run.model_dump(mode="json"),
        "seconds": recording.seconds,
        "verdict": wording.VERDICTS[judgement.verdict],
        "findings": [finding(one) for one in judgement.findings],
        "inapplicable": [{"promise": promise, "reason": reason} for promise, reason in judgement.inapplicable],
        "breaches": [
            {"threshold": one.name, **asdict(breach)} for one in judgement.thresholds for breach in one.breaches
        ],
        "warnings": [one.name for one in judgement.thresholds if one.warned],
        "requests": [asdict(row) for row in load_tables.requests(recording)],
        "errors": [asdict(row) for row in load_tables.errors(recording)],
        "events": [asdict(event) for event in recording.events],
    }


def finding(one: Finding) -> dict[str, Any]:
    """A finding for JSON, in the words of load."""
    return {**one.as_dict(), "verdict": wording.VERDICTS[one.verdict]}


def markdown(recording: Recording, judgement: Judgement) -> str:
    """A summary for where code hosts show one."""
    verdict, total = wording.VERDICTS[judgement.verdict], terminal.total(judgement.findings, _UNSEEN)
    lines = [
        f"## {verdict}: {recording.run.profile}, {total}",
        "",
        f"{recording.run.target}, {charts.clock(recording.seconds)}, {arrivals(recording)}",
        "",
        "| verdict | promise | expected | actual |",
        "|---|---|---|---|",
    ]
    for one in judgement.findings:
        cells = [f"**{wording.VERDICTS[one.verdict]}**", one.promise, one.expected, one.actual]
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    lines += ["", "| request | requests | errors | p50 | p95 | p99 |", "|---|---:|---:|---:|---:|---:|"]
    for row in load_tables.requests(recording):
        figures = [wording.shown(figure, Unit.SECONDS) for figure in (row.p50, row.p95, row.p99)]
        lines.append(f"| {_cell(row.request)} | {row.requests:,} | {row.errors:,} | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def junit(recording: Recording, judgement: Judgement) -> str:
    """Each promise as a test case: BROKEN is a failure, UNPROVEN an error, what does not apply is skipped."""
    findings = judgement.findings
    suite = ET.Element(
        "testsuite",
        name=f"load {recording.run.profile}",
        tests=str(len(findings) + len(judgement.inapplicable)),
        failures=str(sum(one.verdict is Verdict.BROKEN for one in findings)),
        errors=str(sum(one.verdict is Verdict.UNKNOWN for one in findings)),
        skipped=str(len(judgement.inapplicable)),
        time=f"{recording.seconds:.3f}",
        timestamp=recording.run.started.strftime("%Y-%m-%dT%H:%M:%S"),
    )
    for one in findings:
        case = ET.SubElement(suite, "testcase", classname="load", name=_plain(one.promise))
        if one.verdict is not Verdict.HOLDS:
            kind = "failure" if one.verdict is Verdict.BROKEN else "error"
            told = ET.SubElement(case, kind, message=_plain(one.actual.partition("\n")[0]))
            told.text = _plain(wording.VERDICTS[one.verdict] + str(one).removeprefix(one.verdict))
    for promise, reason in judgement.inapplicable:
        case = ET.SubElement(suite, "testcase", classname="load", name=_plain(promise))
        ET.SubElement(case, "skipped", message=_plain(reason))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def arrivals(recording: Recording) -> str:
    """How users came, in words."""
    run = recording.run
    if run.arrivals == "closed":
        return f"closed arrivals: {run.users} users, each of whom waits for the answer"
    peak = max(rate for _, rate in run.shape)
    return f"open arrivals, {run.spacing}: up to {peak:g} visitors per second, whatever became of those before"


def _facts(recording: Recording) -> Iterator[tuple[str, str]]:
    run = recording.run
    yield "deployment", run.deployment or run.target
    yield "load files", ", ".join(run.files)
    yield "seed", str(run.seed)
    yield "processes of the generator", ", ".join(run.processes)
    host = run.host
    yield "host", f"{host.cpus} processors ({host.processor or host.machine}), {host.memory / 2**30:.0f} GiB"
    yield from ((f"image of {service}", image) for service, image in sorted(run.images.items()))
    yield from ((f"version of {name}", version) for name, version in sorted(run.versions.items()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def _plain(text: str) -> str:
    """Text that XML can hold."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
