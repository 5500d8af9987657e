"""``agentchat-check``: what is done outside a run of the suites."""

from agentchat_check.cli.commands import app
from agentchat_check.cli.words import EXIT

__all__ = ["EXIT", "app"]
