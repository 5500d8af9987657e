"""The tables. A change here needs a revision in migrations/versions; `alembic check` tells them apart."""

from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import uuid4

from pydantic import NaiveDatetime
from sqlalchemy import JSON
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlmodel import Field, SQLModel

SYSTEM = "0"  # owns the rows that every user sees
DEFAULT_LLM_ID = "0e2c2c3b0c364d2c94a45f8025eda555"  # follows the OPENAI_* settings
ID_LENGTH = 32


class RoleId(IntEnum):
    """The rows of the table role."""

    ADMINISTRATOR = 1
    USER = 2


def new_id() -> str:
    """Make an id that no other installation makes too."""
    return uuid4().hex


def now() -> datetime:
    """Tell the local time, as TZ says, in the seconds that DATETIME keeps."""
    return datetime.now().astimezone().replace(microsecond=0, tzinfo=None)


class Created(SQLModel):
    """Knows when it was made."""

    create_time: NaiveDatetime = Field(default_factory=now)


class Timed(Created):
    """Knows also when it was last changed."""

    update_time: NaiveDatetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})


class User(Timed, table=True):
    """Somebody who can log in."""

    user_id: str = Field(primary_key=True, max_length=ID_LENGTH)  # "1", "2", ...
    user_name: str = Field(unique=True, max_length=20)
    user_email: str = Field(max_length=255)
    user_password: str = Field(max_length=60)  # bcrypt


class Role(SQLModel, table=True):
    """What users may be."""

    id: int = Field(primary_key=True)
    role_name: str = Field(max_length=32)


class UserRole(SQLModel, table=True):
    """Which user is what."""

    __tablename__ = "user_role"

    user_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    role_id: int = Field(primary_key=True)


class Llm(Timed, table=True):
    """Where a model answers, and with which key."""

    llm_id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    model: str = Field(max_length=255)
    base_url: str = Field(max_length=1024)
    api_key: str = Field(max_length=1024)


class Agent(Timed, table=True):
    """A way to converse: a model with instructions."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    name: str = Field(max_length=255)
    description: str = Field(max_length=1024)
    logo_url: str = Field(max_length=1024)
    system_prompt: str = Field(sa_type=MEDIUMTEXT)
    llm_id: str = Field(max_length=ID_LENGTH)
    enable_memory: bool  # whether the model sees the earlier messages of a dialog


class Dialog(Timed, table=True):
    """A conversation of one user with one agent."""

    dialog_id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    agent_id: str = Field(max_length=ID_LENGTH)
    agent_type: str = Field(max_length=32)
    name: str = Field(max_length=255)


class History(Created, table=True):
    """A message. Its id keeps the order of messages of one second; it goes when its dialog goes."""

    id: int | None = Field(default=None, primary_key=True)
    dialog_id: str = Field(foreign_key="dialog.dialog_id", ondelete="CASCADE", max_length=ID_LENGTH)
    role: str = Field(max_length=32)
    content: str = Field(sa_type=MEDIUMTEXT)


class Tool(Timed, table=True):
    """What an agent can be allowed to do."""

    tool_id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    name: str = Field(max_length=255)
    description: str = Field(max_length=1024)


class Knowledge(Timed, table=True):
    """A collection of documents."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    name: str = Field(max_length=10)
    description: str = Field(max_length=200)


class KnowledgeFile(Timed, table=True):
    """A document of a collection."""

    __tablename__ = "knowledge_file"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    knowledge_id: str = Field(index=True, max_length=ID_LENGTH)
    user_id: str = Field(max_length=ID_LENGTH)
    file_name: str = Field(max_length=255)
    url: str = Field(max_length=1024)


class McpServer(Timed, table=True):
    """A server that offers tools by the Model Context Protocol."""

    __tablename__ = "mcp_server"

    mcp_server_id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    server_name: str = Field(max_length=255)
    url: str = Field(max_length=1024)
    config: dict[str, Any] = Field(sa_type=JSON)


class UsageStats(Created, table=True):
    """What one answer of a model cost."""

    __tablename__ = "usage_stats"

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    agent: str = Field(max_length=255)
    model: str = Field(max_length=255)
    input_tokens: int
    output_tokens: int


class WorkspaceSession(Timed, table=True):
    """A piece of work outside any dialog."""

    __tablename__ = "workspace_session"

    session_id: str = Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)
    user_id: str = Field(index=True, max_length=ID_LENGTH)
    title: str = Field(max_length=255)
    contexts: list[Any] = Field(sa_type=JSON)
