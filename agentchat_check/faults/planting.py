"""How a defect is planted in a running stack, and taken back."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.procedures import killing
from agentchat_check.stack import complaints, content
from agentchat_check.stack.running import Stack

SLOW = "1.5"
"""Seconds: half as much again as the manual's alarm."""

PATIENCE = 60.0
"""Seconds that a service has to come up with or without its defect."""


@contextmanager
def edited(path: Path, changes: Mapping[str, str]) -> Iterator[None]:
    """Change a file in place, and put it back.

    Args:
        path: The file; it stays the same file, so that a container it is mounted into sees the change.
        changes: What to write instead of what stands there.
    """
    before = path.read_text()
    path.write_text(changed(before, changes, path))
    try:
        yield
    finally:
        path.write_text(before)


@contextmanager
def rebuilt(stack: Stack, role: Role, changes: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """Run a service on an image built from changed sources, then on its own again.

    Args:
        stack: A stack of ours, of a deployment that builds this service.
        role: Whose service.
        changes: By file, what to write instead of what stands there.
    """
    service = stack.service_name(role)
    with tempfile.TemporaryDirectory(prefix="agentchat-check-fault-") as directory:
        context = Path(directory) / "context"
        shutil.copytree(stack.compose.rendered()["services"][service]["build"]["context"], context)
        for name, edits in changes.items():
            (context / name).write_text(changed((context / name).read_text(), edits, context / name))
        # The stack's own: another one may have the same fault at the same time.
        image = f"agentchat-check/fault-{service}:{stack.project}-{content.tree(context)}"
        try:
            with reconfigured(stack, service, {"image": image, "build": {"context": str(context)}}, build=True):
                yield
        finally:
            stack.client.images.remove(image, force=True)


@contextmanager
def reconfigured(stack: Stack, service: str, changes: Mapping[str, Any], *, build: bool = False) -> Iterator[None]:
    """Recreate a service with a changed configuration, then with its own again."""
    with tempfile.TemporaryDirectory(prefix="agentchat-check-fault-") as directory:
        override = Path(directory) / "fault.json"
        override.write_text(json.dumps({"services": {service: changes}}))
        files = [*(stack.compose.compose_file_name or ()), str(override)]
        changed = replace(stack.compose, compose_file_name=files)
        up = ("up", "--detach", "--no-deps", service)
        try:
            with complaints.translated(f"plant a fault in {service}"):
                if build:
                    changed.build_images([service], on_line=lambda _: None)
                changed(*up, timeout=PATIENCE)
            stack.settle(timeout=PATIENCE)
            yield
        finally:
            stack.act(*up, timeout=PATIENCE)
            stack.settle(timeout=PATIENCE)


@contextmanager
def sql(stack: Stack, plant: str, take_back: str) -> Iterator[None]:
    """Run statements as the database's administrator, and others at the end."""
    run_sql(stack, plant)
    try:
        yield
    finally:
        run_sql(stack, take_back)


@contextmanager
def refused_by_the_database(stack: Stack, table: str) -> Iterator[None]:
    """The database refuses new rows in a table."""
    trigger = f"agentchat_check_{table}"
    refuse = f"CREATE TRIGGER {trigger} BEFORE INSERT ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000'"
    with sql(stack, refuse, f"DROP TRIGGER {trigger}"):
        yield


def run_sql(stack: Stack, statements: str) -> str:
    """Run statements as the database's administrator; what they return.

    Raises:
        errors.StackError: The server refuses one.
    """
    script = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --user=root --batch --skip-column-names "$MYSQL_DATABASE" -e "$1"'
    return must(stack, stack.service_name(Role.DATABASE), "sh", "-c", script, "sh", statements)


def must(stack: Stack, service: str, *command: str, user: str = "") -> str:
    """Run a command in a service's container that has to succeed; its output.

    Raises:
        errors.StackError: It did not.
    """
    status, output = stack.execute(service, command, user=user)
    if status != 0:
        raise errors.StackError(
            f"plant a fault in {service}",
            expected="exit status 0",
            actual=f"exit status {status}\n{output}",
            next_step="mend the fault: the stack is not the one it was written for",
        )
    return output


def changed(text: str, changes: Mapping[str, str], path: Path) -> str:
    """A file's text with something else where something stood, which has to stand there once.

    Raises:
        errors.StackError: It does not.
    """
    for old, new in changes.items():
        if text.count(old) != 1:
            raise errors.StackError(
                f"plant a fault in {path.name}",
                expected=f"once in it: {old}",
                actual=f"{text.count(old)} times",
                next_step="mend the fault: the file is not the one it was written for",
            )
        text = text.replace(old, new)
    return text


@contextmanager
def instead(owner: object, name: str, other: object) -> Iterator[None]:
    """Something else stands in a name's place: a defect of our own."""
    kept = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, kept)


@contextmanager
def in_commands(defect: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Our command has a defect where it runs as a program of its own.

    Args:
        defect: What plants it; a function of a module.
    """
    module, name = defect.__module__, defect.__name__
    program = f"from {module} import {name}\nwith {name}():\n    {killing.PROGRAM}"
    with instead(killing, "PROGRAM", program):
        yield
