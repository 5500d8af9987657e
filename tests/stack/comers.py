"""Users of the reference deployment who come one after the other, whatever release runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agentchat_check import facts
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract
from agentchat_check.stack.running import Stack

PICTURE = "/logo.png"
"""What ``Api.create_agent`` names as an agent's picture."""


@dataclass
class Crowd:
    """Users who have come one after the other, and come again.

    Attributes:
        stack: What they use.
    """

    stack: Stack
    _users: list[tuple[Regular, facts.ContractLook]] = field(default_factory=list)

    def come_and_use_it(self) -> None:
        """Somebody new comes; everybody makes every call, is answered, and finds all that was ever written."""
        self._users.append((Regular.arrive(self.stack, Ledger()), facts.ContractLook()))
        assert [[str(reply) for reply in failures] for failures in self.use_it()] == [[] for _ in self._users]
        for user, _ in self._users:
            user.come_again()
            own = [agent for agent in agents(user.guest.api) if agent["user_id"] == user.guest.user_id]
            assert {agent["logo_url"] for agent in own} == {PICTURE}
            info = user.guest.api.call("user").data
            assert info.get("display_name", user.guest.account.name) == user.guest.account.name

    def use_it(self) -> list[list[facts.Reply]]:
        """Everybody makes every call with the token of before; what each did not get."""
        self._users = [(user, contract.of_regular(user, before)) for user, before in self._users]
        return [[reply for reply in look.replies if not reply.done] for _, look in self._users]

    def uploads(self, content: bytes) -> facts.HttpAnswer:
        """The first to come uploads something."""
        return self._users[0][0].now().api.upload("note.txt", content)


def has_what_is_new(api: Api) -> None:
    """A user has a name to show, an agent a picture by its new name, and a pinned dialog comes first."""
    account = visit.fresh_account()
    names = {"user_name": account.name, "user_email": "", "user_password": account.password, "display_name": "小明 😀"}
    assert api.call("register", json=names).ok
    own = visit.arrive(api, account).api
    assert own.call("user").data["display_name"] == "小明 😀"
    first = agents(own)[0]
    agent = own.call("create agent", json={"name": "seen", "avatar_url": "/me.png", "llm_id": first["llm_id"]}).data
    assert (agent["avatar_url"], agent["logo_url"]) == ("/me.png", "/me.png")
    assert agent in agents(own)
    assert {one["avatar_url"] for one in agents(own)} == {"", "/me.png"}
    for name, pinned in {"pinned": True, "later": False}.items():
        assert own.call("create dialog", json={"name": name, "agent_id": first["id"], "pinned": pinned}).ok
    assert [(one["name"], one["pinned"]) for one in own.call("dialogs").data] == [("pinned", True), ("later", False)]
    assert [one["name"] for one in agents(own) if one["user_id"] == "0"].count("Summarizer") == 1


def agents(api: Api) -> list[dict[str, Any]]:
    """The agents that a user sees."""
    return apis.rows(api.call("agents").data, "id")
