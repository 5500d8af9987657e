"""Are files of 256 KiB stored in time, while others are, and without the server's memory or disk running full?

Limits: the manual's alarms: 95 of 100 within 1 s, fewer than 5 errors in 100, memory below 85 %, disks below 90 %
(thresholds.toml). There is no call that removes a file: what is uploaded stays until the volume goes.
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class Uploads(Visitor):
    """Somebody who brings a file."""

    journeys = {journeys.upload: 1}
