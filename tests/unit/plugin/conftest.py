"""A project with a suite in it, and pytest runs of it with agentchat-check."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from plugin.installation import Installation, serving
from plugin.project import CONFTEST, PROJECT, ROOT, NoReport, Report, Suite, write_suite


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that loads the plugin of this checkout, on a host without an engine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(pytester.path / "state"))
    for name in ("PYTEST_ADDOPTS", "AGENTCHAT_CHECK_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".toml", pyproject=PROJECT)
    pytester.makeconftest(CONFTEST)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    """Writes a suite into the project."""
    return partial(write_suite, pytester.path)


@pytest.fixture
def report(pytester: pytest.Pytester) -> Report:
    """Reads the one report."""

    def read() -> dict[str, Any]:
        (file,) = pytester.path.glob(".agentchat-check/*/report.json")
        return json.loads(file.read_text())

    return read


@pytest.fixture
def no_report(pytester: pytest.Pytester) -> NoReport:
    """Says whether there is none."""
    return lambda: not [*pytester.path.glob(".agentchat-check/*/report.json")]


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A running installation without defects."""
    with serving() as server:
        yield server
