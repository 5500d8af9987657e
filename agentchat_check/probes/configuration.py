"""What the application's own configuration file says of the services behind it."""

from __future__ import annotations

import contextlib
import re
import urllib.parse
from dataclasses import dataclass

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.stack.running import Stack

FILE = "agentchat/config.yaml"
"""Where AgentChat's releases keep it, from the backend's working directory on; other backends have none."""


@dataclass(frozen=True, slots=True)
class Address:
    """A service's address in the configuration: ``mysql+pymysql://user:password@host:3306/path``."""

    user: str
    password: str
    host: str
    path: str


def address(stack: Stack, scheme: str) -> Address | None:
    """The first address of a scheme that the application of a stack is configured with; None without one."""
    with contextlib.suppress(errors.CheckError):
        status, text = stack.execute(stack.service_name(Role.BACKEND), ["cat", FILE])
        return first(text, scheme) if status == 0 else None
    return None


def first(text: str, scheme: str) -> Address | None:
    """The first address of a scheme, with or without a driver (``mysql+pymysql``), outside of comments."""
    for line in text.splitlines():
        content = re.sub(r"^\s*#.*|\s#.*", "", line)
        if found := re.search(rf"""\b{scheme}(?:\+\w+)?(://[^\s"']+)""", content):
            parts = urllib.parse.urlsplit(scheme + found[1])
            user, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
            return Address(user, password, parts.hostname or "", parts.path.strip("/"))
    return None
