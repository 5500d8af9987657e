"""What is known of official images, and of which nothing is: then nothing is said of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from agentchat_check.audit import official
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.images import Image
from agentchat_check.audit.judging import Audit

MISSING = "health-check-calls-missing-program"


class Engine(EngineImages):
    """An engine that has one image, of the name ``redis:8.0``."""

    def __init__(self, config: Mapping[str, Any], **programs: bool) -> None:
        super().__init__()
        self.config, self.programs = config, programs

    def declared(self, image: str) -> Mapping[str, Any] | None:
        """As the engine has it."""
        return self.config if image == "redis:8.0" else None

    def holds(self, image: str, program: str) -> bool | None:
        """Whether it is in there."""
        return self.programs.get(program) if image == "redis:8.0" else None


def image(name: str, engine: EngineImages | None = None) -> Image:
    return Image(name, name, None, (), None, engine)


def compose(name: str, program: str = "curl") -> str:
    return f"services: {{web: {{image: '{name}', healthcheck: {{test: [CMD, {program}, 'http://localhost/']}}}}}}"


@pytest.mark.parametrize(
    ("name", "program", "held"),
    [
        ("redis:8.0", "redis-cli", True),
        ("redis:8.0", "curl", False),
        ("redis:8.0", "wget", False),
        ("redis:8.0-alpine", "wget", True),
        ("docker.io/library/redis:8.0", "curl", False),
        ("redis:8.0@sha256:abc", "curl", False),
        ("postgres:18-alpine", "bash", True),
        ("rabbitmq:4-alpine", "bash", True),
        ("redis:8.0-alpine", "bash", False),
        ("ubuntu:24.04", "ps", None),
        ("ubuntu:24.04", "bash", True),
        ("ubuntu:24.04", "curl", False),
        ("debian:13", "ps", False),
        ("node:22", "git", True),
        ("node:22-slim", "git", False),
        ("node:25", "corepack", None),
        ("mysql:8.4", "curl", None),
        ("redis:8.0", "an-unknown-program", None),
    ],
)
def test_a_program_is_held_or_not_or_nothing_is_known(name: str, program: str, held: bool | None) -> None:
    assert official.holds(name, program) is held


@pytest.mark.parametrize(
    "name",
    [
        "redis@sha256:abc",
        "bitnami/redis:8.0",
        "registry.example.org:5000/redis:8.0",
        "ghcr.io/someone/python:3.13-slim",
        "shop/web:1",
        "",
    ],
)
def test_of_an_image_that_nobody_knows_nothing_is_said(name: str, judged: Callable[..., Audit]) -> None:
    assert official.holds(name, "curl") is None
    audit = judged(compose(name or "''"))
    assert [hit for rule, hit in audit.hits() if rule.id == MISSING] == []
    if name:
        assert [unseen.subject for rule, unseen in audit.unseen() if rule.id == MISSING] == ["web"]


def test_the_image_on_this_host_is_believed_before_what_is_known_of_its_kind() -> None:
    here = Engine({"User": "redis", "Healthcheck": {"Test": ["CMD", "redis-cli"]}}, curl=True, **{"redis-cli": False})
    mine = image("redis:8.0", here)
    assert (mine.holds("curl"), mine.holds("redis-cli"), mine.holds("wget")) == (True, False, False)
    assert (mine.user(), mine.checks_health()) == ("redis", True)
    away = image("redis:8.2", here)
    assert (away.holds("curl"), away.holds("redis-cli"), away.user(), away.checks_health()) == (False, True, "", False)


def test_what_the_image_on_this_host_holds_is_no_hit(judged: Callable[..., Audit]) -> None:
    audit = judged(compose("redis:8.0"), engine=Engine({}, curl=True))
    assert [hit for rule, hit in audit.hits() if rule.id == MISSING] == []
    assert [hit.subject for rule, hit in judged(compose("redis:8.0")).hits() if rule.id == MISSING] == ["web"]
