"""How long do people wait while they look around: at their dialogs, the agents, and what was said in a long dialog?

Limits: on every request, the manual's alarms: 95 of 100 within 1 s, fewer than 5 errors in 100 (thresholds.toml).
Reads only. The longest dialogs hold half of all messages that were prepared, so that a query which grows with the
rows shows.
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class Browsing(Visitor):
    """Somebody who reads."""

    journeys = {journeys.browse: 1}
