"""The stand-ins for docker: what they let through, and what they note instead."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.procedures import guard
from agentchat_check.procedures.guard import Compose, Guard

FILES = ("docker-compose.yml", "agentchat-check.override.yml")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that says what it was asked, and a docker-compose of the host's."""
    directory = tmp_path / "host"
    directory.mkdir()
    for name in ("docker", "docker-compose"):
        program = directory / name
        program.write_text(f'#!/bin/sh\necho "{name}: $*"\n')
        program.chmod(0o755)
    (directory / "sed").symlink_to(shutil.which("sed") or "")
    monkeypatch.setenv("PATH", f"{directory}:/nonexistent")
    return directory


@pytest.fixture
def either(docker: Path, tmp_path: Path) -> Iterator[Guard]:
    """Stand-ins that offer compose by both names."""
    with guard.standing("demo", FILES, offers=Compose.EITHER, directories=[tmp_path, tmp_path / "data"]) as standing:
        yield standing


def said(standing: Guard, line: str, **environment: str) -> tuple[int, str]:
    """What a shell's line does with the stand-ins on its PATH."""
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        env={**standing.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("docker ps --all", "docker: ps --all"),
        ("docker volume ls", "docker: volume ls"),
        ("docker --version", "docker: --version"),
        ("docker compose --env-file docker.env up -d", "docker: compose --env-file docker.env up -d"),
        ("docker-compose down -v", "docker: compose down -v"),
        ("docker compose logs -f", "docker: compose logs -f"),
        ("docker compose --profile full ps -p", "docker: compose --profile full ps -p"),
    ],
)
def test_what_looks_and_compose_for_the_copy_is_let_through(either: Guard, line: str, asked: str) -> None:
    assert said(either, line) == (0, f"{asked}\n")
    assert either.held_back == ()


@pytest.mark.parametrize(
    "line", ["docker system prune -f", "docker builder prune --force", "docker volume prune", "docker image prune -a"]
)
def test_a_prune_is_noted_and_passes_for_done(either: Guard, line: str) -> None:
    assert said(either, line) == (0, f"held back by agentchat-check: {line}\n")
    assert either.held_back == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "docker rm -f agentchat-mysql",
        "docker volume rm agentchat_mysql_data",
        "docker network create agentchat",
        "docker --host tcp://production ps",
        "docker compose -f docker-compose.yml up",
        "docker compose --file=docker-compose.yml up",
        "docker-compose -p agentchat down",
        "docker-compose --project-name=agentchat down",
        "docker compose down --rmi all",
        "COMPOSE_PROJECT_NAME=agentchat docker compose down",
        "unset COMPOSE_FILE; docker-compose up",
    ],
)
def test_what_may_reach_another_installation_is_noted_and_refused(either: Guard, line: str) -> None:
    status, output = said(either, line)
    assert (status, output.startswith("held back by agentchat-check: ")) == (1, True)
    assert len(either.held_back) == 1


def test_only_the_plugin_is_offered_and_the_hosts_own_docker_compose_is_not_found(docker: Path) -> None:
    with guard.standing("demo", FILES, offers=Compose.PLUGIN) as standing:
        assert said(standing, "docker compose ps") == (0, "docker: compose ps\n")
        assert said(standing, "command -v docker-compose") == (127, "")


def test_only_docker_compose_is_offered_and_docker_knows_no_compose(docker: Path) -> None:
    with guard.standing("demo", FILES, offers=Compose.STANDALONE) as standing:
        status, output = said(standing, "docker compose ps")
        assert (status, output.splitlines()[0]) == (1, "docker: 'compose' is not a docker command.")
        assert said(standing, "docker-compose version --short") == (0, "docker: compose version --short\n")
        assert said(standing, "docker ps") == (0, "docker: ps\n")


def test_directories_that_are_not_there_when_services_start_are_noted_once(either: Guard, tmp_path: Path) -> None:
    said(either, "docker compose config; docker-compose up -d; docker compose up -d")
    assert either.not_made == (str(tmp_path / "data"),)


def test_other_programs_are_those_of_the_host(either: Guard) -> None:
    assert said(either, "printf %s here | sed s/here/there/") == (0, "there")


def test_without_docker_it_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(errors.HostError, match="run a script of the deployment"),
        guard.standing("demo", FILES, offers=Compose.EITHER),
    ):
        pass
