"""Whatever is wrong with what we are given: one clear error, and nothing changed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from separate_runs import Runs, is_one_clear_error
from small import HEALTHY, snapshot, write

QUICK = 60.0
"""Seconds that a run with bad input may take on a busy host; the pull of an image may take 300."""


@dataclass(frozen=True)
class Case:
    """Bad input: a service's changes or a whole file, options and variables, and what the error says."""

    says: tuple[str, ...]
    service: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


CASES = {
    "a directory without a compose file": Case(
        ("could not read the deployment", "one of compose.yaml", "it holds notes.txt", "--compose-file FILE"),
        file="none",
    ),
    "invalid YAML": Case(
        ("could not read the compose files of", "yaml: ", "correct the file at the place named above"),
        file="services:\n  redis: [\n",
    ),
    "an unknown key": Case(
        ("could not read the compose files of", "imagge", "correct the file at the place named above"),
        service={"imagge": "redis"},
    ),
    "a service without an image": Case(
        ("could not read the compose files of", "has neither an image nor a build context"),
        file="services:\n  redis: {command: echo}\n",
    ),
    "a required variable without a value": Case(
        ("a value for PRECIOUS", "set PRECIOUS in the env file, or name another one: --env-file FILE"),
        service={"environment": {"NEEDED": "${PRECIOUS:?is not set}"}},
    ),
    "an env file that is not there": Case(
        ("the env file nowhere.env", "there is no such file", "correct the name of the env file"),
        options=("--env-file", "nowhere.env"),
    ),
    "a compose file that is not there": Case(
        ("the compose file nowhere.yml", "there is no such file", "correct the name of the compose file"),
        options=("--compose-file", "nowhere.yml"),
    ),
    "an image for a role that is not there": Case(
        ("could not run the image mysql:8.4 for database", "it has no database", "correct --image database=mysql:8.4"),
        options=("--image", "database=mysql:8.4"),
    ),
    "an image that no registry has": Case(
        ("could not pull the image 127.0.0.1:1/nothing:1", "connection refused", "--image ROLE=NAME"),
        service={"image": "127.0.0.1:1/nothing:1"},
    ),
    "the host's own network": Case(
        ("could not isolate the service redis", "network_mode: host", "--attach PROJECT"),
        service={"network_mode": "host"},
    ),
    "a program that does not exist": Case(
        ("could not bring up tiny", "no-such-program"),
        service={"entrypoint": ["/no-such-program"]},
    ),
    "a service that ends at its start": Case(
        ("could not bring up tiny", "exit code 3) will not come up", "last lines of redis:", "it was the moon"),
        service={"command": ["sh", "-c", "echo it was the moon; exit 3"]},
    ),
    "a disk that is full in a container": Case(
        ("could not bring up tiny", "last lines of redis:", "No space left on device"),
        service={"command": ["sh", "-c", "head -c 1M /dev/zero > /small/file"], "tmpfs": ["/small:size=64k"]},
    ),
    "a service that never gets healthy": Case(
        (
            "could not bring up tiny",
            "every service running and healthy within 3 s",
            "redis running (starting)",
            "last lines of redis:",
            "Ready to accept",
        ),
        service={"healthcheck": {**HEALTHY, "test": "false", "retries": 1000}},
        variables={"AGENTCHAT_CHECK_UP_TIMEOUT": "3"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_clear_error(name: str, runs: Runs, tmp_path: Path, image: str) -> None:
    case = CASES[name]
    directory = write(tmp_path / "tiny", {"redis": {"image": image, "healthcheck": HEALTHY, **case.service}})
    (directory / "notes.txt").write_text("Buy milk.")
    if case.file:
        (directory / "docker-compose.yml").write_text(case.file)
    if case.file == "none":
        (directory / "docker-compose.yml").unlink()
    before, started = snapshot(directory), time.monotonic()
    outcome = runs.run("--deployment", str(directory), *case.options, **case.variables)
    is_one_clear_error(outcome, *case.says)
    assert time.monotonic() - started < QUICK
    assert snapshot(directory) == before


@pytest.mark.parametrize(
    ("what", "says"),
    [("nothing", "there is no such directory"), ("a file", "it is not a directory")],
)
def test_a_deployment_that_is_no_directory_is_one_clear_error(what: str, says: str, runs: Runs, tmp_path: Path) -> None:
    if what == "a file":
        (tmp_path / what).write_text("services: {}")
    is_one_clear_error(runs.run("--deployment", str(tmp_path / what)), says, "name the directory that holds")


def test_an_unknown_role_in_the_settings_file_is_one_clear_error(runs: Runs, deployment: Path) -> None:
    runs.cwd = runs.home
    runs.home.mkdir()
    (runs.home / "agentchat-check.toml").write_text('[roles]\nbackand = "redis"\n')
    outcome = runs.run("--deployment", str(deployment), AGENTCHAT_CHECK_ROLES="{}")
    is_one_clear_error(outcome, "read [roles] of agentchat-check.toml", "frontend, backend", "correct 'backand'")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--image", "redis"), "write it like this: --image database=mysql:8.4"),
        (("--attach", "nobody", "--url", "http://nowhere"), "attach and url name different deployments; keep one"),
        (("--attach", "nobody-has-this-name"), "correct the name: --attach PROJECT"),
        (("--url", "nowhere"), "url: "),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(
    options: tuple[str, ...], says: str, runs: Runs
) -> None:
    outcome = runs.run(*options)
    assert outcome.status == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in outcome.text
    assert outcome.report == {}
    for label in ("expected:", "actual:", "next step:", says):
        assert label in outcome.text


def test_a_dependency_that_gets_unhealthy_is_named_with_its_last_words(runs: Runs, tmp_path: Path, image: str) -> None:
    sick = {"test": "false", "interval": "1s", "retries": 1}
    ill = {"image": image, "command": ["sh", "-c", "echo no bed to be had; sleep 1000"], "healthcheck": sick}
    waiting = {"image": image, "depends_on": {"redis": {"condition": "service_healthy"}}}
    directory = write(tmp_path / "tiny", {"redis": ill, "other": waiting})
    outcome = runs.run("--deployment", str(directory))
    is_one_clear_error(outcome, "could not bring up tiny", "unhealthy", "last lines of redis:", "no bed to be had")
    assert outcome.report["findings"][0]["actual"].endswith("no bed to be had")


def test_a_build_that_fails_is_one_clear_error(runs: Runs, tmp_path: Path, image: str) -> None:
    directory = write(tmp_path / "tiny", {"redis": {"build": ".", "healthcheck": HEALTHY}})
    (directory / "Dockerfile").write_text(f"FROM {image}\nRUN echo the oven is cold && exit 7\n")
    before = snapshot(directory)
    is_one_clear_error(runs.run("--deployment", str(directory)), "could not build redis", "the oven is cold")
    assert snapshot(directory) == before
