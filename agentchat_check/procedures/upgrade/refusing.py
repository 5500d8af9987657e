"""What an upgrade is refused for, when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.upgrade import run
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was tried, and how every service was before and after.

    Attributes:
        reasons: What each attempt was refused for, by what was tried; "" where it was done, or stands halfway.
        before: The services before.
        after: The services after.
    """

    reasons: dict[str, str]
    before: tuple[facts.Service, ...]
    after: tuple[facts.Service, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An upgrade that may not be made.

    Attributes:
        target: The release that it goes to.
        wishes: How it is to be done.
    """

    target: Callable[[Deployment], Deployment]
    wishes: Wishes


def each(stack: Stack, ways: Mapping[str, Attempt], settings: Settings) -> Attempts:
    """Try each in turn.

    Args:
        stack: What runs.
        ways: What is tried, by what it is called.
        settings: As for an upgrade.
    """
    before = stack.services()
    reasons = {what: _reason(stack, attempt, settings) for what, attempt in ways.items()}
    return Attempts(reasons, before, stack.services())


def _reason(stack: Stack, attempt: Attempt, settings: Settings) -> str:
    try:
        run.run(stack, attempt.target, settings, attempt.wishes)
    except errors.HalfwayError:
        return ""
    except errors.CheckError as error:
        return str(error)
    return ""
