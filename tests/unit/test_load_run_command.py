"""Load from the command line: what is asked for wrongly is one clear error before anything is driven."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli, errors
from agentchat_check.cli import sessions
from agentchat_check.load import aim, generator
from agentchat_check.probes.api import PREFIX
from agentchat_check.settings import Settings
from servers import Site, as_json


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host with locust; a command's handling of SIGTERM ends with its test."""
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(generator, "find_spec", lambda _: object())
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def load(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["load", *arguments])


def test_profiles_are_listed_with_their_question() -> None:
    listed = load("profiles")
    assert listed.exit_code == 0
    assert "Do the manual's alarms stay silent on an ordinary day?" in listed.output
    assert "40 users for 600 s, by mixed_day.py" in listed.output


@pytest.mark.parametrize("command", ["run", "capacity"])
def test_an_unknown_profile_is_told_with_the_nearest(command: str) -> None:
    result = load(command, "--profile", "smokes")
    assert result.exit_code == 2
    assert "did you mean smoke?" in result.stderr


def test_options_without_a_command_are_those_of_a_run() -> None:
    for arguments in (["--profile", "smokes"], ["--profile=smokes", "--seconds", "5"]):
        assert "did you mean smoke?" in load(*arguments).stderr
    assert "Commands" in load("--help").output
    assert "No such command" in load("smoke").output


@pytest.mark.parametrize("command", ["run", "capacity"])
def test_the_stack_that_is_made_is_asked_for_its_health_as_its_deployment_says(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def begin(settings: Settings) -> NoReturn:
        made.append(settings.health_interval)
        raise errors.HostError("begin", expected="a host", actual="none", next_step="get one")

    monkeypatch.setattr(sessions, "begin", begin)
    assert load(command).exit_code == 2
    monkeypatch.setenv("AGENTCHAT_CHECK_HEALTH_INTERVAL", "2")
    assert load(command).exit_code == 2
    assert made == [0.0, 2.0]


def test_values_that_make_no_sense_are_told() -> None:
    result = load("run", "--rate", "-1")
    assert result.exit_code == 2
    assert "rate: Input should be greater than 0" in result.stderr


def test_workers_of_other_hosts_are_refused_before_a_stack_is_made_that_they_cannot_reach() -> None:
    result = load("run", "--processes", "4", "--join-at", "10.0.0.5")
    assert result.exit_code == 2
    assert "a stack on this engine, which this host alone reaches" in result.stderr
    assert "4 workers are to join at 10.0.0.5:5557" in result.stderr


@pytest.mark.parametrize("place", [":5557", "10.0.0.5:port"])
def test_where_workers_join_is_an_address(place: str) -> None:
    result = load("run", "--join-at", place)
    assert result.exit_code == 2
    assert "is no ADDRESS[:PORT]" in result.stderr


@pytest.mark.parametrize("command", ["run", "capacity"])
def test_an_installation_in_use_is_not_driven_unless_all_is_said(command: str, site: Site) -> None:
    result = load(command, "--url", site.url)
    assert result.exit_code == 2
    for missing in ("--i-know-this-is-live", "--rate-cap N", "--user NAME"):
        assert missing in result.stderr
    assert site.asked == []


def test_an_installation_that_is_down_is_not_driven(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", "s3cret")
    monkeypatch.setattr(aim, "PATIENCE", 0.0)
    site.replies = {"GET /health": as_json({"status": "DOWN"}, status=503)}
    result = load("run", "--url", site.url, "--i-know-this-is-live", "--rate-cap", "10", "--user", "anna")
    assert result.exit_code == 2
    assert "GET /health: 503" in result.stderr
    assert not any(call.startswith(f"POST {PREFIX}") for call in site.asked)


def test_without_locust_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setattr(generator, "find_spec", lambda _: None)
    result = load("run", "--url", site.url)
    assert result.exit_code == 2
    assert "make load" in result.stderr
