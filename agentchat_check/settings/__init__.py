"""What the operator asked for."""

from agentchat_check.settings.accepted import AcceptedRule, AllowedLine
from agentchat_check.settings.fields import FILE, PREFIX, WAYS, Settings
from agentchat_check.settings.reading import images_by_role, read
from agentchat_check.settings.template import template

__all__ = ["FILE", "PREFIX", "WAYS", "AcceptedRule", "AllowedLine", "Settings", "images_by_role", "read", "template"]
