"""``agentchat-check audit``: exit 0 clean, 1 findings, 2 not to be read; and what compose is asked on the way."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli
from agentchat_check import deployment as deployments
from agentchat_check.audit import files
from agentchat_check.audit.files import Files
from agentchat_check.faults import audit as flaws
from agentchat_check.settings import FILE, Settings
from doors import Programs

WEB = "services: {web: {image: 'shop/web:1', environment: {COST: 'a$$b', ANY: '${ANY:-x}'}}}\n"


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, programs: Programs) -> Iterator[Programs]:
    """A host with docker, and without compose."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("COLUMNS", "120")
    programs.answer("docker compose", stderr="docker: 'compose' is not a docker command.", returncode=1)
    yield programs
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A deployment of one service."""
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "compose.yml").write_text(WEB)
    return directory


def audit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["audit", *map(str, arguments)])


def read(directory: Path) -> Files:
    return files.read(deployments.read(directory, Settings()))


def test_a_clean_directory_is_exit_0(tmp_path: Path) -> None:
    result = audit(flaws.copy(tmp_path / "copy"), "--min-severity", "error")
    assert (result.exit_code, result.stdout) == (0, "38 rules: no finding\n")


def test_a_finding_is_exit_1_with_its_line_and_its_fix(web: Path) -> None:
    result = audit(web)
    assert result.exit_code == 1
    assert "compose.yml:1" in result.stdout
    said = " ".join(result.stdout.split())
    assert "no-log-rotation: add logging with max-size and max-file, or the driver local" in said
    assert "UNKNOWN: 2 rules need what is not here: no-health-check, runs-as-root" in result.stdout


def test_only_the_severity_that_was_asked_for_counts(web: Path) -> None:
    result = audit(web, "--min-severity", "error")
    assert result.exit_code == 0
    assert "below error not shown" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("gone",), ("shop", "--compose-file", "gone.yml"), ("shop", "--env-file", "gone")]
)
def test_what_cannot_be_read_is_exit_2(arguments: tuple[str, ...], web: Path) -> None:
    result = audit(*arguments)
    assert result.exit_code == 2
    assert "next step:" in result.stderr


def test_json_and_sarif_are_printed_alone(web: Path) -> None:
    assert json.loads(audit(web, "--format", "json").stdout)["directory"] == str(web)
    assert json.loads(audit(web, "--format", "sarif").stdout)["version"] == "2.1.0"


def test_the_settings_file_accepts_with_a_reason(web: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        'accepted_rules = [{ rule = "no-log-rotation", path = "web", reason = "it is quiet" }]\n'
    )
    result = audit(web)
    assert "accepted: compose.yml:1: no-log-rotation: web: its log grows without end (it is quiet)" in result.stdout


def test_a_rule_that_is_unknown_in_the_settings_file_is_exit_2(web: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('accepted_rules = [{ rule = "no-log-rotatoin", reason = "x" }]\n')
    result = audit(web)
    assert result.exit_code == 2
    assert "near it: no-log-rotation" in result.stderr


def test_compose_is_asked_for_every_profile_and_told_the_env_file(web: Path, programs: Programs) -> None:
    (web / "docker.env").write_text("ANY=1\n")
    programs.answer("config --format json", json.dumps({"name": "demo", "services": {"web": {"image": "shop/web:2"}}}))
    found = read(web)
    assert found.services["web"].image == "shop/web:2"
    assert found.images["web"].name == "shop/web:2"
    line = programs.last("config").line
    assert "--profile '*'" in line
    assert line.endswith(f"--env-file {web}/docker.env config --format json")


def test_compose_doubles_dollar_signs_and_we_do_not(web: Path, programs: Programs) -> None:
    rendered = {"services": {"web": {"image": "x", "environment": {"COST": "a$$b", "NUMBER": 1, "NONE": None}}}}
    programs.answer("config --format json", json.dumps(rendered))
    assert read(web).services["web"].environment == {"COST": "a$b", "NUMBER": "1", "NONE": None}


def test_files_that_compose_refuses_are_a_finding(web: Path, programs: Programs) -> None:
    programs.answer("config --format json", stderr="services.web.init must be a boolean", returncode=15)
    programs.answer("compose version", "2.26.1")
    assert read(web).complaint == "services.web.init must be a boolean"
    result = audit(web)
    assert result.exit_code == 1
    assert "compose says: services.web.init must be a boolean" in result.stdout


@pytest.mark.parametrize("version", ["1.29.2", "v1.25.0"])
def test_an_old_compose_judges_nothing(version: str, web: Path, programs: Programs) -> None:
    programs.answer("config --format json", stderr="unknown flag: --format", returncode=1)
    programs.answer("compose version", version)
    assert read(web).complaint == ""


def test_a_compose_that_hangs_or_is_missing_is_done_without(web: Path, programs: Programs) -> None:
    programs.answer("config --format json", late=True)
    assert read(web).services["web"].environment == {"COST": "a$b", "ANY": "x"}
    programs.answer("docker", missing=True)
    assert read(web).services["web"].environment == {"COST": "a$b", "ANY": "x"}


def test_what_the_example_leaves_blank_is_filled_in_for_compose(web: Path, programs: Programs) -> None:
    (web / "compose.yml").write_text("services: {web: {image: 'a:1', environment: {P: '${P:?}'}}}\n")
    (web / "docker.env.example").write_text("P=\n")
    read(web)
    assert programs.last("config").environment == {"P": files.TO_BE_FILLED_IN}
