"""The state of a stack's database as it is now."""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.probes import database, database_state
from agentchat_check.procedures.backup import cut
from agentchat_check.stack.running import Stack


def state(stack: Stack) -> facts.DatabaseState:
    """Digest every table of a stack's database, its definitions and its accounts.

    Who writes meanwhile may be seen in one table and not in another.

    Raises:
        errors.StackError: The database refuses.
    """
    with cut.opened(stack, cut.CONNECTIONS) as cursors:
        cut.begin(cursors)
        return database_state.state(cursors, database.credentials(stack).database)
