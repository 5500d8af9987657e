"""Logs are in HdrHistogram's format, and are read while they grow."""

from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.load.histogram import DIGITS, HIGHEST, Histogram
from agentchat_check.load.interval_log import Interval, Tail, header
from agentchat_check.load.series import OK, Series

CHAT = Series("chat", "POST /completion", OK)


def interval(second: float = 0.0, *times: float, series: Series = CHAT) -> Interval:
    return Interval(second, 1.0, series, Histogram.of(times or (0.5,)))


@given(st.text(), st.text(), st.text())
def test_any_name_survives_a_log(journey: str, request: str, outcome: str) -> None:
    series = Series(journey, request, outcome)
    assert "," not in series.tag()
    assert "\n" not in series.tag()
    assert Interval.of_line(interval(series=series).line().rstrip("\n")).series == series


def test_the_library_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "worker.hlog"
    path.write_text(header(1.7e9) + interval(3.0, 0.5, 0.7).line(), encoding="utf-8")
    reader = HistogramLogReader(str(path), HdrHistogram(1, HIGHEST, DIGITS))
    read = reader.get_next_interval_histogram()
    reader.close()
    assert (read.get_tag(), read.get_total_count()) == ("chat|POST /completion|ok", 2)
    assert read.get_start_time_stamp() == (1.7e9 + 3) * 1000


def test_a_line_that_is_half_written_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "worker.hlog"
    tail = Tail(path)
    assert tail.read() == []
    line = interval(1.0).line()
    path.write_text(header(1.7e9) + line + line[:30], encoding="utf-8")
    assert tail.read() == [interval(1.0)]
    with path.open("a", encoding="utf-8") as file:
        file.write(line[30:])
    assert tail.read() == [interval(1.0)]
    assert tail.read() == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Tag=a|b|ok,0.000,1.000,0.5,HISTdamaged", "no histogram"),
        ("Tag=a|ok,0.000,1.000,0.5," + Histogram().encoded(), "the tag 'a|ok' is not journey|request|outcome"),
        ("Tag=a|b|ok,zero,1.000,0.5,HIST", "no interval: 'Tag=a|b|ok,zero,1.000,0.5,HIST'"),
    ],
)
def test_a_damaged_line_is_one_clear_error(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "worker.hlog"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(errors.CheckError) as caught:
        Tail(path).read()
    assert caught.value.tried == f"read {path}"
    assert caught.value.actual.startswith(why)


def test_a_log_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(errors.CheckError, match="Is a directory"):
        Tail(tmp_path).read()
