"""A load run is told in four forms, which say the same, and the page needs nothing but itself."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import loads
from agentchat_check import errors
from agentchat_check.findings import Verdict
from agentchat_check.load import gate, wording
from agentchat_check.load.gate import Judgement
from agentchat_check.load.recording import Event, Recording
from agentchat_check.load.series import PART, Series
from agentchat_check.report import load, load_charts
from loads import CHAT, FAILED, sampled

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "load.schema.json").read_text(encoding="utf-8"))


def broken() -> Recording:
    """A minute with a slow end, some errors, and a busy backend."""
    first = Series("steady chat", "POST /completion, <first> & chunk", PART)
    made = loads.recording(
        {
            CHAT: lambda at: [2.0 if at >= 40 else 0.05] * 10,
            FAILED: lambda at: [0.01] if at % 20 == 0 else [],
            first: lambda _: [0.02] * 10,
        },
        service={CHAT: lambda _: [0.05] * 10},
        samples=[
            *(one for one in loads.at_ease() if (one.subject, one.metric) != ("container:backend", "cpu")),
            *sampled("cpu", lambda at: 0.95 if at >= 20 else 0.2),
        ],
    )
    made.events.append(Event(41.2, "container:backend", "health_status: unhealthy"))
    return made


@pytest.fixture(scope="module")
def told() -> tuple[Recording, Judgement]:
    recording = broken()
    return recording, gate.judge(recording, loads.ALARMS)


class Page(HTMLParser):
    """What a page asks for from elsewhere, and which elements it opened and never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.asked += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "srcset", "data", "action"}]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""

    def handle_endtag(self, tag: str) -> None:
        """It closes the last one."""
        assert self.open.pop() == tag


def test_the_page_needs_nothing_but_itself(told: tuple[Recording, Judgement]) -> None:
    page = load.page(*told)
    seen = Page()
    seen.feed(page)
    assert (seen.asked, seen.open) == ([], [])
    assert not re.search(r"@import|url\(|<script|<link", page)


def test_the_page_shows_limits_breaches_and_what_happened(told: tuple[Recording, Judgement]) -> None:
    page = load.page(*told)
    for text in (
        "<title>BROKEN: smoke",
        "limit 1 s for p95",
        "response_time: POST /completion: 2 s",
        "health_status: unhealthy",
        "prefers-color-scheme: dark",
        "@media print",
        "&lt;first&gt; &amp; chunk",
        "open arrivals, constant: up to 10 visitors per second",
    ):
        assert text in page


def test_a_breach_is_marked_in_its_own_chart_and_faintly_in_the_others(told: tuple[Recording, Judgement]) -> None:
    bands = {
        chart.title: [(band.kind, band.title.partition(":")[0]) for band in chart.bands]
        for chart in load_charts.of_run(*told)
    }
    assert bands["Response time of all requests, from the intended start"] == [
        ("breach", "response_time"),
        ("elsewhere", "cpu"),
    ]
    assert bands["Processors in use, of the container's limit or the host's"] == [
        ("elsewhere", "response_time"),
        ("breach", "cpu"),
    ]
    assert [kind for kind, _ in bands["Rate"]] == ["elsewhere", "elsewhere"]


def test_what_the_generator_could_not_do_is_marked_everywhere() -> None:
    recording = broken()
    recording.notes["worker-1"] = loads.notes(range(60), late=lambda at: [0.05 if 5 <= at < 8 else 0.001] * 10)
    charts = load_charts.of_run(recording, gate.judge(recording, loads.ALARMS))
    assert all(chart.bands[0].kind == "doubt" for chart in charts)
    assert charts[0].bands[0].title == "the generator could not keep up"


def test_a_forecast_is_no_line_to_stay_below_and_marks_what_it_was_seen_by() -> None:
    leaking = loads.recording(samples=loads.sampled("memory", lambda at: 0.3 + at / 400))
    limits = {name: one for name, one in loads.ALARMS.items() if one.metric == "memory"}
    limits["memory_in_a_day"] = limits["memory_in_a_day"].model_copy(update={"window": 40.0})
    (chart,) = (
        one for one in load_charts.of_run(leaking, gate.judge(leaking, limits)) if one.title.startswith("Memory in use")
    )
    assert {mark.name for mark in chart.marks} == {"limit 85 % for mean", "warning 75 % for mean"}
    assert [(band.began, band.ended, band.kind) for band in chart.bands] == [(20.0, 60.0, "breach")]
    assert chart.bands[0].title.startswith("memory_in_a_day: container:backend: ")


