"""A release is read from its directory: compose files, migrations, example; nothing is started or written."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.audit.files import TO_BE_FILLED_IN
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.upgrade import described
from agentchat_check.settings import Settings
from doors import Call, Programs

COMPOSE = """\
services:
  mysql: {image: mysql:8.0, environment: {MYSQL_PASSWORD: "${MYSQL_PASSWORD:?}"}}
  backend: {build: ./api, env_file: docker.env, environment: {LIMIT: "${LIMIT:-20}"}}
"""
MIGRATION = 'revision: str = "{}"\ndown_revision = {}\n'


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A release's directory: a backend that is built, with two migrations, and an example."""
    versions = tmp_path / "chat/api/migrations/versions"
    versions.mkdir(parents=True)
    (versions / "b.py").write_text(MIGRATION.format("0001", None))
    (versions / "a.py").write_text(MIGRATION.format("0002", '"0001"'))
    (versions / "__init__.py").touch()
    (versions / "torn.py").write_text("revision = (")
    (tmp_path / "chat/docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "chat/docker.env.example").write_text("MYSQL_PASSWORD=\n#LIMIT=20\n")
    return tmp_path / "chat"


@pytest.fixture
def compose(programs: Programs, chat: Path) -> list[tuple[Call, str, str]]:
    """Compose renders that release; what it was given is remembered: the call, the env file, and what stands in."""
    seen = []

    def note(call: Call) -> None:
        words = call.line.split()
        env = next(word for before, word in itertools.pairwise(words) if before == "--env-file")
        extra = [Path(word) for word in words if word.endswith("env-files.yml")]
        seen.append((call, Path(env).read_text(), extra[0].read_text() if extra else ""))

    rendered: dict[str, Any] = {
        "name": "chat",
        "services": {
            "mysql": {
                "image": "mysql:8.0",
                "volumes": [{"type": "volume", "source": "data", "target": "/var/lib/mysql"}],
            },
            "backend": {"build": {"context": str(chat / "api"), "dockerfile": "Dockerfile"}},
        },
        "volumes": {"data": {"name": "chat_data"}},
    }
    programs.answer("config --format json", json.dumps(rendered), does=note)
    return seen


def read(chat: Path, **changes: Any) -> Deployment:
    """The deployment in it."""
    return deployments.read(chat, Settings.model_construct(**changes))


def test_a_directory_tells_its_images_migrations_places_and_variables(
    chat: Path, compose: list[tuple[Call, str, str]]
) -> None:
    found = described.read(read(chat), "MYSQL_PASSWORD=x\n", project="shop", image_id=lambda name: f"id of {name}")
    release = found.release
    assert (release.name, release.revision, release.revisions) == ("chat", "0002", ("0001", "0002"))
    images = {image.service: image for image in release.images}
    assert (images["mysql"].name, images["mysql"].id) == ("mysql:8.0", "id of mysql:8.0")
    assert images["backend"].name == "chat-backend"
    assert images["backend"].id.startswith("built from ")
    assert [(place.owner, place.source) for place in found.places] == [("database", "shop_data")]
    assert (found.uses, found.required) == ({"MYSQL_PASSWORD", "LIMIT"}, {"MYSQL_PASSWORD"})
    assert found.example == "MYSQL_PASSWORD=\n#LIMIT=20\n"
    assert compose


def test_a_value_that_the_compose_file_gives_is_not_taken_from_the_env_file(
    chat: Path, compose: list[tuple[Call, str, str]]
) -> None:
    (chat / "docker-compose.yml").write_text(
        "services: {backend: {image: a, environment: {TOKEN: secret, LIMIT: 20, TZ: }}, page: {image: b}}\n"
    )
    found = described.read(read(chat), "TOKEN=own\nLIMIT=30\nTZ=utc\n")
    assert found.uses == {"TZ"}
    (chat / "docker.env").write_text("TOKEN=own\n")
    (chat / "docker-compose.yml").write_text("services: {backend: {image: a, env_file: docker.env}}\n")
    assert described.read(read(chat), "").uses == {"TOKEN"}
    assert compose


def test_another_content_is_another_image(chat: Path, compose: list[tuple[Call, str, str]]) -> None:
    before = described.read(read(chat), "MYSQL_PASSWORD=x\n").release.images
    (chat / "api/main.py").write_text("new\n")
    after = described.read(read(chat), "MYSQL_PASSWORD=x\n").release.images
    assert [one.id == other.id for one, other in zip(before, after, strict=True)] == [True, False]
    assert compose


def test_an_image_that_is_named_is_run_and_not_built(chat: Path, compose: list[tuple[Call, str, str]]) -> None:
    found = described.read(read(chat, replace_images={"backend": "chat:2.5"}), "MYSQL_PASSWORD=x\n")
    assert ("backend", "chat:2.5", "") in [(one.service, one.name, one.id) for one in found.release.images]
    assert found.release.revisions == ()  # the files at hand are not those in the image
    assert compose


def test_what_is_required_and_not_set_is_made_up_and_an_env_file_that_is_not_there_yet_is_stood_in_for(
    chat: Path, compose: list[tuple[Call, str, str]]
) -> None:
    described.read(read(chat), "LIMIT=30\n")
    ((call, env, stands_in),) = compose
    assert env == "LIMIT=30\n"
    assert call.environment == {"MYSQL_PASSWORD": TO_BE_FILLED_IN}
    assert stands_in.startswith('services:\n  "backend": {env_file: !override ["')
    (chat / "docker.env").touch()
    described.read(read(chat), "MYSQL_PASSWORD=x\n")
    assert (compose[1][0].environment, compose[1][2]) == ({}, "")
    assert sorted(path.name for path in chat.iterdir()) == [
        "api",
        "docker-compose.yml",
        "docker.env",
        "docker.env.example",
    ]


def test_of_two_releases_the_later_one_is_read_with_the_merged_env_file_in_the_formers_project(
    tmp_path: Path, chat: Path, compose: list[tuple[Call, str, str]]
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "docker-compose.yml").write_text("services: {backend: {image: a}}\n")
    (new / "docker.env.example").write_text("MYSQL_PASSWORD=\n# formerly LIMIT\n#MAX=25\n")
    before, after = described.both(read(chat), read(new), "MYSQL_PASSWORD=x\nLIMIT=50\n")
    assert compose[1][1] == "MYSQL_PASSWORD=x\n# formerly LIMIT\nMAX=50\n"
    assert (before.directory, after.directory) == (chat, new)
    assert [place.source for place in after.places] == ["chat_data"]


def test_a_release_without_example_or_env_file_has_none(tmp_path: Path) -> None:
    bare = Deployment("bare", tmp_path, ())
    assert (described.example(bare), described.own(bare)) == ("", "")
    (tmp_path / ".env").write_text("A=1\n")
    assert described.own(Deployment("bare", tmp_path, (), env_file=tmp_path / ".env")) == "A=1\n"
