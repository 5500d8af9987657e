"""How an overlay renders, and what a container begins with."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentchat_check.deployment import Deployment
from agentchat_check.probes import overlay
from doors import Programs

UNSET = 'time="…" level=warning msg="The \\"MYSQL_PASSWORD\\" variable is not set. Defaulting to a blank string."'


def services(*environment: str) -> str:
    return json.dumps({"services": {"mysql": {"environment": dict(entry.split("=", 1) for entry in environment)}}})


def written(*environment: str) -> str:
    return json.dumps({"services": {"mysql": {"environment": list(environment)}}})


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment("demo", tmp_path, (tmp_path / "compose.yml",))


def test_what_is_not_set_and_what_is_set_to_nothing_is_told(programs: Programs, deployment: Deployment) -> None:
    programs.answer("config --format json", services("A=", "B=", "C=", "D=x"), stderr=UNSET)
    programs.answer("--no-interpolate", written("A=${MYSQL_PASSWORD}", "B=$EMPTY", "C=${EMPTY:-}", "D=${FULL}"))
    seen = overlay.rendering(deployment)
    assert (seen.refused, seen.unset, seen.blank, seen.services) == ("", ("MYSQL_PASSWORD",), ("mysql: B",), 1)


def test_files_that_compose_refuses_say_why(programs: Programs, deployment: Deployment) -> None:
    programs.answer("config --format json", stderr=f"{UNSET}\nrequired variable X is missing a value", returncode=1)
    seen = overlay.rendering(deployment)
    assert (seen.refused, seen.services) == ("required variable X is missing a value", 0)


@pytest.mark.parametrize(
    ("own", "declared", "begins"),
    [
        ({"Cmd": ["python", "main.py"]}, {}, ["python"]),
        ({"Cmd": ["python"]}, {"command": ["gunicorn", "main:app"]}, ["gunicorn"]),
        ({"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["mysqld"]}, {}, ["docker-entrypoint.sh", "mysqld"]),
        ({"Entrypoint": ["docker-entrypoint.sh"]}, {"command": ["--max=1"]}, ["docker-entrypoint.sh"]),
        ({"Entrypoint": ["/sbin/tini", "--"]}, {"command": ["node", "x"]}, ["/sbin/tini", "node"]),
        ({"Entrypoint": ["python"]}, {"command": ["main.py"]}, ["python"]),
        ({"Entrypoint": ["a"], "Cmd": ["b"]}, {"entrypoint": ["/bin/sh", "-c", "x"]}, ["/bin/sh"]),
        ({}, {}, []),
    ],
)
def test_a_container_begins_with_its_entrypoint_and_what_that_leads_to(
    own: dict[str, Any], declared: dict[str, Any], begins: list[str]
) -> None:
    assert overlay.begins(own, declared) == begins


def test_a_flag_takes_its_value_along() -> None:
    assert overlay.flags_of(["mysqld", "--a=1", "--b", "2", "--c"]) == ("--a=1", "--b=2", "--c")


def test_the_servers_own_words_are_kept() -> None:
    refused = "2026-11-24T15:28:31.8Z 0 [ERROR] [MY-000067] [Server] unknown variable 'x=1'."
    said = f"{refused} 2026-11-24T15:28:31.9Z 0 [ERROR] [MY-010119] [Server] Aborting"
    assert overlay.reason(said) == "unknown variable 'x=1'."
    assert overlay.reason("not found") == "not found"
