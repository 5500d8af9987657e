"""The one door to other programs: every process we start is started here."""

from __future__ import annotations

import io
import logging
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentchat_check import errors
from agentchat_check.stack import priority

log = logging.getLogger(__name__)

_SHOWN_LINES = 30

_PATIENCE = 5.0
"""Seconds a program has to end when it is asked to."""

_LAST_WORDS = 2.0
"""Seconds to read the rest of an output, once the program has ended."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left behind: its exit status and the whole of its two outputs."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """What it complained about, else what it printed."""
        return self.stderr.strip() or self.stdout.strip()


class CommandError(errors.CheckError):
    """A program ended with an error, or not in time; ``completed`` has all it said."""

    def __init__(self, completed: Completed, why: str = "") -> None:
        lines = completed.said.splitlines()
        if len(lines) > _SHOWN_LINES:
            lines = [f"… ({len(lines) - _SHOWN_LINES} lines before)", *lines[-_SHOWN_LINES:]]
        super().__init__(
            f"run: {shlex.join(completed.command)}",
            expected="exit status 0",
            actual="\n".join([why or f"exit status {completed.returncode}", *lines]),
        )
        self.completed = completed
        self.why = why

    def __reduce__(self) -> tuple[object, ...]:
        """The base class is rebuilt from its title; this one from what was run."""
        return CommandError, (self.completed, self.why), self.__dict__


class Running:
    """A program under way; both outputs are read as they come, so that no pipe fills up."""

    def __init__(
        self, command: Sequence[str], process: subprocess.Popen[bytes], on_line: Callable[[str], None]
    ) -> None:
        self._command = tuple(command)
        self._process = process
        self._outputs = [Reader(pipe, on_line) for pipe in (process.stdout, process.stderr) if pipe]

    def done(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def wait(self, timeout: float) -> None:
        """Wait for its end; subprocess.TimeoutExpired after that many seconds."""
        self._process.wait(timeout)

    def completed(self) -> Completed:
        """What it left behind, once it has ended."""
        out, err = (reader.text() for reader in self._outputs)
        return Completed(self._command, self._process.returncode, out, err)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Have it stand still, but for what it started in sessions of their own."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill it and all it started, as a loss of power would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self, *, patience: float = _PATIENCE) -> None:
        """Stop it and all it started; so many seconds after it was asked to end, it is killed."""
        end(self._process, patience=patience)

    def ask_to_end(self) -> None:
        """Ask it to end by itself, and do not wait for that."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    given: str = "",
    timeout: float,
    check: bool = True,
    on_line: Callable[[str], None] = lambda _: None,
) -> Completed:
    """Run a program to its end.

    Args:
        command: Program and arguments; no shell reads them.
        cwd: Where it runs.
        environment: Variables on top of ours.
        given: Its standard input.
        timeout: Seconds; after that the program and its children are killed.
        check: Raise when it ends with an error.
        on_line: Called with each line of output as it appears, from other threads.

    Returns:
        Exit status and both outputs.

    Raises:
        CommandError: It ended with an error and ``check`` is on, or it took too long.
        errors.HostError: There is no such program, or it cannot be started.
    """
    with running(command, cwd=cwd, environment=environment, given=given, on_line=on_line) as program:
        try:
            program.wait(timeout)
        except subprocess.TimeoutExpired:
            program.end()
            raise CommandError(program.completed(), f"no end after {timeout:g} s") from None
        completed = program.completed()
    if check and completed.returncode != 0:
        raise CommandError(completed)
    return completed


@contextmanager
def running(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    given: str = "",
    on_line: Callable[[str], None] = lambda _: None,
) -> Iterator[Running]:
    """Run a program beside us; leaving the block ends it if it has not ended by itself."""
    process = start(command, cwd=cwd, environment=environment)
    program = Running(command, process, on_line)
    try:
        if process.stdin:  # in a thread of its own: one that does not read would keep us from watching the time
            threading.Thread(target=_feed, args=(process.stdin, given), daemon=True).start()
        yield program
    finally:
        if not program.done():
            program.end()


def detach(command: Sequence[str], *, log_file: Path) -> None:
    """Start a program that outlives us, in a session of its own.

    Raises:
        errors.HostError: There is no such program.
    """
    log.info("$ %s &", shlex.join(command))
    with log_file.open("ab") as output, _startable(command, cwd=None):
        daemon = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    # Should it end before us, somebody has to take note, or its pid would pass for a living one's.
    threading.Thread(target=daemon.wait, daemon=True).start()


def start(
    command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program whose input and outputs are pipes to us.

    Raises:
        errors.HostError: There is no such program, or it cannot be started.
    """
    log.info("$ %s", shlex.join(command))
    with _startable(command, cwd=cwd):
        # A session of its own: Ctrl-C reaches us alone, and we end our children in order.
        program = subprocess.Popen(
            list(command),
            cwd=str(cwd) if cwd else None,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    priority.likewise(program.pid)
    return program


def ended(process: subprocess.Popen[bytes], *, within: float) -> bool:
    """Wait for a program's end as many seconds; whether it ended by itself. If not, it is stopped."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        end(process)
        return False
    return True


def end(process: subprocess.Popen[bytes], *, patience: float = _PATIENCE) -> None:
    """Stop a program and all it started: politely, then not."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, how)
            process.wait(patience)
    process.wait()


@contextmanager
def _startable(command: Sequence[str], *, cwd: Path | None) -> Iterator[None]:
    """Say in plain words why a program cannot be started."""
    try:
        yield
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and error.filename == command[0]
        raise errors.HostError(
            f"run: {shlex.join(command)}",
            expected=f"the program {command[0]} on the PATH" if missing else f"a program that starts in {cwd or '.'}",
            actual=str(error),
            next_step=f"install {command[0]}, or run `agentchat-check doctor` to see what is missing"
            if missing
            else "look at the file and the directory named above, and at who may use them",
        ) from None


def _feed(stdin: IO[bytes], given: str) -> None:
    with suppress(BrokenPipeError), stdin:  # it may end without reading; its exit status says why
        stdin.write(given.encode())


class Reader:
    """Reads one output to its end in a thread of its own."""

    def __init__(self, pipe: IO[bytes], on_line: Callable[[str], None]) -> None:
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(pipe, on_line), daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[bytes], on_line: Callable[[str], None]) -> None:
        with io.TextIOWrapper(pipe, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._lines.append(line)
                on_line(line.rstrip("\n"))

    def text(self) -> str:
        """All of it, once the program has ended."""
        # A grandchild may hold the pipe open after the program's end; it is not waited for.
        self._thread.join(_LAST_WORDS)
        return "".join(self._lines)
