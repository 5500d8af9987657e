"""Does the application keep up when a class of people registers at once, each of whom logs in at once, too?

Limits: the manual's alarms on both requests: 95 of 100 within 1 s, fewer than 5 errors in 100 (thresholds.toml).
There is no call that removes a user: on an installation in use, the accounts that this makes stay.
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class RegistrationBurst(Visitor):
    """Somebody new."""

    journeys = {journeys.register: 1}
