"""The two ways to copy a database, behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from agentchat_check import facts
from agentchat_check.archive.reading import Archive
from agentchat_check.procedures.backup.parts import Part
from agentchat_check.stack.running import Stack

MethodName = Literal["logical", "physical"]


class Method(Protocol):
    """A way to copy a database and to put it back; what was there before is kept until the end."""

    name: MethodName

    def take(
        self, stack: Stack, part: Part, *, at_cut: Callable[[], None], cold: bool
    ) -> tuple[facts.CutLine, facts.DatabaseState]:
        """Copy the database into an archive.

        Args:
            stack: A stack whose database runs.
            part: Where parts go.
            at_cut: Called at the cut, while nobody can write: it must be quick.
            cold: Whether nobody uses the database, so that it may be stopped.

        Returns:
            The cut, and the state of the database at it.
        """

    def check_target(self, stack: Stack, archive: Archive) -> None:
        """See that a database can take an archive; changes nothing.

        Raises:
            errors.StackError: It cannot.
        """

    def put_back(self, stack: Stack, archive: Archive) -> None:
        """Put the database of an archive in the place of the one that is there, which is kept; it runs afterwards."""

    def take_back(self, stack: Stack) -> None:
        """Put back what was there before ``put_back``, however far that came; nothing where it did not begin."""

    def forget(self, stack: Stack) -> None:
        """Remove what was there before."""
