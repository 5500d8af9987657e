"""A stack whose database's volume is a small disk of its own, which can be filled while a restore goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentchat_check import errors, wait
from agentchat_check.deployment import Role
from agentchat_check.procedures import killing
from agentchat_check.stack import complaints, isolation, labels, process, storage
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper

_BALLAST = ".agentchat-check-ballast"

_FILL = f"""
set -- $(df -Pk "$1" | tail -n 1) "$@"
cd "$7"
room=$(($4 * 1024 - $8))
[ "$room" -le 0 ] || head -c "$room" /dev/zero > {_BALLAST} || truncate -s "-$8" {_BALLAST}
"""
"""Whoever writes meanwhile takes of the room as well: then it is full before we are done, and what is left we leave."""

_ROOM_WAS_SEEN = "stopping the application"
"""The first step after the last look at how much room there is."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk of a database's volume.

    Attributes:
        stack: The stack.
        path: Where the database's container has it.
        helper: What keeps it mounted while the database is stopped: it lies in memory, and goes with its last user.
    """

    stack: Stack
    path: str
    helper: Helper

    def fill(self, leaving: int) -> None:
        """Fill it, but for so many bytes."""
        self.helper.run(_FILL, self.path, str(leaving))

    def make_room(self) -> None:
        """Take away what it was filled with."""
        self.helper.run(f'rm -f "$1/{_BALLAST}"', self.path)

    def fills_up(self, arguments: Sequence[str], *, state: Path, leaving: int) -> str:
        """Run ``agentchat-check backup restore`` on the stack, and fill the disk once room was seen to be there.

        Args:
            arguments: What follows ``agentchat-check``.
            state: The directory of its state.
            leaving: Bytes of room that are left.

        Returns:
            What the command complained of; "" where it succeeded.

        Raises:
            errors.StackError: It did not come to the step at which the disk is filled.
            errors.TimeoutError: It does not end by itself.
        """
        ends: list[process.Completed] = []

        def strike(program: process.Running) -> None:
            with program.halted():
                self.fill(leaving)
            wait.until(
                program.done,
                bool,
                what="the end of a restore whose disk ran full",
                timeout=killing.PATIENCE,
                next_step="run it by hand, and see what it waits for",
            )
            ends.append(program.completed())

        if not killing.struck_at(_ROOM_WAS_SEEN, self.stack, arguments, state=state, strike=strike):
            raise errors.StackError(
                "fill the disk during a restore",
                expected=f"a restore that comes to {_ROOM_WAS_SEEN!r}",
                actual="it ended before",
                next_step="run it by hand, and see what it says",
            )
        return ends[0].said if ends[0].returncode else ""


@contextmanager
def under(stack: Stack, *, size: int, timeout: float) -> Iterator[SmallDisk]:
    """Bring a stack up with its database's volume on a disk of its own.

    Args:
        stack: A stack of ours of which nothing was started yet.
        size: Bytes that the disk has; they are memory of the host, as far as they are used.
        timeout: Seconds to come up.

    Raises:
        errors.InapplicableError: The database's directory is no volume with a name.
        errors.CheckError: It does not come up.
    """
    service, path = stack.service_name(Role.DATABASE), isolation.STATE_PATHS[Role.DATABASE][0]
    rendered = stack.compose.rendered()
    mounts = rendered["services"][service].get("volumes") or ()
    key = next((one.get("source") for one in mounts if one["type"] == "volume" and one["target"] == path), None)
    if key is None:
        raise errors.InapplicableError(
            "give the database a disk of its own",
            expected=f"a volume with a name at {path} of {service}",
            actual=f"the database's directory {path} is no volume with a name",
            next_step="nothing is to be done: where it is a bind mount, its disk is the host's",
        )
    declared = rendered["volumes"][key]
    with complaints.translated("make a small disk"):
        stack.client.volumes.create(
            declared["name"],
            driver_opts={"type": "tmpfs", "device": "tmpfs", "o": f"size={size},mode=755"},  # not sticky
            labels={**declared.get("labels", {}), labels.PROJECT: stack.project, labels.VOLUME: key},
        )
    stack.up(timeout=timeout, unhealthy_too=True)
    with storage.helper(stack, service) as helper:
        helper.run("true")
        yield SmallDisk(stack, path, helper)
