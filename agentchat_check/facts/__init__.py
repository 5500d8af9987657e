"""What was seen, and when: frozen records that probes return and checks judge."""

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer, Message, Page, SeedRow, Visit
from agentchat_check.facts.host import Engine, Host
from agentchat_check.facts.moment import Moment
from agentchat_check.facts.scripts import Address, Belongings, Holder, Script, ScriptRun
from agentchat_check.facts.services import Disk, Event, Load, LogLine, Port, Service, Usage
from agentchat_check.facts.startup import Course, Network
from agentchat_check.facts.storage import CacheKey, LogIn, RowDigests, Schema, Table

__all__ = [
    "Address",
    "Belongings",
    "CacheKey",
    "ChatAnswer",
    "Course",
    "Disk",
    "Engine",
    "Event",
    "Holder",
    "Host",
    "HttpAnswer",
    "Load",
    "LogIn",
    "LogLine",
    "Message",
    "Moment",
    "Network",
    "Page",
    "Port",
    "RowDigests",
    "Schema",
    "Script",
    "ScriptRun",
    "SeedRow",
    "Service",
    "Table",
    "Usage",
    "Visit",
]
