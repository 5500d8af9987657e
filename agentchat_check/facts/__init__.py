"""What was seen, and when: frozen records that probes return and checks judge."""

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer, Message, Page, SeedRow, Visit
from agentchat_check.facts.host import Engine, Host
from agentchat_check.facts.moment import Moment
from agentchat_check.facts.services import Disk, Event, Load, LogLine, Port, Service, Usage
from agentchat_check.facts.storage import CacheKey, LogIn, RowDigests, Schema, Table

__all__ = [
    "CacheKey",
    "ChatAnswer",
    "Disk",
    "Engine",
    "Event",
    "Host",
    "HttpAnswer",
    "Load",
    "LogIn",
    "LogLine",
    "Message",
    "Moment",
    "Page",
    "Port",
    "RowDigests",
    "Schema",
    "SeedRow",
    "Service",
    "Table",
    "Usage",
    "Visit",
]
