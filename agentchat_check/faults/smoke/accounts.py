"""Accounts that nobody can make, and doors that stand open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import (
    rebuilt,
    refused_by_the_database,
)
from agentchat_check.stack.running import Stack


@contextmanager
def users_refused(stack: Stack) -> Iterator[None]:
    """Nobody can register."""
    with refused_by_the_database(stack, "user"):
        yield


@contextmanager
def useless_tokens(stack: Stack) -> Iterator[None]:
    """A log-in succeeds, and its token opens nothing."""
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": {'"sid": session, "type"': '"sid": "", "type"'}}):
        yield


@contextmanager
def any_password(stack: Stack) -> Iterator[None]:
    """Every password is the right one."""
    right = {"return bcrypt.checkpw(_condensed(password), stored.encode())": "return bool(password and stored)"}
    with rebuilt(stack, Role.BACKEND, {"backend/passwords.py": right}):
        yield


@contextmanager
def unchecked_signatures(stack: Stack) -> Iterator[None]:
    """A token is believed without looking who signed it."""
    believe = {'options={"require": required}': 'options={"require": required, "verify_signature": False}'}
    with rebuilt(stack, Role.BACKEND, {"backend/sessions.py": believe}):
        yield
