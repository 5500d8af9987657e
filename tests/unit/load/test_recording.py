"""A recording is written once, and read as far as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

import loads
from agentchat_check import errors
from agentchat_check.load import recording
from agentchat_check.load.histogram import Histogram
from agentchat_check.load.interval_log import END, Interval
from agentchat_check.load.recording import Draft, Event, Follower
from agentchat_check.load.run_file import LoadRun
from agentchat_check.load.samples import Sample, Track
from agentchat_check.load.series import LATENESS
from loads import CHAT


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "20261124-101500" / "load"


def begun(directory: Path, **changes: Any) -> Draft:
    return Draft(directory, loads.run(seconds=None, end="running", **changes))


def write(directory: Path, process: str, *intervals: Interval) -> None:
    with recording.logs(directory, process) as (latency, service):
        for interval in intervals:
            latency(interval.line())
            service(interval.line())


def test_what_several_processes_counted_is_read_as_one(directory: Path) -> None:
    draft = begun(directory, processes=("worker-1", "worker-2"))
    write(directory, "worker-1", Interval(0.0, 1.0, CHAT, Histogram.of([0.1, 0.2])))
    write(directory, "worker-2", Interval(0.0, 1.0, CHAT, Histogram.of([0.3])))
    draft.update(loads.run(processes=("worker-1", "worker-2")))
    read = recording.read(directory)
    assert read.latency == {CHAT: {0: Histogram.of([0.1, 0.2, 0.3])}}
    assert read.service == read.latency
    assert (read.run.end, read.seconds) == ("finished", 60.0)


def test_a_process_has_ended_once_both_its_logs_have(directory: Path) -> None:
    begun(directory, processes=("worker-1", "worker-2"))
    follower = Follower(directory)
    for process, ends in (("worker-1", (END, END)), ("worker-2", (END, END[:-3]))):
        with recording.logs(directory, process) as sinks:
            for sink, end in zip(sinks, ends, strict=True):
                sink(Interval(0.0, 1.0, CHAT, Histogram.of([0.1])).line())
                assert follower.look().ended <= {"worker-1"}
                sink(end)
    assert follower.look().ended == {"worker-1"}
    assert recording.read(directory).ended == {"worker-1"}


def test_what_a_process_notes_of_itself_stays_apart(directory: Path) -> None:
    begun(directory)
    write(directory, "worker-1", Interval(4.0, 1.0, LATENESS, Histogram.of([0.001])))
    read = recording.read(directory)
    assert read.notes == {"worker-1": {LATENESS: {4: Histogram.of([0.001])}}}
    assert read.latency == {}
    assert read.seconds == 5.0


def test_it_is_read_on_while_it_grows(directory: Path) -> None:
    draft = begun(directory)
    samples = draft.samples()
    follower = Follower(directory)
    assert follower.look().samples.tracks == {}
    samples.write([Sample(1.0, "container:backend", "cpu", 0.25)])
    draft.event("backend", "die (exit code 1)", at=loads.STARTED)
    assert follower.look().samples.tracks == {("container:backend", "cpu"): Track([1.0], [0.25])}
    samples.write([Sample(2.0, "container:backend", "cpu", 0.5), Sample(2.0, "host", "cpu", 0.75)])
    samples.close()
    read = follower.look()
    assert dict(read.samples.of("cpu")) == {
        "container:backend": Track([1.0, 2.0], [0.25, 0.5]),
        "host": Track([2.0], [0.75]),
    }
    assert read.events == [Event(0.0, "backend", "die (exit code 1)")]
    assert follower.look().events == read.events


def test_samples_of_a_run_that_was_killed_are_read(directory: Path) -> None:
    samples = begun(directory).samples()
    samples.write([Sample(1.0, "host", "cpu", 0.25)])
    packed = directory / recording.SAMPLES
    as_killed = packed.read_bytes() + b"\x01"
    samples.close()
    packed.write_bytes(as_killed)
    assert dict(recording.read(directory).samples.of("cpu")) == {"host": Track([1.0], [0.25])}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"t": 1, "subject": "host", "metric": "cpus", "value": 1}', "the metric 'cpus' is unknown"),
        ('{"t": 1, "subject": "host", "metric": "cpu", "value": NaN}', "no figure"),
        ('{"t": 1}', "no sample"),
        ("cpu 5", "Expecting value"),
    ],
)
def test_samples_that_are_none_are_one_clear_error(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Sample.of_line(line)


def test_damaged_samples_are_one_clear_error(directory: Path) -> None:
    begun(directory)
    (directory / recording.SAMPLES).write_bytes(b"no frame at all")
    with pytest.raises(errors.CheckError, match="samples as the load's sampler writes them"):
        recording.read(directory)


def test_a_directory_without_a_recording_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(errors.CheckError) as caught:
        recording.read(tmp_path)
    assert str(caught.value) == (
        f"read {tmp_path}/run.json\n"
        "  expected:   what a run of load says of itself, format 1\n"
        "  actual:     No such file or directory\n"
        "  next step:  name the directory of a run: it holds run.json"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "format: Input should be 1"),
        ({"shape": []}, "open arrivals have a shape: 0 points make no line"),
        ({"arrivals": "closed"}, "closed arrivals have users"),
        ({"seconds": None}, "a run that ended says how long it went"),
        ({"processes": ["../worker"]}, "the process '../worker' cannot name a file"),
        ({"mood": "good"}, "mood: Extra inputs are not permitted"),
        ({"started": "2026-11-24T10:15:00"}, "started: Input should have timezone info"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**loads.run().model_dump(mode="json"), **changes}), encoding="utf-8")
    with pytest.raises(errors.CheckError) as caught:
        LoadRun.read(path)
    assert why in caught.value.actual


def test_a_recording_is_never_written_over_another(directory: Path) -> None:
    begun(directory)
    with pytest.raises(errors.HostError, match="File exists"):
        begun(directory)
    write(directory, "worker-1")
    with pytest.raises(errors.HostError, match="File exists"):
        write(directory, "worker-1")


def test_the_host_s_class_is_what_it_is() -> None:
    here = type(loads.HOST).here()
    assert here.cpus >= 1
    assert here.memory % 2**30 == 0
