"""What cuts a backup or a restore short besides a kill: the engine is lost, the disk of the archives is full."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agentchat_check import errors, wait
from agentchat_check.procedures import killing, restarts
from agentchat_check.procedures.backup import take
from agentchat_check.settings import Settings
from agentchat_check.stack import process
from agentchat_check.stack.running import Stack

_ON_SMALL_DISK = """
size=$1 disk=$2 kept=$3
shift 3
mkdir -p "$disk" "$kept"
mount -t tmpfs -o "size=$size" agentchat-check "$disk"
"$@" && status=0 || status=$?
cp -a "$disk/." "$kept"
exit $status
"""


def engine_lost_at(step: str, stack: Stack, arguments: Sequence[str], *, state: Path, settings: Settings) -> bool:
    """Run a command of ours on a stack, and lose the engine when it begins a step.

    Args:
        step: How the step's announcement begins.
        stack: The stack; its containers are all up again at the end.
        arguments: What follows ``agentchat-check``, from the command's name on.
        state: The directory of its state.
        settings: Whether the engine itself may be restarted.

    Returns:
        Whether it came to that step.

    Raises:
        errors.TimeoutError: The command does not end by itself.
    """

    def strike(program: process.Running) -> None:
        restarts.lose_engine(stack, settings)
        wait.until(
            program.done,
            bool,
            what=f"the end of agentchat-check {' '.join(arguments[:2])}, whose engine was lost",
            timeout=killing.PATIENCE,
            next_step="run it by hand, and see what it waits for",
        )

    reached = killing.struck_at(step, stack, arguments, state=state, strike=strike)
    if reached:
        stack.act("start", timeout=restarts.PATIENCE)
        stack.settle(timeout=restarts.PATIENCE, unhealthy_too=True)
    return reached


def too_small(taken: take.Taken) -> dict[str, int]:
    """Disks that an archive does not fit on: bytes of each, by how much of the archive they hold."""
    whole = sum(file.stat().st_size for file in taken.path.rglob("*") if file.is_file())
    shares = {"a tenth": 10, "half": 50, "nine tenths": 90}
    return {f"{name} of the room": whole * percent // 100 for name, percent in shares.items()}


def out_of_room(
    stack: Stack,
    into: Path,
    *,
    state: Path,
    size: int,
    options: Sequence[str] = (),
    command: Sequence[str] = ("backup", "take"),
) -> str:
    """Run a command of ours that takes a backup into a directory on a disk of its own that is too small; needs root.

    The disk is seen by the command alone and goes with it. What the command left there is in the directory then.

    Args:
        stack: The stack.
        into: The directory of the archives.
        state: The directory of our own state.
        size: Bytes that the disk has.
        options: More of the command's.
        command: Which.

    Returns:
        What the command complained of; "" where it succeeded.

    Raises:
        errors.HostError: We are not root.
    """
    if os.geteuid() != 0:
        raise errors.HostError(
            "mount a small disk",
            expected="root, who may",
            actual=f"user {os.geteuid()}",
            next_step="run this suite as root, or leave this test out: -k 'not without_room'",
        )
    disk = into.with_name(f"{into.name}-disk")
    within = ["unshare", "--mount", "sh", "-ec", _ON_SMALL_DISK, "sh", str(size), str(disk), str(into)]
    try:
        killing.run(stack, [*command, "--into", str(disk), *options], state=state, within=within)
    except errors.StackError as error:
        return error.actual
    return ""
