"""What was seen, and when: frozen records that probes return and checks judge."""

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer, Message, Page, SeedRow, Visit
from agentchat_check.facts.environment import Fate, Knob, Outcome, Reading, Rendering, Start, Variable
from agentchat_check.facts.host import Engine, Host
from agentchat_check.facts.moment import Moment
from agentchat_check.facts.secrets import Rotation, Search, Sighting
from agentchat_check.facts.services import Disk, Event, Load, LogLine, Port, Service, Usage
from agentchat_check.facts.storage import CacheKey, LogIn, RowDigests, Schema, Table

__all__ = [
    "CacheKey",
    "ChatAnswer",
    "Disk",
    "Engine",
    "Event",
    "Fate",
    "Host",
    "HttpAnswer",
    "Knob",
    "Load",
    "LogIn",
    "LogLine",
    "Message",
    "Moment",
    "Outcome",
    "Page",
    "Port",
    "Reading",
    "Rendering",
    "Rotation",
    "RowDigests",
    "Schema",
    "Search",
    "SeedRow",
    "Service",
    "Sighting",
    "Start",
    "Table",
    "Usage",
    "Variable",
    "Visit",
]
