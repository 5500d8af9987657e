import sys
import threading

import pytest

from agentchat_check.stack import process, streams
from agentchat_check.stack.process import CommandError
from agentchat_check.stack.streams import Streaming

LONG = 30.0
"""Seconds that no test takes."""

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def flood(program: Streaming) -> None:
    while True:
        program.stdin.write(b"x" * 100_000)


def test_bytes_go_in_and_come_out_as_many_as_there_are() -> None:
    sent = bytes(range(256)) * 10_000

    def feed(program: Streaming) -> None:
        program.stdin.write(sent)
        program.stdin.close()

    with streams.streaming(["cat"]) as program:
        feeding = threading.Thread(target=feed, args=[program])
        feeding.start()
        assert program.stdout.read() == sent
        feeding.join()
        program.finish(LONG)


def test_one_that_ends_in_an_error_says_what_it_complained_about() -> None:
    failing = ["sh", "-c", 'echo out; echo "$COLOUR" >&2; exit 3']
    with streams.streaming(failing, environment={"COLOUR": "blue"}) as program:
        assert program.stdout.read() == b"out\n"
        with pytest.raises(CommandError, match=r"(?s)exit status 3\n.*blue"):
            program.finish(LONG)


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo enough >&2; exit 4", r"(?s)exit status 4\n.*enough"), ("exit 0", "before it had read everything")],
)
def test_one_that_stops_reading_is_an_error(script: str, said: str) -> None:
    def write() -> None:
        with streams.streaming(["sh", "-c", script]) as program:
            flood(program)

    with pytest.raises(CommandError, match=said):
        write()


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PATIENCE", 0.1)
    with streams.streaming([sys.executable, "-c", DEAF]) as program:
        program.stdout.readline()
        with pytest.raises(CommandError, match=r"no end after 0\.1 s"):
            program.finish(0.1)


def test_leaving_it_ends_it() -> None:
    with streams.streaming(["sh", "-c", "echo began; exec sleep 60"]) as program:
        assert program.stdout.readline() == b"began\n"
    assert program.stdout.closed
    assert program.failure().completed.returncode < 0