def test_a_long_run_is_drawn_with_few_points() -> None:
    long = loads.recording(seconds=7200.0, shape=((0, 10), (7200, 10)))
    for chart in load_charts.of_run(long, gate.judge(long, {})):
        assert all(len(line.points) <= 240 for line in chart.lines)


def test_what_was_not_sampled_has_no_chart() -> None:
    recording = loads.recording(unsampled="reached from outside")
    judgement = gate.judge(recording, loads.ALARMS)
    assert [chart.title for chart in load_charts.of_run(recording, judgement)] == [
        "Response time of all requests, from the intended start",
        "Rate",
        "Errors, of all requests",
        "The generator itself: how late arrivals start",
        "The generator itself: use of its core by the busiest process",
    ]
    assert "left out: processor use stays below the manual&#39;s alarm: reached from outside" in load.page(
        recording, judgement
    )


def test_programs_get_what_the_schema_says(told: tuple[Recording, Judgement]) -> None:
    values = load.as_dict(*told)
    jsonschema.validate(values, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert values["verdict"] == "BROKEN"
    assert {breach["threshold"] for breach in values["breaches"]} == {"response_time", "cpu"}
    assert values["errors"] == [{"outcome": "HTTP 502", "request": "POST /completion", "number": 3}]
    chat = next(row for row in values["requests"] if not row["part"])
    assert (chat["requests"], chat["errors"]) == (603, 3)
    assert chat["p95"] == pytest.approx(2.0, rel=1e-3)
    assert chat["service_p95"] == pytest.approx(0.05, rel=1e-3)


def test_the_schema_knows_every_field() -> None:
    recording = loads.recording(seconds=None, end="running", unsampled="reached from outside")
    judgement = gate.judge(recording, loads.ALARMS)
    jsonschema.validate(load.as_dict(recording, judgement), SCHEMA)
    beside = load.finding(judgement.trust[-1])
    assert beside["verdict"] == "UNPROVEN"
    jsonschema.validate({**load.as_dict(recording, judgement), "against_history": beside}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**load.as_dict(recording, gate.judge(recording, {})), "mood": "good"}, SCHEMA)


def test_a_summary_is_a_table(told: tuple[Recording, Judgement]) -> None:
    text = load.markdown(*told)
    assert text.startswith("## BROKEN: smoke, 14 promises: 12 hold, 2 are broken\n")
    assert "| **BROKEN** | responses come within the manual's alarm | p95 of latency at most 1 s" in text
    assert "| POST /completion | 603 | 3 | 50 ms | 2 s | 2 s |" in text


def test_continuous_integration_gets_a_case_for_each_promise(told: tuple[Recording, Judgement]) -> None:
    (suite,) = ET.fromstring(load.junit(*told))  # noqa: S314 - it is our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "16",
        "2",
        "0",
        "2",
    )
    failures = suite.findall("testcase/failure")
    assert [one.get("message") for one in failures] == [
        "POST /completion: 2 s from 42 s to 60 s",
        "container:backend: 95 % from 44 s to 60 s",
    ]
    assert (failures[0].text or "").startswith("BROKEN: responses come within the manual's alarm\n")


def test_what_was_not_proven_is_an_error_and_what_does_not_apply_is_skipped() -> None:
    recording = loads.recording({CHAT: lambda _: [0.05]}, unsampled="reached\x00 from outside")
    (suite,) = ET.fromstring(load.junit(recording, gate.judge(recording, loads.ALARMS)))  # noqa: S314 - likewise
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "2", "9")
    assert (suite.findtext("testcase/error") or "").startswith("UNPROVEN: responses come within the manual's alarm\n")


def test_closed_arrivals_are_told_as_such() -> None:
    assert load.arrivals(loads.recording(arrivals="closed", users=5, shape=())) == (
        "closed arrivals: 5 users, each of whom waits for the answer"
    )


def test_every_form_is_written(told: tuple[Recording, Judgement], tmp_path: Path) -> None:
    paths = load.write(tmp_path, *told)
    assert [path.name for path in paths] == ["load.html", "load.json", "load.md", "load.junit.xml"]
    assert json.loads(paths[1].read_text(encoding="utf-8"))["verdict"] == wording.VERDICTS[Verdict.BROKEN]
    with pytest.raises(errors.HostError):
        load.write(tmp_path / "load.html" / "below", *told)
