"""How a figure is taken, and how it reads."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent

_T = TypeVar("_T")

_AND_ITS_PEAK = """
import resource, sys, pytest
status = pytest.main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(status)
"""

_COMMAND_AND_ITS_PEAK = """
import resource, sys
from agentchat_check.cli import app
status = app(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its target.

    Attributes:
        what: What was measured.
        target: The limit.
        measured: The figure; of several runs the median.
        unit: ``" s"``, ``" MiB"``, or ``""`` for a ratio.
        at_least: Whether the target is a lower limit.
        detail: What it was computed from, with the spread.
    """

    what: str
    target: float
    measured: float
    unit: str = ""
    at_least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the target was reached."""
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    def row(self) -> str:
        """A row of a Markdown table; rounded so that it never looks better than it is."""
        sign, better = (">=", -0.005) if self.at_least else ("<=", 0.005)
        shown = f"{self.measured + better:.2f}{self.unit}"
        verdict = "" if self.met else " **missed**"
        return f"| {self.what} | {sign} {self.target:g}{self.unit} | {shown}{verdict} | {self.detail} |"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process.

    Attributes:
        seconds: From its start to its end.
        peak: Bytes of memory it had at most; not those of the browser and other programs that it started.
    """

    seconds: float
    peak: int


def alternately(runs: int, **actions: Callable[[], _T]) -> dict[str, list[_T]]:
    """Take every measurement in turn, several times, so that a slow minute of the host falls on all of them."""
    taken: dict[str, list[_T]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            taken[name].append(action())
    return taken


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of pairs that were taken one after the other."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def spread(values: Iterable[float], unit: str = " s") -> str:
    """``5.21 s (5.02 to 5.60)``."""
    several = sorted(values)
    return f"{statistics.median(several):.2f}{unit} ({several[0]:.2f} to {several[-1]:.2f})"


def suite(*arguments: str) -> Run:
    """Run pytest in a process of its own to its end, and let it account for itself.

    Raises:
        RuntimeError: It failed; a figure of a failed run means nothing.
    """
    return _accounted(_AND_ITS_PEAK, *arguments)


def command(*arguments: str) -> Run:
    """Run ``agentchat-check`` in a process of its own to its end, likewise.

    Raises:
        RuntimeError: Its exit status was not 0.
    """
    return _accounted(_COMMAND_AND_ITS_PEAK, *arguments)


def _accounted(program: str, *arguments: str) -> Run:
    started = time.monotonic()
    # Not through the library's door: what is measured is that program whole, without ours in between.
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return Run(seconds, int(done.stdout.splitlines()[-1]) * 1024)
