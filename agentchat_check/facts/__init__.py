"""What was seen, and when: frozen records that probes return and checks judge."""

from agentchat_check.facts.answers import ChatAnswer, HttpAnswer, Message, Page, SeedRow, Visit
from agentchat_check.facts.backup import (
    CacheState,
    CutLine,
    DatabaseState,
    FileTree,
    Image,
    KeyDifference,
    Omission,
    RangeDigest,
    TableDigest,
)
from agentchat_check.facts.environment import Fate, Knob, Outcome, Reading, Rendering, Start, Variable
from agentchat_check.facts.front_door import HealthAddress, Location, Streams, Uploads
from agentchat_check.facts.host import Engine, Host
from agentchat_check.facts.layers import LayerFile, Layers
from agentchat_check.facts.moment import Moment
from agentchat_check.facts.production import (
    Flags,
    Limited,
    Limits,
    LogRotation,
    Programs,
    RenderedOverlay,
    Stop,
    Workers,
)
from agentchat_check.facts.readback import ReadBack
from agentchat_check.facts.scripts import Address, Belongings, Holder, Script, ScriptRun
from agentchat_check.facts.secrets import Rotation, Search, Sighting
from agentchat_check.facts.services import Disk, Event, Load, LogLine, Port, Service, Usage
from agentchat_check.facts.startup import Course, Network
from agentchat_check.facts.storage import CacheKey, KeyDigest, LogIn, Persistence, RowDigests, Schema, Table
from agentchat_check.facts.trouble import Ordeal, Reply, Round, Trouble

__all__ = [
    "Address",
    "Belongings",
    "CacheKey",
    "CacheState",
    "ChatAnswer",
    "Course",
    "CutLine",
    "DatabaseState",
    "Disk",
    "Engine",
    "Event",
    "Fate",
    "FileTree",
    "Flags",
    "HealthAddress",
    "Holder",
    "Host",
    "HttpAnswer",
    "Image",
    "KeyDifference",
    "KeyDigest",
    "Knob",
    "LayerFile",
    "Layers",
    "Limited",
    "Limits",
    "Load",
    "Location",
    "LogIn",
    "LogLine",
    "LogRotation",
    "Message",
    "Moment",
    "Network",
    "Omission",
    "Ordeal",
    "Outcome",
    "Page",
    "Persistence",
    "Port",
    "Programs",
    "RangeDigest",
    "ReadBack",
    "Reading",
    "RenderedOverlay",
    "Rendering",
    "Reply",
    "Rotation",
    "Round",
    "RowDigests",
    "Schema",
    "Script",
    "ScriptRun",
    "Search",
    "SeedRow",
    "Service",
    "Sighting",
    "Start",
    "Stop",
    "Streams",
    "Table",
    "TableDigest",
    "Trouble",
    "Uploads",
    "Usage",
    "Variable",
    "Visit",
    "Workers",
]
