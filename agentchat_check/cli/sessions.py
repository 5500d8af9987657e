"""A run that a command begins by itself."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import owner
from agentchat_check.stack.owner import Run


def begin(settings: Settings) -> Session:
    """A run of this process's own, with a directory among the reports."""
    run = Run(f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}", owner.current())
    return Session(settings, run, settings.reports.absolute() / run.id)
