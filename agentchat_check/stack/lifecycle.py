"""Stacks from beginning to end: made, brought up, removed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from agentchat_check import errors
from agentchat_check.deployment import Configuration, Deployment
from agentchat_check.settings import Settings
from agentchat_check.stack import build, content, evidence, making, prepared, sweep
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker import DockerClient as Client


@contextmanager
def temporary(
    client: Client, deployment: Deployment, settings: Settings, run: Run, *, evidence_into: Path
) -> Iterator[Stack]:
    """A stack of its own: brought up, and removed at the end whatever happens, unless it is to be kept.

    A service that runs and that the engine calls unhealthy will do; that is for the checks to judge.

    Args:
        client: The engine.
        deployment: What to bring up.
        settings: How long it may take, and whether it is to be kept.
        run: Whose stack it is.
        evidence_into: Where to save what it looks like, should it not come up.

    Raises:
        errors.CheckError: It cannot be made, or does not come up.
    """
    with made(client, deployment, settings, run) as stack:
        bring_up(stack, settings, evidence_into=evidence_into, unhealthy_too=True)
        yield stack


@contextmanager
def made(client: Client, deployment: Deployment, settings: Settings, run: Run) -> Iterator[Stack]:
    """A stack of its own with nothing started, removed at the end like any other.

    Raises:
        errors.CheckError: It cannot be made.
    """
    stack = create(client, deployment, settings, run)
    try:
        yield stack
    finally:
        if not stack.kept:
            remove(client, stack.project)
        stack.timeline.close()


def create(client: Client, deployment: Deployment, settings: Settings, run: Run) -> Stack:
    """Make an isolated stack of a deployment, its database cold or prepared as the settings say; start nothing.

    Raises:
        errors.DeploymentError: The deployment's files are at fault.
        errors.HostError: An image is neither here nor to be had.
    """
    prepare = partial(_prepared, client, deployment, settings, run) if settings.database == "prepared" else None
    return making.make(client, deployment, settings, run, prepare=prepare)


def bring_up(stack: Stack, settings: Settings, *, evidence_into: Path, unhealthy_too: bool = False) -> None:
    """Bring a stack up; if it does not come up, save why before anybody removes it.

    Args:
        stack: The stack.
        settings: How long it may take.
        evidence_into: Where to save why it did not come up.
        unhealthy_too: Whether a service that runs, and that the engine calls unhealthy, will do: that keeps nobody
            from looking, and is for the checks to judge.

    Raises:
        errors.CheckError: It did not come up; carries the paths of the evidence.
    """
    try:
        stack.up(timeout=settings.up_timeout, unhealthy_too=unhealthy_too)
    except errors.CheckError as error:
        error.evidence = evidence.collect(stack, evidence_into)
        error.actual = evidence.redacted(error.actual, evidence.secrets(stack))  # the last words of a service may tell
        raise


def remove(client: Client, project: str) -> None:
    """Remove a stack of ours and everything it made; an interrupt waits until that is done.

    By label and through the engine: ``compose down`` would take a stranger's project of the same name along.
    """
    with _undisturbed():
        sweep.remove(client, project)


def _prepared(
    client: Client,
    deployment: Deployment,
    settings: Settings,
    run: Run,
    configuration: Configuration,
    plan: build.Plan,
) -> str:
    """The image of the prepared database; the first to need it makes it, from a cold stack."""
    image = prepared.name(client, configuration, plan.images)
    with _alone_with(image, settings):
        if not content.is_here(client, image):
            cold = settings.model_copy(update={"database": "cold", "keep_stack": False})
            evidence_into = settings.reports / run.id / "evidence" / "prepared"
            with temporary(client, deployment, cold, run, evidence_into=evidence_into) as stack:
                prepared.make(stack, image)
    return image


@contextmanager
def _alone_with(image: str, settings: Settings) -> Iterator[None]:
    """Nobody else of this host makes the same image meanwhile; who makes another one need not wait."""
    lock = settings.state / f"prepared-{image.rpartition(':')[2]}.lock"
    with filelock.FileLock(lock):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)  # who waited for it sees that it is gone, and takes a new one


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No interrupt in between: half removed is worse than a second late."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
