"""How soon does an answer begin, and how steadily does it come, while people chat all the time?

Measured of every answer: the time to its first chunk, which counts as the response time since the rest takes as long
as the model does, the time to its last, the gaps between chunks, and the time per token, whose inverse is tokens per
second. Limits: 95 of 100 first chunks within 1 s; fewer than 5 errors in 100, of which a stream that is cut short is
one (thresholds.toml).
"""

from agentchat_check.load import journeys
from agentchat_check.load.user import Visitor


class SteadyChat(Visitor):
    """Somebody who begins a dialog, asks, reads the answer, and asks again."""

    journeys = {journeys.chat: 1}
