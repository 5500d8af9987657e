"""Stacks of one file of tests, which use them one after the other."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from agentchat_check import errors
from agentchat_check.deployment import Deployment
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack


class Spares:
    """Brings up a stack when it is first asked for, and lends it again until somebody spoils it.

    Args:
        session: What the tests of this run share.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lent: dict[tuple[Path, ...], tuple[Stack, ExitStack]] = {}
        self._refused: dict[tuple[Path, ...], errors.CheckError] = {}

    def lend(self, deployment: Deployment, *, evidence_into: Path) -> Stack:
        """The stack of a deployment, as good as new.

        Raises:
            errors.CheckError: It cannot be brought up, or could not be when it was asked for before: that takes long,
                and what its files say does not change meanwhile.
        """
        key = deployment.compose_files
        if key in self._refused:
            raise self._refused[key]
        if key not in self._lent:
            undo = ExitStack()
            try:
                stack = undo.enter_context(self._session.own_stack(deployment, evidence_into=evidence_into))
            except errors.CheckError as error:
                self._refused[key] = error
                raise
            self._lent[key] = stack, undo
        return self._lent[key][0]

    def take_back(self, deployment: Deployment, *, spoiled: bool) -> None:
        """Take a stack back; a spoiled one, or one that did not come to rest again, is not lent any more."""
        stack, undo = self._lent[deployment.compose_files]
        if spoiled or not all(map(stack.is_at_rest, stack.services())):
            del self._lent[deployment.compose_files]
            undo.close()

    def close(self) -> None:
        """Remove them all."""
        while self._lent:
            _, (_, undo) = self._lent.popitem()
            undo.close()
