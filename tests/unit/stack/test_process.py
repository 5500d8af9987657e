import logging
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.stack import process
from agentchat_check.stack.process import CommandError, Completed

LONG = 30.0
"""Seconds that no test takes."""

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs have no seconds to end in, but a tenth of one."""
    monkeypatch.setattr(process, "_PATIENCE", 0.1)
    monkeypatch.setattr(process, "_LAST_WORDS", 0.1)


def shell(script: str, **given: object) -> Completed:
    return process.run(["sh", "-c", script], **{"timeout": LONG, **given})  # type: ignore[arg-type]


def test_both_outputs_and_the_exit_status_are_kept_apart() -> None:
    done = shell("echo out; echo err >&2; exit 3", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"), [("out\n", "err\n", "err"), ("out\n", " \n", "out"), ("", "", "")]
)
def test_what_it_said_is_its_complaint_else_what_it_printed(stdout: str, stderr: str, said: str) -> None:
    assert Completed(("x",), 0, stdout, stderr).said == said


def test_it_reads_what_it_is_given() -> None:
    assert process.run(["cat"], given="grüße\n", timeout=LONG).stdout == "grüße\n"


def test_one_that_ends_without_reading_what_it_is_given_is_no_error() -> None:
    assert shell("exit 0", given="x" * 1_000_000).returncode == 0


def test_one_that_never_reads_what_it_is_given_is_stopped_in_time() -> None:
    with pytest.raises(CommandError, match=r"no end after 0\.2 s"):
        process.run(["sleep", "60"], given="x" * 1_000_000, timeout=0.2)


def test_it_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    done = shell('pwd; echo "$COLOUR"; test -n "$PATH"', cwd=tmp_path, environment={"COLOUR": "blue"})
    assert done.stdout == f"{tmp_path}\nblue\n"


def test_a_flood_on_both_outputs_is_read_whole() -> None:
    done = shell(
        "for i in 1 2; do head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2; done"
    )
    assert (len(done.stdout), len(done.stderr)) == (600_000, 600_000)


def test_output_that_is_no_utf_8_is_shown_all_the_same() -> None:
    assert shell(r"printf 'a\377b'").stdout == "a\ufffdb"


def test_each_line_is_told_as_it_comes() -> None:
    lines: list[str] = []
    shell("echo one; echo two >&2; printf three", on_line=lines.append)
    assert sorted(lines) == ["one", "three", "two"]


def test_a_failure_reads_like_a_finding_and_ends_in_what_was_said() -> None:
    with pytest.raises(CommandError) as caught:
        shell("echo 'no room' >&2; exit 7")
    assert str(caught.value) == (
        "run: sh -c 'echo '\"'\"'no room'\"'\"' >&2; exit 7'\n"
        "  expected:   exit status 0\n"
        "  actual:     exit status 7\n"
        "              no room"
    )


def test_of_a_long_complaint_the_last_lines_are_shown_and_the_whole_is_kept() -> None:
    with pytest.raises(CommandError) as caught:
        shell("seq 100; exit 1")
    assert caught.value.actual.splitlines()[:3] == ["exit status 1", "… (70 lines before)", "71"]
    assert len(caught.value.completed.stdout.splitlines()) == 100


def test_a_failure_crosses_process_borders_whole() -> None:
    error = CommandError(Completed(("docker", "pull"), 1, "", "denied"), "no end after 3 s")
    error.evidence = ("reports/pull.log",)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.completed, again.why) == (str(error), error.completed, error.why)
    assert "evidence:   reports/pull.log" in str(again)


def test_one_that_takes_too_long_is_stopped_and_what_it_said_so_far_is_shown() -> None:
    with pytest.raises(CommandError) as caught:
        shell("echo started; sleep 60", timeout=0.3)
    assert caught.value.actual == "no end after 0.3 s\nstarted"


@pytest.mark.usefixtures("impatient")
def test_one_that_ignores_a_polite_end_is_killed() -> None:
    with pytest.raises(CommandError) as caught:
        process.run([sys.executable, "-S", "-c", DEAF], timeout=0.5)
    assert caught.value.completed.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("impatient")
def test_a_child_of_it_that_holds_the_output_open_is_not_waited_for() -> None:
    done = shell("sleep 2 & echo started")
    assert (done.returncode, done.stdout) == (0, "started\n")


def test_stopping_it_stops_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(CommandError):
        shell(f"sleep 60 & echo $! >{pids}; wait", timeout=0.3)
    assert not _lives(int(pids.read_text()))


def test_a_program_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(errors.HostError) as caught:
        process.run(["no-such-program", "--help"], timeout=LONG)
    assert str(caught.value) == (
        "run: no-such-program --help\n"
        "  expected:   the program no-such-program on the PATH\n"
        "  actual:     [Errno 2] No such file or directory: 'no-such-program'\n"
        "  next step:  install no-such-program, or run `agentchat-check doctor` to see what is missing"
    )


def test_a_directory_that_is_not_there_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(errors.HostError) as caught:
        shell("true", cwd=tmp_path / "gone")
    assert str(caught.value) == (
        "run: sh -c true\n"
        f"  expected:   a program that starts in {tmp_path / 'gone'}\n"
        f"  actual:     [Errno 2] No such file or directory: '{tmp_path / 'gone'}'\n"
        "  next step:  look at the file and the directory named above, and at who may use them"
    )


def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a program")
    with pytest.raises(errors.HostError, match=r"Permission denied: '.*notes\.txt'"):
        process.run([str(tmp_path / "notes.txt")], timeout=LONG)


def test_what_is_run_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, process.__name__)
    process.run(["echo", "two words"], timeout=LONG)
    assert caplog.messages == ["$ echo 'two words'"]


def test_one_that_runs_beside_us_is_seen_to_end() -> None:
    with process.running(["cat"], given="done\n") as program:
        program.wait(LONG)
        assert program.done()
        assert program.completed().stdout == "done\n"


def test_one_that_stands_still_goes_on_where_it_was() -> None:
    with process.running(["sh", "-c", "sleep 0.1; echo gone on"]) as program:
        with program.halted(), pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.5)
        program.wait(LONG)
        assert program.completed().stdout == "gone on\n"


def test_leaving_it_stops_one_that_runs_beside_us() -> None:
    started = threading.Event()
    with process.running(["sh", "-c", "echo started; sleep 60"], on_line=lambda _: started.set()) as program:
        assert started.wait(LONG)
        assert not program.done()
    assert program.completed().returncode == -signal.SIGTERM


def test_one_that_outlives_us_writes_into_its_log(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    fifo = tmp_path / "ended"
    shell(f"mkfifo {fifo}")
    log.write_text("before\n")
    process.detach(["sh", "-c", f"echo out; echo err >&2; ps -o sid= -p $$; echo $$ >{fifo}"], log_file=log)
    pid = fifo.read_text().strip()
    before, *outputs, session = log.read_text().split()
    assert (before, outputs, session) == ("before", ["out", "err"], pid)


def test_one_that_should_outlive_us_and_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.HostError, match="the program no-such-daemon on the PATH"):
        process.detach(["no-such-daemon"], log_file=tmp_path / "log")


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet asked how counts as gone."""
    try:
        return "(sleep) Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
