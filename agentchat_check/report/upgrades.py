"""What became of an upgrade or a rollback: in words, and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded
from agentchat_check.procedures.upgrade.recorded import Recorded


def lines(done: Upgraded | RolledBack) -> Iterator[str]:
    """What became of it, but for the findings, for people."""
    return _upgraded(done) if isinstance(done, Upgraded) else _rolled_back(done)


def as_dict(done: Upgraded | RolledBack) -> dict[str, Any]:
    """What became of it, for programs; ``result`` says which of the two it is."""
    findings = [{"check": one.check, "verdict": one.verdict, "actual": one.actual} for one in done.findings]
    return {"result": type(done).__name__, **plain(replace(done, findings=())), "findings": findings}


def line(one: Recorded) -> str:
    """A release and its images, in one line."""
    return f"{one.name}: {', '.join(f'{image.service} {image.name} ({image.id})' for image in one.images)}"


def of_release(one: Recorded) -> dict[str, Any]:
    """A release and its images, for programs."""
    images = {image.service: {"name": image.name, "id": image.id} for image in one.images}
    return {"name": one.name, "directory": one.directory, "archive": one.archive, "images": images}


def plain(value: Any) -> dict[str, Any]:
    """A record as JSON has it."""
    values: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return values


def _upgraded(done: Upgraded) -> Iterator[str]:
    yield f"upgraded from {done.before} to {done.after} in {done.seconds:.1f} s{_away(done.downtime)}"
    if done.archive:
        yield f"what was there before is in {done.archive}"


def _rolled_back(done: RolledBack) -> Iterator[str]:
    yield f"{done.runs} runs again, and not {done.left}, after {done.seconds:.1f} s{_away(done.downtime)}"
    if done.why:
        yield f"why: {done.why}"
    if done.obstacle:
        yield f"on the data as they were it did not work: {done.obstacle}"
    if done.restored:
        yield f"its data are those of {done.restored}"
    yield from (f"lost with that: {line}" for line in done.lost)
    if done.safety_copy:
        yield f"what was there before is in {done.safety_copy}"


def _away(downtime: float | None) -> str:
    return "" if downtime is None else f"; the backend was away for {downtime:.1f} s"
