"""What each fault of load breaks, and the words by which that is seen."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from agentchat_check.faults.load import answers, resources, streams
from agentchat_check.faults.smoke import services
from agentchat_check.stack.running import Stack

BROWSING, CHAT = "browsing.py", "steady_chat.py"

MOMENT = 72.0
"""Seconds of which each quarter is looked at, disks included."""


class LoadCase(NamedTuple):
    """A fault, and how load shows it.

    Attributes:
        fault: The fault.
        file: The load file that shows it.
        breaks: The thresholds that it breaks, each with a word of the cause.
        may: Thresholds that it may break besides.
        messages: What the database holds.
        hour: Seconds that a forecast takes for its hour, and 24 times as many for its day; None: an hour, which is
            longer than any of these runs.
    """

    fault: Callable[[Stack], AbstractContextManager[None]]
    file: str
    breaks: dict[str, str]
    may: frozenset[str] = frozenset()
    messages: int = 500
    hour: float | None = None

    def __str__(self) -> str:
        """The fault."""
        return self.fault.__name__


CASES = [
    LoadCase(answers.slow_endpoint, BROWSING, {"response_time": "GET /history"}),
    LoadCase(answers.some_errors, BROWSING, {"error_rate": "GET /dialog/list"}),
    LoadCase(answers.inner_errors, BROWSING, {"error_rate": "GET /dialog/list"}),
    LoadCase(answers.stalls, BROWSING, {"response_time": "GET /dialog/list"}),
    LoadCase(answers.grows_with_rows, BROWSING, {"response_time": "GET /history"}, messages=1400),
    LoadCase(answers.pool_too_small, BROWSING, {"response_time": "GET /dialog/list"}),
    LoadCase(streams.without_end, CHAT, {"error_rate": "POST /completion"}),
    LoadCase(streams.cut_short, CHAT, {"error_rate": "POST /completion"}),
    LoadCase(streams.model_fails, CHAT, {"error_rate": "POST /completion"}),
    LoadCase(services.busy_processor, BROWSING, {"cpu": "container:model"}),
    LoadCase(resources.busy_processors, BROWSING, {"cpu_together": "containers"}),
    LoadCase(resources.leaking_memory, BROWSING, {"memory": "container:model"}),
    LoadCase(resources.restarts_under_way, BROWSING, {"restarts": "container:model"}),
    LoadCase(
        resources.out_of_memory_under_way, BROWSING, {"out_of_memory": "container:model"}, may=frozenset({"memory"})
    ),
    LoadCase(services.full_disk, BROWSING, {"disk": "container:model"}),
    LoadCase(resources.slowly_leaking_memory, BROWSING, {"memory_in_a_day": "container:model"}, hour=MOMENT),
    LoadCase(resources.slowly_filling_disk, BROWSING, {"disk_in_a_day": "container:model"}, hour=MOMENT),
]
