"""What a project with a suite in it consists of, and what the fixtures that make and run it are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]

PROJECT = """\
[tool.pytest]
strict = true
addopts = [
    "--import-mode", "importlib", "-ra", "-p", "no:locust", "-p", "no:cacheprovider", "-p", "no:hypothesispytest",
    "-p", "no:pytest_cov",
]
filterwarnings = ["error"]
"""

CONFTEST = """\
import pytest

from agentchat_check import errors

pytest_plugins = ["agentchat_check.pytest_plugin"]
"""

HEAD = """\
import os

import pytest

from agentchat_check import errors
from agentchat_check.findings import Promise

SKY = Promise("sky.blue", "the sky is blue", "look up")
SEA = Promise("sea.salt", "the sea is salt", "taste it")
GOOD = SKY.judge(True, expected="blue", actual="blue")
BAD = SKY.judge(False, expected="blue", actual="grey")
UNSEEN = SEA.unknown(expected="salt", actual="the shore is far", next_step="go there")
"""

TEST = '''

@pytest.mark.{mark}
def test_{name}({asks}):
    """A test called {name}.

    Procedure:
        1. Look.

    If it fails:
        Look again.
    """
    {body}
'''

Suite = Callable[..., Path]
"""Writes a suite: the body of each test by its name, all with one mark."""

Report = Callable[[], dict[str, Any]]
"""Reads the one report that runs have written."""

NoReport = Callable[[], bool]
"""Says whether no run has written a report."""


def write_suite(
    directory: Path, *, mark: str = "safe", asks: str = "verify", into: str = "suites/demo", **tests: str
) -> Path:
    """Write a suite into a project."""
    file = directory / into / f"test_{mark.partition('(')[0]}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    written = [TEST.format(name=name, body=body, mark=mark, asks=asks) for name, body in tests.items()]
    file.write_text(HEAD + "".join(written))
    return file
