"""What is done outside a run of the suites: in plain words, with the exit status that they say."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli
from agentchat_check import settings as settings_
from agentchat_check.findings import Verdict
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.recorded import Recorded
from agentchat_check.stack import engine as engines
from agentchat_check.stack import labels, owner, process
from plugin import engine
from plugin.engine import Engine

KEPT = {labels.OWNER: "somebody else's", labels.KEEP: "true"}


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without an engine, and a directory with a deployment of three services."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/compose.yml").write_text("services: {}\n")


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """A command's handling of SIGTERM ends with its test."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that runs nothing yet."""
    with engine.serving(tmp_path, monkeypatch) as server:
        yield server


def run(*arguments: str) -> Result:
    """What a command printed, and its exit status."""
    return CliRunner().invoke(cli.app, arguments)


def test_the_exit_status_tells_the_verdict() -> None:
    assert cli.EXIT == {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.UNKNOWN: 2}


def test_the_doctor_finds_a_host_without_engine_broken_and_the_rest_unseen() -> None:
    result = run("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "BROKEN   a Docker engine answers: nothing listens there: the socket does not exist"
    assert lines[1].startswith("         next step: start it, or name another one: DOCKER_HOST")
    unseen = "not seen: nothing listens there: the socket does not exist"
    assert f"UNKNOWN  the clocks agree: {unseen}" in lines
    assert f"UNKNOWN  the images are here, or can be had: {unseen}" in lines
    assert lines[-1].startswith("9 promises: ")
    assert lines[-1].endswith(" 5 could not be looked at")


def test_the_doctor_changes_nothing(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    run("doctor")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_doctor_exits_with_0_where_everything_holds(docker: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = engines.facts.Host(
        engine=engines.facts.Engine("20.10.24", local=True, root="/", clock_skew=0.0),
        engine_error="",
        engine_address="unix:///var/run/docker.sock",
        compose="2.30.1",
        memory_available=2**34,
        disk_free=2**40,
        port_holders={7860: "[python] (pid 1)"},
        images_here=("mysql",),
        images_missing=(),
        registry=True,
        chromium="/usr/bin/chromium",
    )
    monkeypatch.setattr(engines, "look", lambda _: everything)
    result = run("doctor")
    assert result.exit_code == 0
    assert "HOLDS    this host reaches the ports of stacks: 7860 is held by [python] (pid 1)" in result.stdout
    assert result.stdout.endswith("\n9 promises: 9 hold\n")


def test_config_prints_the_text_of_a_new_file_as_it_is(tmp_path: Path) -> None:
    result = run("config")
    assert (result.exit_code, result.stdout) == (0, settings_.template())
    (tmp_path / settings_.FILE).write_text(result.stdout)
    assert settings_.read({"deployment": "shop"}).deployment == Path("shop")


@pytest.mark.parametrize("command", [("down",), ("down", "shop"), ("clean",)])
def test_without_an_engine_removing_says_so_and_exits_with_2(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "reach the Docker engine\n"
        "  expected:   an engine that answers at unix:///nonexistent\n"
        "  actual:     nothing listens there: the socket does not exist\n"
        "  next step:  run `agentchat-check doctor`\n"
    )


def test_up_without_an_engine_says_what_was_checked_and_exits_with_2() -> None:
    result = run("up", "shop")
    assert result.exit_code == 2
    assert result.stderr.startswith("reach the Docker engine\n  Checked:\n    - engine at unix:///nonexistent: ")
    assert "  To fix this, either:\n    - start that engine, " in result.stderr


def test_up_of_a_directory_without_compose_file_names_what_it_lacks(docker: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop/compose.yml").unlink()
    result = run("up", "shop")
    assert result.exit_code == 2
    assert "actual:     none of them; it holds nothing" in result.stderr


def test_up_brings_a_stack_up_leaves_it_and_says_how_to_look_at_it_and_remove_it(docker: Engine) -> None:
    result = run("up", "shop")
    assert result.exit_code == 0
    (project,) = docker.projects()
    assert result.stdout.splitlines() == [
        f"{project} is up:",
        "  page      127.0.0.1:9",
        "  API       127.0.0.1:9",
        f"look at it:  pytest suites/smoke --attach {project}",
        f"remove it:   agentchat-check down {project}",
    ]
    assert run("down", project).stdout == f"removed {project}\n"
    assert docker.left() == []


def test_up_leaves_nothing_of_a_stack_that_does_not_come_up_but_its_evidence(docker: Engine, tmp_path: Path) -> None:
    docker.refuse("dependency failed to start")
    result = run("up", "shop")
    assert result.exit_code == 2
    assert "dependency failed to start" in result.stderr
    assert "Traceback" not in result.stderr
    assert docker.left() == []
    assert list(tmp_path.glob(".agentchat-check/*/evidence/bring-up/ps.txt"))


def test_up_leaves_nothing_when_it_is_ended_by_sigterm(docker: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    running = process.running

    def ended_meanwhile(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return running(*arguments, **options)

    monkeypatch.setattr(process, "running", ended_meanwhile)
    result = run("up", "shop")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "interrupted")
    assert docker.left() == []


def test_up_takes_another_image_for_a_role(docker: Engine, tmp_path: Path) -> None:
    result = run("up", "shop", "--image", "backend=shop:next", "--no-build")
    assert result.exit_code == 0
    assert run("up", "shop", "--image", "backend").stderr.startswith("read --image backend\n  expected:   ROLE=NAME\n")


def test_down_removes_every_stack_that_was_kept_and_nothing_of_anybody_else(docker: Engine) -> None:
    docker.run("somebody")
    docker.run("kept-1", **KEPT)
    docker.run("kept-2", **KEPT)
    assert run("down").stdout == "removed kept-1\nremoved kept-2\n"
    assert docker.projects() == ["somebody"]


def test_down_removes_what_a_dead_run_left_behind(docker: Engine) -> None:
    dead = "/".join([*owner.current().split("/")[:3], "4194304", "1"])
    docker.run("orphan", **{labels.OWNER: dead})
    assert run("down").exit_code == 0
    assert docker.projects() == []


def test_down_refuses_a_project_that_is_not_ours_and_names_those_that_are(docker: Engine) -> None:
    docker.run("somebody")
    docker.run("kept", **KEPT)
    result = run("down", "somebody")
    assert result.exit_code == 2
    assert result.stderr == (
        "remove somebody\n"
        "  expected:   a stack that agentchat-check kept: kept\n"
        "  actual:     it is not one of them\n"
        "  next step:  correct the name; for a project of your own use docker compose down\n"
    )
    assert docker.projects() == ["kept", "somebody"]


def test_clean_removes_kept_stacks_and_the_images_that_were_built(docker: Engine) -> None:
    docker.run("kept", **KEPT)
    assert run("clean").stdout == "removed kept\nremoved agentchat-check/stub:1\n"


def test_clean_says_what_it_kept_and_why(docker: Engine, tmp_path: Path) -> None:
    docker.run("shop")
    past = History(tmp_path / "state/upgrades/shop")
    past.directory(1)
    past.write(Recorded(1, "v2.4", "/srv/shop", [], [], [], []))
    past.settle(current=1)
    why = "it is on this engine, and its way back needs them"
    assert run("clean").stdout.splitlines() == [
        f"kept what is noted of the releases of shop: {why}",
        "removed agentchat-check/stub:1",
    ]
    assert docker.projects() == ["shop"]
    assert past.current() is not None


def test_a_malformed_setting_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_UP_TIMEOUT", "soon")
    result = run("doctor")
    assert result.exit_code == 2
    assert "actual:     up_timeout: Input should be a valid number" in result.stderr


@pytest.mark.parametrize("arguments", [("doctor", "--fast"), ("dwon",), ()])
def test_a_wrong_command_line_shows_how_it_goes_and_exits_with_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            (),
            [
                "doctor",
                "up",
                "down",
                "clean",
                "config",
                "Look whether this host can bring a stack up; changes nothing.",
            ],
        ),
        (("up",), ["--env-file", "--compose-file", "--image", "ROLE=NAME: another image; repeatable", "--no-build"]),
        (("down",), ["Never touches a project that is not ours."]),
    ],
)
def test_every_command_says_what_it_does(arguments: tuple[str, ...], words: list[str]) -> None:
    shown = " ".join(run(*arguments, "--help").stdout.replace("│", " ").split())
    assert [word for word in words if word not in shown] == []


def test_nothing_is_shown_of_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", "Correct-horse-7")
    monkeypatch.setenv("AGENTCHAT_CHECK_PULL_TIMEOUT", "-1")
    assert "Correct-horse-7" not in run("doctor").output + run("config").output


def test_a_defect_of_ours_is_no_verdict_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_: Any) -> None:
        raise ZeroDivisionError("a clock that stands still")

    monkeypatch.setattr(engines, "look", stumble)
    result = run("doctor")
    assert result.exit_code == cli.EXIT[Verdict.UNKNOWN]
    assert "a clock that stands still" in result.output
    assert result.output.endswith("this is a defect of agentchat-check: report it with the traceback above\n")
