"""The same deployment with another version of its database."""

from __future__ import annotations

from dataclasses import replace

from agentchat_check import errors
from agentchat_check.deployment import Deployment, Role
from agentchat_check.probes import database
from agentchat_check.settings import PREFIX, Settings
from agentchat_check.stack.running import Stack

_TRIED = "restore into another version of the database"


def deployment(given: Deployment, settings: Settings) -> Deployment:
    """The deployment with the database's image that ``other_database`` names.

    Raises:
        errors.InapplicableError: It names none.
    """
    if settings.other_database is None:
        raise errors.InapplicableError(
            _TRIED,
            expected="an image of one",
            actual="no image of another version of the database is named",
            next_step=f"name one: {PREFIX}OTHER_DATABASE=mysql:8.4",
        )
    others = {name: image for name, image in given.replace_images.items() if name != Role.DATABASE}
    return replace(given, replace_images={**others, Role.DATABASE: settings.other_database})


def require(stack: Stack, *, than: Stack) -> None:
    """See that a stack's database is of another version than another's.

    Raises:
        errors.InapplicableError: It is not; what is restored there says nothing of another version.
    """
    version, usual = (database.schema(one).version for one in (stack, than))
    if version == usual:
        raise errors.InapplicableError(
            _TRIED,
            expected=f"another version than {usual}",
            actual=f"the image that other_database names runs the same version of the database, {version}",
            next_step=f"name another one: {PREFIX}OTHER_DATABASE=mysql:8.4",
        )
