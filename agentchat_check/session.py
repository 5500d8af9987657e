"""What the tests of one run share: the engine, the stack, the guests."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from agentchat_check import deployment as deployments
from agentchat_check import errors, facts, progress, wait
from agentchat_check.deployment import Deployment
from agentchat_check.reception import Reception
from agentchat_check.report.record import room_for
from agentchat_check.settings import Settings
from agentchat_check.stack import attachment, complaints, engine, lifecycle, provision, reference, sweep
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker import DockerClient as Client

_STATE = "stack.state"
"""File in the run's directory that tells its processes of their shared stack."""

_MADE = "stacks.made"
"""File in the run's directory that says that a process of it made a stack, and so that there may be one to remove."""

_PATIENCE = 60.0
"""Seconds that an application may take to answer once the engine has called one of its services unhealthy."""

_AFTER_ALL = 10.0
"""Seconds that the engine may take to see that a service has become healthy since."""


@dataclass
class Session:
    """One process's part in a run. The processes of one run share one stack, found through the run's directory.

    Attributes:
        settings: What the operator asked for.
        run: The run's name and owner.
        directory: The run's directory, for the report and the evidence.
        first_look: The services of the shared stack, when this process first saw it.
    """

    settings: Settings
    run: Run
    directory: Path
    first_look: tuple[facts.Service, ...] = ()

    @cached_property
    def reception(self) -> Reception:
        """The users of this process, as whom it looks at installations."""
        return Reception(self.settings)

    @cached_property
    def plan_seed(self) -> int:
        """What chooses the order and the moments of planned disturbances; the same in every process of the run."""
        given = self.settings.plan_seed
        return zlib.crc32(self.run.id.encode()) if given is None else given

    @cached_property
    def client(self) -> Client:
        """The engine, set up if need be. What dead runs left behind is removed first.

        Raises:
            errors.HostError: There is none, and none may be set up.
        """
        client = provision.ensure(self.settings)
        for project in sweep.abandoned(client):
            progress.announce(f"removed {project}, which a run that died had left behind")
        return client

    @cached_property
    def chromium(self) -> str:
        """The browser's program, installed if need be.

        Raises:
            errors.HostError: There is none, and none may be installed.
        """
        return provision.ensure_browser(self.settings)

    @cached_property
    def deployment(self) -> Deployment:
        """What is brought up: the directory that was named, else the reference deployment.

        Raises:
            errors.CheckError: Its files are at fault, or its images not to be had.
        """
        if self.settings.deployment:
            return deployments.read(self.settings.deployment, self.settings)
        return reference.read(self.client, self.settings)

    @cached_property
    def shared_stack(self) -> Stack:
        """The one stack that is only looked at: the first process brings it up, the others find it.

        Raises:
            errors.CheckError: It cannot be brought up; every process is told the same reason.
        """
        if self.settings.attach:
            return self._noted(attachment.find(self.client, self.settings.attach, self.settings))
        state = self.directory / _STATE
        with room_for(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.directory / "stack.lock"):
                if not state.exists():
                    return self._noted(self._bring_up(state))
        return self._noted(self._found(state))

    def _bring_up(self, state: Path) -> Stack:
        outcome: object = errors.StackError(
            "bring up the stack",
            expected="the process of this run that began to, to end it",
            actual="it was interrupted",
            next_step="run again",
        )
        try:
            stack = lifecycle.create(self._maker(), self.deployment, self.settings, self.run)
            with self._or_nothing_of(stack), progress.step(f"bringing up {stack.name} as {stack.project}"):
                evidence_into = self.directory / "evidence" / "bring-up"
                lifecycle.bring_up(stack, self.settings, evidence_into=evidence_into, unhealthy_too=True)
                self._let_it_answer(stack)
            outcome = stack.project
        except errors.CheckError as error:
            outcome = error
            raise
        finally:
            _tell(state, outcome)
        return stack

    @contextmanager
    def _or_nothing_of(self, stack: Stack) -> Iterator[None]:
        """What does not come up serves nobody, and is removed even if it was to be kept; its evidence is saved."""
        try:
            yield
        except BaseException:
            with suppress(errors.CheckError), complaints.translated(f"remove {stack.project}"):
                lifecycle.remove(self.client, stack.project)
            stack.timeline.close()
            raise

    def _maker(self) -> Client:
        """The engine, of which a stack is about to be asked."""
        client = self.client
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / _MADE).touch()
        return client

    def _let_it_answer(self, stack: Stack) -> None:
        """Go on with a service that is unhealthy, but not before the application answers or had time to."""
        sick = [str(service) for service in stack.services() if not service.settled]
        if sick:
            progress.announce(f"everything runs, so the checks go on; but {', '.join(sick)}")
            api = self.reception.api(self.reception.site(stack))
            with suppress(errors.TimeoutError):
                wait.until(api.health, lambda health: not health.error, what="an answer", timeout=_PATIENCE)
                wait.until(
                    stack.services,
                    lambda services: all(service.settled for service in services),
                    show=lambda services: ", ".join(map(str, services)),
                    what="every service healthy after all",
                    timeout=_AFTER_ALL,
                    delay=1.0,
                )

    def _found(self, state: Path) -> Stack:
        """The stack that another process of this run brought up, or the error it met."""
        outcome = pickle.loads(state.read_bytes())  # noqa: S301 - written by a process of this run
        if isinstance(outcome, errors.CheckError):
            raise outcome
        return attachment.find(self.client, outcome, self.settings)

    def _noted(self, stack: Stack) -> Stack:
        """Note how every service is before anything is done."""
        self.first_look = stack.services()
        return stack

    def stack_if_up(self) -> Stack | None:
        """The shared stack, if this process has looked at it."""
        return self.__dict__.get("shared_stack")

    @contextmanager
    def own_stack(self, deployment: Deployment | None = None, *, evidence_into: Path) -> Iterator[Stack]:
        """A stack that a test may break, removed after it.

        A service that is unhealthy although the application answers is taken to stay so.

        Args:
            deployment: What to bring up, where it is not what the others look at.
            evidence_into: Where to save what it looks like, should it not come up.

        Raises:
            errors.CheckError: It cannot be brought up.
        """
        with lifecycle.temporary(
            self._maker(), deployment or self.deployment, self.settings, self.run, evidence_into=evidence_into
        ) as stack:
            self._let_it_answer(stack)
            yield replace(stack, unhealthy=frozenset(one.name for one in stack.services() if not one.settled))

    @contextmanager
    def unstarted_stack(self, deployment: Deployment | None = None) -> Iterator[Stack]:
        """A stack of which nothing runs yet: its files are in a scratch copy, its images here. Removed afterwards.

        Raises:
            errors.CheckError: It cannot be made.
        """
        with lifecycle.made(self._maker(), deployment or self.deployment, self.settings, self.run) as stack:
            yield stack

    @property
    def name(self) -> str:
        """What is looked at, in a word."""
        return str(self.named()["name"])

    def named(self) -> dict[str, str]:
        """What is looked at, and the way it was named, for the report."""
        settings = self.settings
        if settings.url:
            return {"way": "url", "name": settings.url}
        if settings.attach:
            return {"way": "attached", "name": settings.attach}
        if settings.deployment:
            return {"way": "directory", "name": str(settings.deployment)}
        return {"way": "reference", "name": "reference"}

    def versions(self) -> dict[str, object]:
        """What exactly was looked at: engine, compose, release, and each service's image; for the report."""
        known: dict[str, object] = {}
        with suppress(errors.CheckError), complaints.translated("read the versions"):
            stack = self.stack_if_up()
            if stack is None and (self.directory / _STATE).exists():
                stack = self._found(self.directory / _STATE)
            if stack is not None:
                known["project"] = stack.project
                with complaints.translated("ask the engine for its version"):
                    known["engine"] = stack.client.version()["Version"]
                known["compose"] = engine.compose_version()
                known["services"] = {
                    service.name: {"role": service.role, "image": service.image, "image_id": service.image_id}
                    for service in stack.services()
                }
        if application := self.reception.application():
            known["application"] = application
        return known

    def close(self) -> list[str]:
        """Remove every stack of this run that is not to be kept; in a run of several processes the owner does it.

        Returns:
            The projects that stay.

        Raises:
            errors.CheckError: The engine cannot be asked any more.
        """
        if not (self.directory / _MADE).exists():
            return []
        with complaints.translated(f"remove the stacks of run {self.run.id}"):
            mine = sweep.run_projects(self.client, self.run.id)
            if self.settings.keep_stack:
                return mine
            for project in mine:
                lifecycle.remove(self.client, project)
        return []


def _tell(state: Path, outcome: object) -> None:
    """Tell the other processes what became of the stack; they find all of it or nothing."""
    part = state.with_suffix(".part")
    part.write_bytes(pickle.dumps(outcome))
    part.replace(state)
