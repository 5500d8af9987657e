"""A release that does not come up, or looks for its data elsewhere, is the release but for its compose file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agentchat_check import errors
from agentchat_check.deployment import Deployment, Role
from agentchat_check.procedures.upgrade import variants
from agentchat_check.stack import making
from releases_of import configuration

COMPOSE = """\
services:
  mysql:
    image: ${MYSQL_IMAGE:-mysql:8.0}
    volumes: ["mysql_data:/var/lib/mysql", "./init:/docker-entrypoint-initdb.d:ro"]
  backend:
    image: chat:2.4
    healthcheck: {test: curl -f localhost}
    depends_on: {mysql: {condition: service_healthy}}
  worker:
    image: chat:2.4
    depends_on: [mysql, backend]
volumes:
  mysql_data:
"""


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A release with two compose files, the second of which is about the page alone."""
    monkeypatch.setattr(making, "read", lambda _: configuration())
    home = tmp_path / "release"
    home.mkdir()
    files = (home / "docker-compose.yml", home / "docker-compose.override.yml")
    files[0].write_text(COMPOSE)
    files[1].write_text("services: {frontend: {restart: always}}\n")
    return Deployment("v2.4", home, files)


def read(changed: Deployment) -> dict[str, Any]:
    """The compose file that was changed."""
    return yaml.safe_load(changed.compose_files[0].read_text())


def test_a_backend_that_is_never_healthy_runs_all_the_same(release: Deployment, tmp_path: Path) -> None:
    changed = variants.never_healthy(release, tmp_path / "into")
    assert read(changed)["services"]["backend"]["healthcheck"]["test"] == ["CMD", "false"]
    assert read(changed)["services"]["mysql"]["image"] == "${MYSQL_IMAGE:-mysql:8.0}"
    assert (changed.directory, changed.compose_files[1]) == (release.directory, release.compose_files[1])
    assert release.compose_files[0].read_text() == COMPOSE


def test_another_volume_is_declared_and_mounted(release: Deployment, tmp_path: Path) -> None:
    compose = read(variants.another_volume(release, tmp_path / "into"))
    assert compose["services"]["mysql"]["volumes"] == [
        "another_mysql_data:/var/lib/mysql",
        "./init:/docker-entrypoint-initdb.d:ro",
    ]
    assert compose["volumes"] == {"mysql_data": None, "another_mysql_data": None}


def test_a_mount_in_its_long_form_is_renamed_too(release: Deployment, tmp_path: Path) -> None:
    long = {"type": "volume", "source": "mysql_data", "target": "/var/lib/mysql"}
    bind = {"type": "bind", "source": "./init", "target": "/docker-entrypoint-initdb.d"}
    release.compose_files[0].write_text(yaml.safe_dump({"services": {"mysql": {"volumes": [long, bind]}}}))
    compose = read(variants.another_volume(release, tmp_path / "into"))
    assert compose["services"]["mysql"]["volumes"] == [{**long, "source": "another_mysql_data"}, bind]
    assert compose["volumes"] == {"another_mysql_data": None}


def test_another_service_is_the_database_and_whoever_needs_it_knows(release: Deployment, tmp_path: Path) -> None:
    changed = variants.another_service(release, tmp_path / "into")
    services = read(changed)["services"]
    assert "mysql" not in services
    assert services["another-database"]["volumes"][0] == "another_mysql_data:/var/lib/mysql"
    assert services["backend"]["depends_on"] == {"another-database": {"condition": "service_healthy"}}
    assert services["worker"]["depends_on"] == ["another-database", "backend"]
    assert changed.role_names == {Role.DATABASE: "another-database"}


def test_a_release_without_that_role_is_one_clear_error(
    release: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "read", lambda _: configuration(mysql=None))
    with pytest.raises(errors.DeploymentError) as caught:
        variants.another_volume(release, tmp_path / "into")
    assert caught.value.tried == "change v2.4"
    assert caught.value.expected == "a service that plays the database"
