"""Where load goes, and with whom: a stack of ours, or an installation whose people know."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from agentchat_check import errors, wait
from agentchat_check.deployment import Role
from agentchat_check.load import data
from agentchat_check.load.generator import Door
from agentchat_check.load.people import People
from agentchat_check.load.profiles import Profile
from agentchat_check.load.wishes import LOOPBACK
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures import pace
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack

_AS_FAST_AS_IT_CAN = 0.0
"""Tokens a second by which the stub model knows no limit."""

PATIENCE = 30.0
"""Seconds that an application may take to say that it is well, before load comes."""

_UNKNOWN_CALL = (404, 405)
"""What an application answers to a call that it does not have."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is driven.

    Attributes:
        url: Its address.
        name: What reports call it.
        stack: The stack; None where it is reached from outside only.
        live: Whether people use it.
    """

    url: str
    name: str
    stack: Stack | None
    live: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """What was said about an installation that people use.

    Attributes:
        known: Whether it was said that it is one.
        rate_cap: Visitors per second that it may see at most; None: nothing was said.
        account: The account that was made for checks; None: there is none.
    """

    known: bool = False
    rate_cap: float | None = None
    account: Account | None = None


def unhurried(settings: Settings) -> Settings:
    """Settings for a stack that is made to be driven: asked for its health as seldom as its deployment says.

    Stacks of ours are asked more often, so that they are up sooner, and each look takes the host a tenth of a processor
    second: engines that know one interval only would take it from the load for as long as the run goes on.
    """
    chosen = "health_interval" in settings.model_fields_set
    return settings if chosen else settings.model_copy(update={"health_interval": 0.0})


def at_stack(stack: Stack) -> Target:
    """A stack on this engine."""
    return Target("http://{}:{}".format(*stack.address(Role.BACKEND)), stack.name, stack, stack.live)


def at_url(url: str) -> Target:
    """An installation that is reached from outside; people may use it."""
    return Target(url.rstrip("/"), url, None, live=True)


def require_leave(target: Target, profile: Profile, leave: Leave) -> Account | None:
    """Refuse to load an installation that people use, unless all is said that has to be.

    Returns:
        The account to use there; None for a stack of ours, where people are made.

    Raises:
        errors.CheckError: Something is missing, or the profile asks for more than the cap.
    """
    if not target.live:
        return None
    peak = profile.course().peak if profile.arrivals == "open" else profile.users / profile.think
    missing = []
    if not leave.known:
        missing.append("--i-know-this-is-live: that you know that people use it")
    if leave.rate_cap is None:
        missing.append("--rate-cap N: how many visitors per second it may see at most")
    elif peak > leave.rate_cap:
        missing.append(f"--rate: the profile asks for {peak:g} visitors per second, the cap is {leave.rate_cap:g}")
    if leave.account is None:
        missing.append("--user NAME, with its password in AGENTCHAT_CHECK_PASSWORD: an account made for checks")
    if missing:
        raise errors.CheckError(
            f"drive load against {target.name}",
            expected="a stack of ours, or all of this said",
            actual="people may use it, and what is missing is:\n" + "\n".join(missing),
            next_step="add what is missing; or leave --attach and --url out, and a stack is made for the run",
        )
    return leave.account


def require_in_reach(url: str | None, door: Door | None) -> None:
    """Refuse workers on other hosts where this host alone reaches what is driven.

    Args:
        url: The installation's address; None for a stack on this engine.
        door: Where workers of other hosts are to join, if they are.

    Raises:
        errors.CheckError: They would not reach it.
    """
    host = urllib.parse.urlsplit(url).hostname if url else "127.0.0.1"
    if door and host in LOOPBACK and door.address not in LOOPBACK:
        raise errors.CheckError(
            "drive load from other hosts",
            expected="an address that they reach",
            actual=f"{url or 'a stack on this engine'}, which this host alone reaches",
            next_step="name the installation's address with --url; or leave --join-at out, and drive it from this host",
        )


@contextmanager
def ready(target: Target, profile: Profile, leave: Leave, announce: Callable[[str], object]) -> Iterator[People]:
    """People with what they need, and the model at its pace; all of it is undone afterwards as far as it can be.

    Args:
        target: What is driven.
        profile: How much load, and of which kind.
        leave: What was said about it.
        announce: Takes what the reader should know before it is done.

    Raises:
        errors.CheckError: The target is down, is no AgentChat, or refuses it.
    """
    account = require_leave(target, profile, leave)
    api = apis.discover(target.url)
    _require_up(api)
    with ExitStack() as undo:
        if account:
            announce(
                f"{target.name}: dialogs that are begun are removed afterwards; the session of {account.name} stays"
            )
            if profile.leaves:
                announce(f"{target.name}: no call removes {profile.leaves}: they stay")
            people = data.of_account(api, account)
            undo.callback(_remove_dialogs, api, people, announce)
        elif stack := target.stack:
            people = data.prepare(stack, profile.stock, seed=profile.seed, stub=profile.model == "stub")
            undo.callback(data.remove, stack, people)
            if profile.tokens_per_second or profile.first_token_seconds:
                words = profile.tokens_per_second or _AS_FAST_AS_IT_CAN
                undo.enter_context(pace.words_per_second(stack, words, first=profile.first_token_seconds))
        yield people


def _remove_dialogs(api: Api, people: People, announce: Callable[[str], object]) -> None:
    for line in data.remove_dialogs(api, people):
        announce(line)


def _require_up(api: Api) -> None:
    wait.until(
        api.health,
        lambda health: health.ok,
        what=f"{api.base} well before load comes",
        timeout=PATIENCE,
        delay=1.0,
        next_step="correct the address, or start it; then run the smoke suite",
    )
    listed = api.call("dialogs")
    if listed.error or listed.status in _UNKNOWN_CALL:
        raise errors.StackError(
            f"drive load against {api.base}",
            expected="AgentChat, which lists dialogs, or says who may not see them",
            actual=str(listed),
            next_step="correct the address: it is that of another application",
        )
