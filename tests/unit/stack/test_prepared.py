from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import deployment as deployments
from agentchat_check.stack import prepared
from engines import Engine


@pytest.fixture
def rendered(tmp_path: Path, engine: Engine) -> dict[str, Any]:
    """A database with a script of its first start, and a backend; both images are here."""
    (tmp_path / "init").mkdir()
    (tmp_path / "init" / "01.sql").write_text("CREATE DATABASE agentchat;")
    (tmp_path / "my.cnf").write_text("[mysqld]\n")
    engine.images = {"mysql:8.0": "sha256:m", "chat:1": "sha256:c", "mysql:8.4": "sha256:n"}
    volumes = [
        {"type": "bind", "source": str(tmp_path / "init"), "target": "/docker-entrypoint-initdb.d"},
        {"type": "bind", "source": str(tmp_path / "my.cnf"), "target": "/etc/my.cnf"},
        {"type": "bind", "source": str(tmp_path / "gone"), "target": "/gone"},
        {"type": "volume", "source": "mysql_data", "target": "/var/lib/mysql"},
    ]
    return {
        "services": {
            "mysql": {"image": "mysql:8.0", "environment": {"MYSQL_DATABASE": "agentchat"}, "volumes": volumes},
            "backend": {"image": "chat:1", "ports": [{"target": 7860}]},
        }
    }


def name(client: DockerClient, rendered: dict[str, Any], **images: str) -> str:
    return prepared.name(client, deployments.configuration(rendered, {}), images)


def test_a_database_that_did_not_change_keeps_its_prepared_image(
    client: DockerClient, rendered: dict[str, Any]
) -> None:
    before = name(client, rendered)
    rendered["services"]["backend"]["ports"] = []
    assert name(client, rendered) == before
    assert before.startswith("agentchat-check/prepared:")


@pytest.mark.parametrize(
    "change",
    ["database's image", "backend's image", "environment", "command", "script", "configuration"],
)
def test_another_database_or_who_makes_its_schema_has_another(
    client: DockerClient, engine: Engine, rendered: dict[str, Any], tmp_path: Path, change: str
) -> None:
    before = name(client, rendered)
    match change:
        case "database's image":
            rendered["services"]["mysql"]["image"] = "mysql:8.4"
        case "backend's image":
            engine.images["chat:1"] = "sha256:d"
        case "environment":
            rendered["services"]["mysql"]["environment"]["MYSQL_PASSWORD"] = "other"  # noqa: S105 - a change, not a secret
        case "command":
            rendered["services"]["backend"]["command"] = ["gunicorn"]
        case "script":
            (tmp_path / "init" / "02.sql").touch()
        case "configuration":
            (tmp_path / "my.cnf").write_text("[mysqld]\ninnodb=1\n")
    assert name(client, rendered) != before


def test_the_images_are_those_that_are_run(client: DockerClient, rendered: dict[str, Any]) -> None:
    replaced = name(client, rendered, mysql="mysql:8.4")
    rendered["services"]["mysql"]["image"] = "mysql:8.4"
    assert replaced == name(client, rendered)
