"""An image's id is what the engine says; of one that is not here there is none."""

import pytest

from agentchat_check.audit.engine_images import EngineImages
from engines import Engine


def test_an_image_that_is_here_has_an_id(engine: Engine) -> None:
    engine.images = {"mysql:8.0": "sha256:1"}
    images = EngineImages()
    assert [images.id(name) for name in ("mysql:8.0", "mysql:9", "")] == ["sha256:1", "", ""]


def test_without_an_engine_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert EngineImages().id("mysql:8.0") == ""
