"""What a failure is understood from is saved before the stack goes, and shows no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from separate_runs import Outcome, Runs, suite_test
from small import HEALTHY, left_behind, write

if TYPE_CHECKING:
    from docker import DockerClient as Client

SECRETS = {
    "MYSQL_ROOT_PASSWORD": "Kr0kod1l & Söhne",
    "API_KEY": 'sk-4f"68e2',
    "JWT_SECRET_KEY": "b3RoZXIgc2VjcmV0",
    "ONLY_IN_THE_COMMAND_PASSWORD": "behind-the-curtain",
}
ARGUMENT = "${ONLY_IN_THE_COMMAND_PASSWORD}"
IN_A_URL = "p@ss/word:77"
QUOTED = "p%40ss%2Fword%3A77"

BREAKS = 'verify(health.ALL_RUN.judge(False, expected="rain", actual="sun"))'
LINES = 800


@pytest.fixture
def talkative(tmp_path: Path, image: str) -> Path:
    """A deployment that tells its secrets to whoever listens."""
    chatter = f"""
        i=0; while [ $$i -lt {LINES} ]; do i=$$((i+1)); echo "line $$i"; done
        env; echo curtain=$$0
        exec redis-server --requirepass "$$0"
    """
    service = {
        "image": image,
        "command": ["sh", "-c", chatter, ARGUMENT],
        "environment": {
            **{name: f"${{{name}}}" for name in SECRETS if name != "ONLY_IN_THE_COMMAND_PASSWORD"},
            "REDIS_URL": f"redis://:{QUOTED}@localhost/0",
            "DEBUG_TOKEN": "true",
        },
        "healthcheck": {**HEALTHY, "test": "env; redis-cli ping"},
    }
    directory = write(tmp_path / "talkative", {"redis": service})
    (directory / "docker.env").write_text("".join(f"{name}='{value}'\n" for name, value in SECRETS.items()))
    return directory


def files(outcome: Outcome) -> dict[str, str]:
    """Every file of a run's evidence by name, as far as the report names it."""
    (finding,) = outcome.report["findings"]
    return {Path(path).name: Path(path).read_text() for path in finding["evidence"]}


def shows_no_secret(outcome: Outcome) -> None:
    """Whether nothing that a run wrote or printed has a secret of the stack in any form."""
    forms = {*SECRETS.values(), IN_A_URL, QUOTED, *(json.dumps(value)[1:-1] for value in SECRETS.values())}
    told = {str(path): path.read_text(errors="replace") for path in outcome.directory.rglob("*") if path.is_file()}
    assert len(told) > 5
    for name, text in {**told, "terminal": outcome.text}.items():
        assert {form for form in forms if form in text} == set(), name


def test_a_broken_promise_comes_with_the_state_of_the_stack(runs: Runs, talkative: Path, client: Client) -> None:
    runs.write(suite_test("it_rains", BREAKS))
    outcome = runs.run("--deployment", str(talkative))
    assert (outcome.status, outcome.report["verdict"]) == (1, "BROKEN")
    saved = files(outcome)
    assert list(saved) == ["ps.txt", "timeline.txt", "health.json", "inspect.json", "config.yml", "redis.log"]
    assert saved["ps.txt"] == "redis running (healthy)\n"
    told = [line.split()[-1] for line in saved["timeline.txt"].splitlines()]
    assert told[:2] == ["create", "start"]
    assert told[-1] == "healthy"
    assert json.loads(saved["health.json"])["redis"]["Status"] == "healthy"
    assert json.loads(saved["inspect.json"])["redis"]["State"]["Status"] == "running"
    assert yaml.safe_load(saved["config.yml"])["services"]["redis"]["healthcheck"]["interval"]
    lines = saved["redis.log"].splitlines()
    assert len(lines) == 500
    assert "line 800" in saved["redis.log"]
    assert "line 1\n" not in saved["redis.log"]
    assert "MYSQL_ROOT_PASSWORD=[redacted]" in saved["redis.log"]
    assert "curtain=[redacted]" in saved["redis.log"]
    assert "DEBUG_TOKEN=true" in saved["redis.log"]
    assert "redis://:[redacted]@localhost/0" in saved["redis.log"]
    shows_no_secret(outcome)
    assert left_behind(client, runs.scratch) == []


def test_a_stack_that_does_not_come_up_leaves_its_state(runs: Runs, talkative: Path, client: Client) -> None:
    compose = yaml.safe_load((talkative / "docker-compose.yml").read_text())
    compose["services"]["redis"]["healthcheck"]["test"] = "env; exit 1"
    write(talkative, compose["services"])
    outcome = runs.run("--deployment", str(talkative), AGENTCHAT_CHECK_UP_TIMEOUT="3")
    assert (outcome.status, outcome.report["verdict"]) == (1, "UNKNOWN")
    saved = files(outcome)
    assert saved["ps.txt"] == "redis running (starting)\n"
    assert "MYSQL_ROOT_PASSWORD=[redacted]" in saved["health.json"]
    assert json.loads(saved["inspect.json"])["redis"]["State"]["Status"] == "running"
    shows_no_secret(outcome)
    assert left_behind(client, runs.scratch) == []


def test_the_last_words_of_a_service_that_ended_show_no_secret(runs: Runs, talkative: Path) -> None:
    compose = yaml.safe_load((talkative / "docker-compose.yml").read_text())
    compose["services"]["redis"]["command"] = ["sh", "-c", "echo I knew $$API_KEY and $$0; exit 3", ARGUMENT]
    write(talkative, compose["services"])
    outcome = runs.run("--deployment", str(talkative))
    assert (outcome.status, outcome.report["verdict"]) == (1, "UNKNOWN")
    assert outcome.report["findings"][0]["actual"].endswith("I knew [redacted] and [redacted]")
    assert "I knew [redacted] and [redacted]" in outcome.text
    shows_no_secret(outcome)
