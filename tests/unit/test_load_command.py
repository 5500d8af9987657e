"""``agentchat-check load report | compare | history | rules``, as people and programs call it."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import loads
from agentchat_check import cli
from agentchat_check import settings as settings_
from agentchat_check.cli import load_results
from agentchat_check.findings import Verdict
from agentchat_check.load import gate, recording
from agentchat_check.load.recording import Recording
from loads import CHAT

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """A command's handling of SIGTERM ends with its test."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def call() -> Call:
    """Runs ``agentchat-check load`` with these arguments."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli.app, ["load", *arguments])

    return run


def made(name: str, seconds: float = 0.05, **changes: Any) -> Recording:
    """A run that is well, but for the time that its responses take."""
    return loads.recording({CHAT: lambda _: [seconds] * 10}, samples=loads.at_ease(), run=name, **changes)


def directory(name: str, seconds: float = 0.05, **changes: Any) -> str:
    return str(loads.on_disk(Path.cwd() / name / "load", made(name, seconds, **changes)).parent)


def keep(name: str, day: int, seconds: float = 0.05, **changes: Any) -> Verdict:
    started = loads.STARTED.replace(day=day)
    place = Path(directory(name, seconds, started=started, **changes)) / "load"
    recorded = recording.read(place)
    judgement = gate.judge(recorded, loads.ALARMS)
    return load_results.keep(recorded, judgement, place, load_results.open_history(settings_.read())).verdict


@pytest.mark.parametrize(
    ("seconds", "changes", "word", "status"),
    [(0.05, {}, "HOLDS", 0), (1.5, {}, "BROKEN", 3), (0.05, {"end": "interrupted"}, "UNPROVEN", 4)],
)
def test_a_recording_is_judged_again(
    call: Call, seconds: float, changes: dict[str, Any], word: str, status: int
) -> None:
    result = call("report", directory("one", seconds, **changes))
    assert (result.exit_code, result.output.splitlines()[-1]) == (status, "the report is one/load/load.html")
    assert word in result.output.splitlines()
    assert Path("one/load/load.junit.xml").exists()


def test_a_recording_is_judged_by_other_limits(call: Call, tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    text = '[quick]\npromise = "it is quick"\nnext_step = "look"\nmetric = "latency"\nstatistic = "p95"\nlimit = 0.01\n'
    strict.write_text(text, encoding="utf-8")
    result = call("report", directory("one"), "--thresholds", str(strict), "--format", "json")
    assert result.exit_code == 3
    values = json.loads(result.output)
    assert [one["check"] for one in values["findings"] if one["verdict"] == "BROKEN"] == ["load.quick"]


def test_what_is_no_recording_is_one_clear_error(call: Call) -> None:
    result = call("report", "nowhere")
    assert (result.exit_code, result.output.splitlines()[0]) == (2, "read nowhere/load/run.json")


def test_malformed_limits_are_one_clear_error(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[one]\nmetric = 'latencies'\n", encoding="utf-8")
    result = call("report", directory("one"), "--thresholds", str(tmp_path / "bad.toml"))
    assert result.exit_code == 2
    assert "the metric 'latencies' is unknown; did you mean latency?" in result.output


def test_two_runs_are_compared_by_their_directories(call: Call) -> None:
    result = call("compare", directory("before"), directory("after", 0.08, images={"backend": "sha256:2"}))
    assert result.exit_code == 3
    assert result.output.splitlines()[0] == "other images: backend"
    line = next(line for line in result.output.splitlines() if "POST /completion p95" in line)
    assert line.split()[-1] == "worse"
    assert "+60%" in line


def test_without_a_known_noise_nothing_worse_is_not_proven(call: Call) -> None:
    result = call("compare", directory("before"), directory("after"))
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        4,
        "UNPROVEN: the noise is not known; run it 5 times under the same conditions",
    )


def test_a_run_that_cannot_be_trusted_is_compared_with_none(call: Call) -> None:
    result = call("compare", directory("before"), directory("after", end="interrupted"))
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        4,
        "UNPROVEN: the recording of after cannot be trusted",
    )


def test_runs_under_other_conditions_are_not_compared(call: Call) -> None:
    other = directory("after", host=loads.HOST.model_copy(update={"cpus": 8}))
    result = call("compare", directory("before"), other)
    assert result.exit_code == 2
    assert "host: 2 processors of Example 3000, 8 GiB, and 8 processors of Example 3000, 8 GiB" in result.output


def test_runs_are_kept_and_named_and_their_noise_is_known(call: Call) -> None:
    verdicts = [keep(f"run-{day}", day, 0.05 + day % 2 / 1000) for day in range(1, 8)]
    assert verdicts == [Verdict.UNKNOWN] * 5 + [Verdict.HOLDS] * 2
    assert call("compare", "run-6", "run-7").exit_code == 0
    assert keep("run-8", 8, 0.09) is Verdict.BROKEN
    result = call("compare", "run-7", "run-8", "--format", "json")
    assert result.exit_code == 3
    values = json.loads(result.output)
    assert (values["before"], values["after"], values["verdict"]) == ("run-7", "run-8", "BROKEN")
    assert {figure["name"] for figure in values["figures"] if figure["worse"]} == {
        "POST /completion p50",
        "POST /completion p95",
        "POST /completion p99",
    }


def test_the_history_lists_runs_and_where_they_changed_for_good(call: Call) -> None:
    for day in range(1, 15):
        keep(f"run-{day:02}", day, 0.05 if day < 8 else 0.1)
    result = call("history")
    assert result.exit_code == 0
    assert result.output.splitlines()[1].split()[:3] == ["run-01", "2026-11-01T10:15:00", "smoke"]
    assert "run-08: POST /completion p95 changed from 50 ms to 0.1 s" in result.output
    values = json.loads(call("history", "--profile", "smoke", "--format", "json").output)
    assert len(values["runs"]) == 14
    assert {point["run"] for point in values["change_points"]} == {"run-08"}
    assert json.loads(call("history", "--profile", "soak", "--format", "json").output)["runs"] == []


@pytest.mark.parametrize("asked", [("history",), ("history", "--format", "json"), ("compare", "run-1", "run-2")])
def test_without_a_history_that_is_said_and_none_is_made(call: Call, asked: tuple[str, ...]) -> None:
    result = call(*asked)
    assert result.exit_code == 2
    assert "actual:     there is no history" in result.output
    assert "next step:  agentchat-check load run, which begins one" in result.output
    assert not settings_.read().reports.exists()


def test_limits_are_printed_as_alert_rules(call: Call) -> None:
    result = call("rules", "--scrape-interval", "60")
    assert result.exit_code == 0
    (group,) = yaml.safe_load(result.output)["groups"]
    assert {rule["alert"] for rule in group["rules"]} >= {"AgentChatResponseTime", "AgentChatDisk"}
    assert "[240s]" in result.output
