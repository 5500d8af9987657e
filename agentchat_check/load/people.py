"""The people that load is made with, in a file that the generator's processes read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pydantic

from agentchat_check import errors
from agentchat_check.probes.api import Account


class Person(pydantic.BaseModel, frozen=True):
    """Somebody who is logged in.

    Attributes:
        name: The account's name.
        password: Its password.
        user_id: The user's id.
        token: The access token.
        agent_id: The agent to talk to.
        dialogs: Ids of dialogs that can be read; the first is a long one, where any is.
    """

    name: str
    password: pydantic.SecretStr
    user_id: str
    token: pydantic.SecretStr
    agent_id: str
    dialogs: tuple[str, ...] = ()

    @property
    def account(self) -> Account:
        """How the person logs in."""
        return Account(self.name, self.password.get_secret_value())


class People(pydantic.BaseModel, frozen=True):
    """Everybody, and what all of them need to know.

    Attributes:
        everybody: The people, at least one.
        calls: The forms of each call of the contract in the release at hand, the likeliest first.
        echo: Whether the agents' model says back what it was told, as our stub does, so that answers are known.
        prefix: What the names of accounts begin with that are made meanwhile.
    """

    everybody: tuple[Person, ...] = pydantic.Field(min_length=1)
    calls: Mapping[str, tuple[tuple[str, str], ...]]
    echo: bool
    prefix: str

    def plain(self) -> str:
        """What the file says; it holds passwords."""
        plain = self.model_dump()
        for person, kept in zip(plain["everybody"], self.everybody, strict=True):
            person.update(password=kept.password.get_secret_value(), token=kept.token.get_secret_value())
        return pydantic.TypeAdapter(dict).dump_json(plain).decode()

    def write(self, path: Path) -> None:
        """Write the file, for nobody but ourselves to read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(self.plain())


def read(path: Path) -> People:
    """Read the file.

    Raises:
        errors.CheckError: There is none, or it is another one.
    """
    try:
        return People.model_validate_json(path.read_bytes())
    except pydantic.ValidationError as error:
        flaw = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
    except OSError as error:
        flaw = error.strerror or str(error)
    raise errors.CheckError(
        f"read the people in {path}",
        expected="the file that `agentchat-check load run` wrote",
        actual=flaw,
        next_step="leave --people out, and the load file registers some of its own",
    )
