"""Every rule, by topic."""

from agentchat_check.audit.rules import data, health, images, network, running, secrets, variables, written

TOPICS = (health, network, running, data, images, secrets, variables, written)

ALL = {rule.id: rule for topic in TOPICS for rule in topic.RULES}
"""Every rule by its id."""
