"""Programs that bytes are sent to or read from, on the host and inside containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, cast

from agentchat_check.stack import complaints, process
from agentchat_check.stack.process import CommandError, Completed
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from subprocess import Popen

_PATIENCE = 5.0
"""Seconds to end for one that stopped reading."""


class Streaming:
    """A program under way whose input and output are bytes, as many as there are; its complaints are read beside.

    Attributes:
        stdin: What it reads; close it where it waits for the end.
        stdout: What it prints; read it to its end.
    """

    def __init__(self, command: Sequence[str], program: Popen[bytes]) -> None:
        pipes = (program.stdin, program.stdout, program.stderr)
        self.stdin, self.stdout, errors = cast("tuple[IO[bytes], IO[bytes], IO[bytes]]", pipes)
        self._command = tuple(command)
        self._program = program
        self._complaints = process.Reader(errors, lambda _: None)

    def ended(self) -> bool:
        """Whether it has ended."""
        return self._program.poll() is not None

    def finish(self, timeout: float) -> None:
        """Wait for its end, once its output was read.

        Args:
            timeout: Seconds; after that it is stopped.

        Raises:
            CommandError: It ended with an error, or not in time; carries its complaints.
        """
        with suppress(BrokenPipeError):
            self.stdin.close()
        in_time = process.ended(self._program, within=timeout)
        if not in_time or self._program.returncode:
            raise self.failure("" if in_time else f"no end after {timeout:g} s")

    def failure(self, why: str = "") -> CommandError:
        """The error of a program that has ended."""
        return CommandError(Completed(self._command, self._program.returncode, "", self._complaints.text()), why)


@contextmanager
def streaming(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Iterator[Streaming]:
    """Run a program beside us; leaving the block ends it.

    Args:
        command: Program and arguments.
        environment: Variables on top of ours.

    Raises:
        CommandError: It ended while it was being written to.
        errors.HostError: There is no such program.
    """
    program = process.start(command, environment=environment)
    stream = Streaming(command, program)
    try:
        yield stream
    except BrokenPipeError:
        stream.finish(_PATIENCE)
        raise stream.failure("it ended before it had read everything") from None
    finally:
        if program.poll() is None:
            process.end(program)
        for pipe in (stream.stdin, stream.stdout):
            with suppress(BrokenPipeError):
                pipe.close()


@contextmanager
def inside(
    stack: Stack, service: str, command: Sequence[str], *, secrets: Mapping[str, str] | None = None
) -> Iterator[Streaming]:
    """Run a program inside a service's container; leaving the block ends it here, and its input with it.

    The engine lets the program itself run on until it reads or writes: have it read to the end of its input.

    Args:
        stack: The stack.
        service: The service.
        command: Program and arguments.
        secrets: Variables it is told besides, whose values no command line shows.
    """
    with complaints.translated(f"run {command[0]} in {service}"):
        names = [f"--env={name}" for name in secrets or {}]
        exec_it = ["docker", "exec", "--interactive", *names, str(stack.container(service).id), *command]
        with streaming(exec_it, environment=secrets) as stream:
            yield stream
