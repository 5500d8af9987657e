"""Do the manual's alarms stay silent on an ordinary day, with people who read, chat, log in, upload and register?

Of a hundred visits 55 look around, 25 chat, 10 log in, 6 bring a file and 4 are of somebody new. Limits: all of
thresholds.toml.
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class MixedDay(Visitor):
    """Somebody who does one of the things that people do."""

    journeys = journeys.MIXED_DAY
