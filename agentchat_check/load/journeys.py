"""What people do with AgentChat: each journey is a function of a visitor, with its requests in order.

A journey ends early when a request fails, as a person's would. What it needs besides, a dialog or an account, it makes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from agentchat_check.probes.api import rows
from agentchat_check.procedures.visit import DIALOG_NAME

if TYPE_CHECKING:
    from agentchat_check.load.user import Visitor

Journey: TypeAlias = "Callable[[Visitor], None]"

QUESTIONS = (
    "What did we decide about the backup of the second server, and who wanted to look at it again before Friday?",
    "Summarise the last three messages in one sentence that a new colleague understands.",
    "为什么重启以后对话列表是空的？请用两句话回答。",  # noqa: RUF001 - as people write
    "Wie lange dauert der Umzug der Datenbank ungefähr, wenn sie 300 MB groß ist? 😀",
)

_READING = 4.0
"""Seconds that a person takes on average between an answer and the next question."""

_UPLOAD = 256 * 1024
"""Bytes of an uploaded file: a page or two with pictures."""


def log_in(visitor: Visitor) -> None:
    """Log in with name and password."""
    name, password = visitor.person.name, visitor.person.password.get_secret_value()
    data = visitor.ask("log in", json={"user_name": name, "user_password": password}, anonymous=True)
    visitor.expect(isinstance(data, dict) and data.get("access_token"), "an access token")


def chat(visitor: Visitor) -> None:
    """Begin a dialog and ask one to three questions in it, each answered by a stream that is read to its end."""
    data = visitor.ask(
        "create dialog", json={"name": DIALOG_NAME, "agent_id": visitor.person.agent_id, "agent_type": "Agent"}
    )
    dialog_id = data.get("dialog_id") if isinstance(data, dict) else None
    visitor.expect(dialog_id, "the new dialog's id")
    for number in range(visitor.dice.randint(1, 3)):
        if number:
            visitor.think(_READING)
        visitor.converse(str(dialog_id), visitor.dice.choice(QUESTIONS))


def browse(visitor: Visitor) -> None:
    """Look at the dialogs, the agents, and what was said in one dialog."""
    listed = visitor.ask("dialogs")
    visitor.ask("agents")
    mine = visitor.person.dialogs or tuple(str(row["dialog_id"]) for row in rows(listed, "dialog_id"))
    if mine:
        visitor.ask("history", params={"dialog_id": visitor.dice.choice(mine)})


def register(visitor: Visitor) -> None:
    """Make an account and log in with it for the first time."""
    name, password = f"{visitor.people.prefix}{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    credentials: dict[str, Any] = {"user_name": name, "user_password": password}
    visitor.ask("register", json={**credentials, "user_email": ""}, anonymous=True)
    data = visitor.ask("log in", json=credentials, anonymous=True)
    visitor.expect(isinstance(data, dict) and data.get("access_token"), "an access token")


def upload(visitor: Visitor) -> None:
    """Store a file."""
    url = visitor.ask("upload", files={"file": ("note.txt", visitor.dice.randbytes(_UPLOAD), "text/plain")})
    visitor.expect(isinstance(url, str) and url, "where the file is")


def name_of(journey: Journey) -> str:
    """What reports call a journey: ``log in``."""
    return journey.__name__.replace("_", " ")


MIXED_DAY: Mapping[Journey, int] = MappingProxyType({browse: 55, chat: 25, log_in: 10, upload: 6, register: 4})
"""What people do on an ordinary day, by how many of a hundred."""
