"""A directory and an environment in which nobody has set anything."""

import os
from pathlib import Path

import pytest

from agentchat_check.settings import FILE, PREFIX


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The settings' file; it is not there yet."""
    return tmp_path / FILE
