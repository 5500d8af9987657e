"""How long do people wait to be let in when many log in at once, as after a break or a restart?

Limits: the manual's alarms on the log-in: 95 of 100 within 1 s, fewer than 5 errors in 100 (thresholds.toml).
Hashing a password takes a processor for its time on purpose, so this is the first to show that there are too few.
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class LoginStorm(Visitor):
    """Somebody who logs in and goes away."""

    journeys = {journeys.log_in: 1}
