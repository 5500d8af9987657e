"""Plans from the command line: in plain words or as JSON; exit status 0, 1 with something in the way, 2 unread."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli
from doors import Programs

SERVICES = {
    "mysql": {"image": "mysql:8.0@sha256:1"},
    "redis": {"image": "redis:7.0@sha256:1"},
    "frontend": {"image": "page:1@sha256:1"},
}


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: Programs) -> Iterator[Path]:
    """A host with compose, without an engine, and with two releases of one deployment."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    for name, version in (("one", "2.4"), ("two", "2.5")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "docker-compose.yml").write_text("services: {backend: {image: a, environment: [LIMIT]}}\n")
        (tmp_path / name / "docker.env.example").write_text("LIMIT=20\n")
        backend = {"image": f"chat:{version}", "environment": {"LIMIT": "20"}}
        rendered = json.dumps({"name": "chat", "services": {**SERVICES, "backend": backend}})
        programs.answer(rf"--project-directory \S*/{name} .*config --format json", rendered)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


def plan(*arguments: str) -> Result:
    """What ``agentchat-check upgrade plan`` printed, and its exit status."""
    return CliRunner().invoke(cli.app, ["upgrade", "plan", *arguments])


def test_nothing_in_the_way_is_exit_0() -> None:
    result = plan("--from", "one", "--to", "two")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "one -> two",
            "  services:   backend: changed; image chat:2.4 -> chat:2.5",
            "              3 as they are",
            "  data:       0 places kept",
            "  ports:      no change",
            "  variables:  no change",
            "  project:    no change",
            "  schema:     what changes is not known beforehand",
            "nothing stands in the way",
        ],
    )


def test_something_in_the_way_is_exit_1_with_a_next_step() -> None:
    result = plan("--from", "two", "--to", "one")
    assert result.exit_code == 1
    obstacle, step = result.stdout.splitlines()[-2:]
    assert obstacle == "IN THE WAY: downgrade: chat:2.4 is older than chat:2.5"
    assert step.startswith("  next step:  this is a way back: use `agentchat-check upgrade rollback`")


def test_the_env_file_that_is_named_is_looked_at_and_not_shown(host: Path) -> None:
    (host / "own.env").write_text("LIMIT=hush\nLIMTI=30\n")
    result = plan("--from", "one", "--to", "two", "--env-file", "own.env")
    assert result.exit_code == 1
    assert "IN THE WAY: unknown key: LIMTI is set, and neither release knows it" in result.stdout
    assert "hush" not in result.stdout


def test_a_tag_is_a_release_of_the_same_files() -> None:
    result = plan("--from", "one", "--to", ":v2.5")
    assert result.exit_code == 0
    assert "backend: changed; image chat:2.4 -> chat:v2.5" in result.stdout


def test_a_plan_is_told_to_programs() -> None:
    result = plan("--from", "one", "--to", "two", "--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["clear"], told["obstacles"]) == (0, True, [])
    assert told["after"]["name"] == "two"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "nowhere"), "find the release 'nowhere'"),
        (("--to", "two", "--env-file", "none.env"), "the env file none.env"),
    ],
)
def test_what_cannot_be_read_is_exit_2(arguments: tuple[str, ...], said: str) -> None:
    result = plan("--from", "one", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_line_that_is_none_is_exit_2_and_not_shown(host: Path) -> None:
    (host / "own.env").write_text("LIMIT=20\nhush hush\n")
    result = plan("--from", "one", "--to", "two", "--env-file", "own.env")
    assert result.exit_code == 2
    assert "line 2 is none; it is not shown" in result.stderr
    assert "hush" not in result.output
