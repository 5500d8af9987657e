"""Many people who register in the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from agentchat_check import facts
from agentchat_check.probes import http
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures import visit

SIZE = 48
"""People who register at once: more than four workers have threads for in one moment of a small host."""

RIVALS = 12
"""People who want the same name at once."""

PATIENCE = 120.0
"""Seconds until a registration without an answer counts as unanswered; the last in the queue waits for all others."""


def accounts(number: int = SIZE) -> list[Account]:
    """Names and passwords that nobody has."""
    return [visit.fresh_account() for _ in range(number)]


def rivals(number: int = RIVALS) -> list[Account]:
    """One name that nobody has, with a password for each who wants it."""
    name = visit.fresh_account().name
    return [Account(name, visit.fresh_account().password) for _ in range(number)]


def register_at_once(api: Api, everybody: Sequence[Account]) -> tuple[facts.HttpAnswer, ...]:
    """Register them all in one moment, each over a connection of its own; the answers in the same order."""
    together = Barrier(len(everybody))

    def register(account: Account) -> facts.HttpAnswer:
        alone = api.as_user("")
        http.ask(alone.connection, "GET", f"{api.base}/health")  # connected, before the moment comes
        together.wait()
        return alone.call(
            "register",
            json={"user_name": account.name, "user_email": "", "user_password": account.password},
            timeout=PATIENCE,
        )

    with ThreadPoolExecutor(max_workers=len(everybody)) as pool:
        return tuple(pool.map(register, everybody))


def log_everybody_in(api: Api, everybody: Sequence[Account]) -> tuple[facts.HttpAnswer, ...]:
    """Let each of them log in; the answers in the same order."""

    def log_in(account: Account) -> facts.HttpAnswer:
        names = {"user_name": account.name, "user_password": account.password}
        return api.as_user("").call("log in", json=names, timeout=PATIENCE)

    with ThreadPoolExecutor(max_workers=4) as pool:
        return tuple(pool.map(log_in, everybody))
