"""What an installation has from its release, and what a first start of that release would have given it."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import facts
from agentchat_check.deployment import Deployment
from agentchat_check.probes import database, definitions
from agentchat_check.probes.api import Api
from agentchat_check.procedures.backup import cut
from agentchat_check.procedures.upgrade import described, planning, run
from agentchat_check.stack.running import Stack


def look(stack: Stack, api: Api) -> facts.Brought:
    """What a stack has from its release.

    Args:
        stack: The stack; its database runs.
        api: The API as the user who asks for the lists.

    Raises:
        errors.StackError: The database refuses.
    """
    name = database.credentials(stack).database
    with cut.opened(stack, 1) as (cursor,):
        schema, records = definitions.schema(cursor, name), definitions.seeds(cursor, name)
    listed, answers = api.seeds()
    return facts.Brought(schema, records, listed, answers)


def fresh(before: Deployment, after: Deployment, into: Path) -> Deployment:
    """The release that an upgrade goes to, for a first start with the settings of the one that it begins with.

    Args:
        before: The release that it begins with.
        after: The release that it goes to.
        into: A directory for its env file.

    Raises:
        errors.DeploymentError: Their files are at fault.
    """
    own = described.own(before)
    after = run.with_secrets(after, before, own)
    merged = planning.merged_env(described.read(before, own), described.read(after, own), own)
    return run.with_env(after, merged, into)
