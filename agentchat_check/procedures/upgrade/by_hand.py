"""Another release as the operations manual brings it in, `pull` and `up -d`: nothing is looked at, and nothing kept."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import facts
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import switching
from agentchat_check.procedures.upgrade.outcome import Upgraded
from agentchat_check.settings import Settings
from agentchat_check.stack import succession
from agentchat_check.stack.running import Stack


def brought_in(regular: Regular, release: Deployment, settings: Settings, *, number: int, into: Path) -> Upgraded:
    """Get a release's images, bring it up, and wait until every service is healthy; from then on it is the user's.

    Args:
        regular: A user of what runs.
        release: What is to run.
        settings: Where images come from, and how long the start may take.
        number: Which release of the project it is.
        into: A directory for what is written on top of the release's own files.

    Raises:
        errors.CheckError: Its files are at fault, an image is not to be had, or a service does not come up.
    """
    before, began = regular.stack, facts.Moment.now()
    regular.stack = succession.successor(before, release, settings, number=number, into=into)
    up(regular.stack, settings)
    return Upgraded(
        before=before.name,
        after=release.name,
        archive=None,
        findings=(),
        plan=None,
        seconds=began.until(facts.Moment.now()),
        downtime=None,
    )


def up(stack: Stack, settings: Settings) -> None:
    """``docker compose up -d`` of a release whose images are here, until every service is healthy.

    Raises:
        errors.CheckError: A service does not come up.
    """
    stack.up(timeout=settings.up_timeout, patient=True, options=switching.OPTIONS)
