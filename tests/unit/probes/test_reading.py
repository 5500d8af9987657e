"""Whether an application reads a variable, as far as its files tell."""

import pytest

from agentchat_check.probes import reading


@pytest.mark.parametrize(
    "line",
    [
        '/app/mail.py:3:port = os.environ["SMTP_PORT"]',
        '/app/mail.py:3:port = os.getenv("SMTP_PORT", "25")',
        "/app/mail.ts:3:const port = process.env.SMTP_PORT",
        "/app/mail.ts:3:const port = import.meta.env.SMTP_PORT",
        "/app/start.sh:3:serve --port ${SMTP_PORT:-25}",
        "/app/start.sh:3:serve --port $SMTP_PORT",
        "/app/settings.py:3:    smtp_port: int = 25",
        '3:file_env "SMTP_PORT"',
    ],
)
def test_a_file_that_takes_it_from_the_environment_reads_it(line: str) -> None:
    seen = reading.judged("SMTP_PORT", f"searched\n{line}\n")
    assert seen.reads is True
    assert seen.words == (line.split(":", maxsplit=1)[0] if line.startswith("/") else "its start script")


@pytest.mark.parametrize(
    "line",
    ["/app/mail.py:3:# set SMTP_PORT first", '/app/mail.py:3:names = ["SMTP_PORT"]'],
)
def test_a_file_that_only_names_it_may_read_it(line: str) -> None:
    seen = reading.judged("SMTP_PORT", line)
    assert (seen.reads, seen.words) == (None, "/app/mail.py names it, and may read it")


@pytest.mark.parametrize(
    "line",
    [
        "searched",
        '/app/mail.py:3:os.environ["SMTP_PORTS"]',
        "/app/mail.py:3:smtp_port = 25",
        "/app/x.py:1:smtp_port: int",
    ],
)
def test_what_no_file_names_is_not_read(line: str) -> None:
    seen = reading.judged("SMTP_PORT", line)
    assert (seen.reads, seen.words) == (False, "no file of the application names it")
