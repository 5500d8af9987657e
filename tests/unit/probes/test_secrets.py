"""Where secrets can be seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import facts
from agentchat_check.facts import Sighting
from agentchat_check.probes import secret_words, secrets
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack
from engines import Engine, container
from makers import outer, script
from stacks import attached

SECRET = "s3cret/with=signs"  # noqa: S105 - made up for this test


@pytest.fixture
def told(tmp_path: Path, engine: Engine, client: DockerClient) -> Iterator[Stack]:
    """A stack whose env file holds a secret, and one that is short."""
    (tmp_path / "docker-compose.yml").write_text("services: {backend: {environment: {KEY: '${JWT_SECRET_KEY}'}}}\n")
    (tmp_path / "docker.env").write_text(f"JWT_SECRET_KEY={SECRET}\nREDIS_PASSWORD=12345\nLEVEL=information\n")
    engine.containers = [container("backend", environment={"SMTP_PASSWORD": "mail-it-to-me"})]
    compose = project_of("demo", tmp_path, [tmp_path / "docker-compose.yml"], [tmp_path / "docker.env"])
    with attached(client, compose=compose) as stack:
        yield stack


def test_secrets_are_known_from_the_env_file_and_from_containers(told: Stack) -> None:
    assert sorted(secrets.known(told)) == ["JWT_SECRET_KEY", "REDIS_PASSWORD", "SMTP_PASSWORD"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("MYSQL_PASSWORD: 123456", ["backend MYSQL_PASSWORD"]),
        ("MYSQL_PASSWORD: ${MYSQL_PASSWORD:-123456}", ["backend MYSQL_PASSWORD"]),
        ("DATABASE_URL: mysql://me:123456@mysql/chat", ["backend DATABASE_URL"]),
        ("DATABASE_URL: mysql://me:${MYSQL_PASSWORD:?}@mysql/chat", []),
        ("MYSQL_PASSWORD: ${MYSQL_PASSWORD:?set it}", []),
        ("OPENAI_API_KEY: ${OPENAI_API_KEY:-}", []),
        ("JWT_SECRET_KEY_FILE: /run/secrets/key", []),
        ("MYSQL_ALLOW_EMPTY_PASSWORD: yes", []),
        ("MODEL_TOKENS_PER_SECOND: 200", []),
    ],
)
def test_a_value_in_a_compose_file_is_a_secret_by_its_name(line: str, found: list[str]) -> None:
    name, _, value = line.partition(": ")
    assert secret_words.literals(f"services:\n  backend:\n    environment:\n      {line}\n") == found
    assert secret_words.literals(f"services:\n  backend:\n    environment:\n      - '{name}={value}'\n") == [
        one.replace("backend ", "backend ") for one in found
    ]


def test_a_password_among_a_commands_options_is_a_secret() -> None:
    text = "services: {redis: {command: redis-server --requirepass 123456, image: !reset null}}"
    assert secret_words.literals(text) == ["redis command"]


def test_a_known_value_in_a_compose_file_is_found_whatever_its_name(told: Stack, tmp_path: Path) -> None:
    assert secrets.in_compose_files(told).sightings == ()
    (tmp_path / "docker-compose.yml").write_text(f"services: {{backend: {{labels: {{note: '{SECRET}'}}}}}}\n")
    assert secrets.in_compose_files(told).sightings == (Sighting("JWT_SECRET_KEY", "docker-compose.yml"),)


def test_a_secret_in_the_page_is_found_in_every_form_that_it_takes(told: Stack) -> None:
    page = facts.Page(outer(200, "<html>"), (script('key="s3cret%2Fwith%3Dsigns"'),), outer(200, ""), 0)
    found = secrets.in_page(told, page)
    assert found.sightings == (Sighting("JWT_SECRET_KEY", "assets/main.js"),)
    assert found.too_short == ("REDIS_PASSWORD",)
    assert found.unseen == ()


def test_a_part_of_the_page_that_did_not_come_was_not_searched(told: Stack) -> None:
    page = facts.Page(outer(502), (), outer(200, ""), 0)
    assert secrets.in_page(told, page).unseen == ("GET /api/v1/dialog/list: 502 in 0.02 s",)
