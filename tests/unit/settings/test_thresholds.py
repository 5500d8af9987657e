"""The file of thresholds is understood, or refused with every mistake named."""

from pathlib import Path
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.facts.metrics import METRICS, Unit
from agentchat_check.settings import thresholds
from agentchat_check.settings.thresholds import ERRORS, FILE, TIMES, Threshold

WHOLE = {"promise": "it is quick", "next_step": "look", "metric": "latency", "statistic": "p95", "limit": 1.0}


def threshold(**changes: Any) -> Threshold:
    return Threshold(**{**WHOLE, **changes})


def table(**changes: Any) -> str:
    values = {key: value for key, value in {**WHOLE, **changes}.items() if value is not None}
    written = {key: str(value).lower() if isinstance(value, bool) else repr(value) for key, value in values.items()}
    return "[one]\n" + "\n".join(f"{key} = {value}" for key, value in written.items())


def forecast(**changes: Any) -> str:
    return table(**{"metric": "memory", "statistic": "forecast", "window": 60.0, "ahead": 600.0, **changes})


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "thresholds.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.CheckError) as caught:
        thresholds.read(path)
    assert caught.value.tried == f"read the thresholds in {path}"
    return caught.value.actual


def test_the_five_alarms_of_the_manual_come_first() -> None:
    read = thresholds.read()
    limits = {name: (one.metric, one.limit) for name, one in read.items()}
    assert list(limits.items())[:5] == [
        ("response_time", ("latency", 1.0)),
        ("error_rate", ("error_rate", 0.05)),
        ("cpu", ("cpu", 0.8)),
        ("memory", ("memory", 0.85)),
        ("disk", ("disk", 0.9)),
    ]


def test_live_checks_take_their_limits_from_the_same_file() -> None:
    assert thresholds.alarms().model_dump() == {"cpu": 0.8, "memory": 0.85, "disk": 0.9, "response_time": 1.0}


def test_a_file_without_an_alarm_is_refused_by_live_checks(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("[disk]", "[disks]"), encoding="utf-8")
    with pytest.raises(errors.CheckError, match="disk: live checks compare with it, and it is not there"):
        thresholds.alarms(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it holds no threshold"),
        ("[one", "Expected ']'"),
        ("limit = 3", "limit: a threshold is a table whose name is like response_time"),
        ('["a b"]\nlimit = 3', "a b: a threshold is a table whose name is like response_time"),
        (table(metric="latencies"), "one.metric: the metric 'latencies' is unknown; did you mean latency?"),
        (table(statistic="p96"), "one: latency has no p96; did you mean p9"),
        (table(metric="cpu", statistic="p95"), "one: cpu has no p95; there are mean, max, min, forecast"),
        (table(limits=2.0), "one.limits: there is no such field; did you mean limit?"),
        (table(limit="1 s"), "one.limit: Input should be a valid number"),
        (table(limit=-1.0), "one.limit: Input should be greater than or equal to 0"),
        (table(limit=0.0), "one: no latency stays at most at 0 s"),
        (table().replace("1.0", "nan"), "one.limit: Input should be"),
        (table(warn=2.0), "one: a warning at 2 comes after the limit of 1"),
        (table(window=0.5), "one.window: Input should be greater than or equal to 1"),
        (table(subject="host"), "one: latency knows no subject"),
        (table(side="at least"), "one: latency is to stay at most at a limit, never at least"),
        (table(metric="cpu", statistic="mean", per="run", request="x"), "one: cpu knows no per and no request"),
        (
            table(metric="error_rate", statistic="share", limit=5.0),
            "one: error_rate is a share of 1, and never reaches 5",
        ),
        (table(ahead=60.0), "one: a forecast, and nothing else, says how many seconds it looks ahead"),
        (forecast(ahead=None), "one: a forecast, and nothing else, says how many seconds it looks ahead"),
        (forecast(window=None), "one: a forecast has a window: how many seconds show how it grows?"),
        (forecast(side="at least"), "one: a forecast is of what grows"),
        (forecast(abort=True), "one: a forecast ends no run"),
        (table(promise=""), "one.promise: String should have at least 1 character"),
        ('[one]\nmetric = "cpu"', "one.promise: Field required"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in refused(tmp_path, text)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = table(metric="cpus") + "\n" + table(limit=-1.0).replace("[one]", "[two]")
    assert [line.partition(":")[0] for line in refused(tmp_path, text).splitlines()] == ["one.metric", "two.limit"]


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(errors.CheckError, match="No such file or directory"):
        thresholds.read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"statistic": "p50"}, 10),
        ({"statistic": "p95"}, 100),
        ({"statistic": "p99"}, 500),
        ({"statistic": "p99.9"}, 5000),
        ({"statistic": "max"}, 10),
        ({"metric": "error_rate", "statistic": "share", "limit": 0.05}, 100),
        ({"metric": "error_rate", "statistic": "share", "limit": 0.0}, 100),
        ({"metric": "error_rate", "statistic": "share", "limit": 0.000001}, 10_000),
    ],
)
def test_the_finer_a_figure_the_more_it_takes(changes: dict[str, Any], needed: int) -> None:
    assert threshold(**changes).needed == needed


def test_what_is_no_number_passes_no_limit() -> None:
    assert not threshold().passes(float("nan"))
    assert not threshold(metric="cache_hits", statistic="mean", limit=0.5, side="at least").passes(float("nan"))


@pytest.mark.parametrize("name", [*TIMES, ERRORS, *METRICS])
def test_every_metric_can_have_a_threshold(name: str) -> None:
    kinds = {"gauge": "max", "counter": "increase"}
    statistic = "p95" if name in TIMES else "share" if name == ERRORS else kinds[METRICS[name].kind]
    assert threshold(metric=name, statistic=statistic).unit in Unit
