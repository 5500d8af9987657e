"""A project with a suite in it, and pytest runs of it with agentchat-check."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.installation import Installation, serving

ROOT = Path(__file__).parents[3]

PROJECT = """\
[tool.pytest]
strict = true
addopts = ["-p", "no:locust", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:pytest_cov", "-ra"]
filterwarnings = ["error"]
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
Report = Callable[[], dict[str, Any]]


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that loads the plugin of this checkout, on a host without an engine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(pytester.path / "state"))
    for name in ("PYTEST_ADDOPTS", "AGENTCHAT_CHECK_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".toml", pyproject=PROJECT)
    pytester.makeconftest('pytest_plugins = ["agentchat_check.pytest_plugin"]')


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    """Writes a suite: the body of each test by its name, all with one mark."""

    def write(*, mark: str = "safe", asks: str = "verify", into: str = "suites/demo", **tests: str) -> Path:
        file = pytester.path / into / f"test_{mark}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        written = [TEST.format(name=name, body=body, mark=mark, asks=asks) for name, body in tests.items()]
        file.write_text(HEAD + "".join(written))
        return file

    return write


@pytest.fixture
def report(pytester: pytest.Pytester) -> Report:
    """Reads the one report that runs have written."""

    def read() -> dict[str, Any]:
        (file,) = pytester.path.glob(".agentchat-check/*/report.json")
        return json.loads(file.read_text())

    return read


@pytest.fixture
def no_report(pytester: pytest.Pytester) -> Callable[[], bool]:
    """Says whether no run has written a report."""
    return lambda: not [*pytester.path.glob(".agentchat-check/*/report.json")]


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A running installation without defects."""
    with serving() as server:
        yield server
