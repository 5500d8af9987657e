"""``run.json``: what was asked of the load, and what was done."""

from __future__ import annotations

import os
import platform
from datetime import UTC
from pathlib import Path
from typing import Annotated, Final, Literal

import psutil
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError, model_validator

from agentchat_check import errors
from agentchat_check.load import arrivals

FORMAT: Final = 1

Utc = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel, extra="forbid", frozen=True):
    """What a run says of itself is known by name, and stays."""


class HostClass(_Strict):
    """What kind of host it ran on; figures of different kinds are not compared.

    Attributes:
        cpus: Processors.
        memory: Bytes, rounded to a GiB.
        machine: Its architecture: x86_64.
        processor: The processors' model, or "" where it is not told.
    """

    cpus: int = Field(ge=1)
    memory: int = Field(ge=0)
    machine: str
    processor: str = ""

    @classmethod
    def here(cls) -> HostClass:
        """This host's."""
        return cls(
            cpus=os.cpu_count() or 1,
            memory=round(psutil.virtual_memory().total / 2**30) * 2**30,
            machine=platform.machine(),
            processor=_processor(),
        )


class LoadRun(_Strict):
    """One run of load.

    Attributes:
        run: Its name.
        profile: The profile that was asked for.
        files: The locust files.
        target: The address that was driven.
        deployment: What it belongs to.
        seed: What chose arrivals and data.
        arrivals: open: requests start when they are due, whatever became of those before. closed: a number of users,
            each of whom waits for the answer.
        spacing: How open arrivals are spread: constant or poisson.
        shape: Open arrivals: points of seconds since the start and arrivals per second then, in straight lines.
        users: Closed arrivals: how many.
        unsampled: Why containers, database and cache are not looked at, where they are out of reach; else "".
        judged_from: Seconds from the start that nobody judges: a ramp.
        started: When second 0 was, UTC.
        started_monotonic: The same on the monotonic clock of the host that led the run.
        seconds: How long it went; None while it runs.
        end: How it stands.
        reason: Why it was aborted or interrupted.
        processes: The generator's processes, each with a log of its name.
        joined_at: Where they joined from other hosts; "" where they ran on the host that led the run.
        host: The kind of host.
        images: Image ids, by service.
        versions: Of agentchat-check, locust, Python, the engine, …
    """

    format: Literal[1] = FORMAT
    run: str = Field(min_length=1)
    profile: str = Field(min_length=1)
    files: tuple[str, ...]
    target: str
    deployment: str = ""
    seed: int
    arrivals: Literal["open", "closed"]
    spacing: Literal["constant", "poisson", ""] = ""
    shape: tuple[tuple[float, float], ...] = ()
    users: int = Field(0, ge=0)
    unsampled: str = ""
    judged_from: Seconds = 0.0
    started: Utc
    started_monotonic: float
    seconds: Seconds | None = None
    end: Literal["running", "finished", "aborted", "interrupted"] = "running"
    reason: str = ""
    processes: tuple[str, ...] = Field(min_length=1)
    joined_at: str = ""
    host: HostClass
    images: dict[str, str] = {}
    versions: dict[str, str] = {}

    @model_validator(mode="after")
    def _whole(self) -> LoadRun:
        if self.arrivals == "open" and (flaw := arrivals.flaw_of(self.shape)):
            raise ValueError(f"open arrivals have a shape: {flaw}")
        if self.arrivals == "closed" and not self.users:
            raise ValueError("closed arrivals have users")
        if self.end != "running" and self.seconds is None:
            raise ValueError("a run that ended says how long it went")
        if odd := next((name for name in self.processes if name != Path(name).name or not name), None):
            raise ValueError(f"the process {odd!r} cannot name a file")
        return self

    def expected_arrivals(self, until: float) -> float:
        """How many open arrivals are due until a second; 0 for closed ones."""
        return arrivals.Shape(self.shape).expected(until) if self.shape else 0.0

    def write(self, path: Path) -> None:
        """Write it; a reader finds the former one or this one, never half of one.

        Raises:
            OSError: It cannot be written.
        """
        temporary = path.with_suffix(".part")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> LoadRun:
        """Read it.

        Raises:
            errors.CheckError: There is none, or it is damaged.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            why = error.strerror or str(error)
        except ValidationError as error:
            why = "\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise errors.CheckError(
            f"read {path}",
            expected=f"what a run of load says of itself, format {FORMAT}",
            actual=why,
            next_step="name the directory of a run: it holds run.json",
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
