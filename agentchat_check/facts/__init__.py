"""What was seen, and when: frozen records that probes return and checks judge."""

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer, Message, Page, SeedRow, Visit
from agentchat_check.facts.host import Engine, Host
from agentchat_check.facts.layers import LayerFile, Layers
from agentchat_check.facts.moment import Moment
from agentchat_check.facts.readback import ReadBack
from agentchat_check.facts.services import Disk, Event, Load, LogLine, Port, Service, Usage
from agentchat_check.facts.storage import CacheKey, LogIn, Persistence, RowDigests, Schema, Table
from agentchat_check.facts.trouble import Ordeal, Reply, Round, Trouble

__all__ = [
    "CacheKey",
    "ChatAnswer",
    "Disk",
    "Engine",
    "Event",
    "Host",
    "HttpAnswer",
    "LayerFile",
    "Layers",
    "Load",
    "LogIn",
    "LogLine",
    "Message",
    "Moment",
    "Ordeal",
    "Page",
    "Persistence",
    "Port",
    "ReadBack",
    "Reply",
    "Round",
    "RowDigests",
    "Schema",
    "SeedRow",
    "Service",
    "Table",
    "Trouble",
    "Usage",
    "Visit",
]
