import json
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check.stack import evidence
from agentchat_check.stack.compose import project_of
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container
from stacks import attached


@pytest.mark.parametrize(
    "name", ["MYSQL_PASSWORD", "MYSQL_ROOT_PASS", "jwt_secret", "API_KEY", "ACCESS_TOKEN", "CREDENTIALS", "BASIC_AUTH"]
)
def test_a_value_whose_name_tells_is_a_secret(name: str) -> None:
    assert evidence.secret_values({name: "hunter22", "COLOUR": "blue"}) == {"hunter22"}


@pytest.mark.parametrize(
    "value", ["", "abc", "true", "False", "none", "NULL", "/run/secrets/mysql-password", "/run/secrets/db_password.txt"]
)
def test_switches_paths_and_short_values_are_none_whatever_their_name(value: str) -> None:
    assert evidence.secret_values({"MYSQL_PASSWORD_FILE": value}) == set()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("redis://:hunter22@redis:6379/0", {"hunter22"}),
        (
            "mysql+aiomysql://agentchat:p%40ss%2Fword@mysql:3306/agentchat",
            {"p%40ss%2Fword", "p@ss/word", "p%2540ss%252Fword"},
        ),
        ("http://model:8000/v1", set()),
        ("http://user@model", set()),
        ("http://[broken", set()),
    ],
)
def test_a_password_inside_a_url_is_a_secret_in_both_its_forms(url: str, found: set[str]) -> None:
    assert evidence.secret_values({"DATABASE_URL": url}) == found


def test_a_secret_is_known_in_every_form_it_takes_in_urls_and_json() -> None:
    assert evidence.secret_values({"PASSWORD": 'pa"ss wörd'}) == {
        'pa"ss wörd',
        'pa\\"ss w\\u00f6rd',
        "pa%22ss%20w%C3%B6rd",
    }


def test_a_text_is_shown_without_its_secrets() -> None:
    assert evidence.redacted("a hunter22 b hunter2", ["hunter22", "hunter2"]) == "a [redacted] b [redacted]"


def test_the_secrets_of_a_stack_are_those_of_its_containers(engine: Engine, stack: Stack) -> None:
    bare = container("worker")
    bare["Config"]["Env"] = None
    engine.containers = [bare, container("mysql", environment={"MYSQL_PASSWORD": "hunter22", "TZ": "Asia/Shanghai"})]
    assert evidence.secrets(stack) == {"hunter22"}


def test_a_secret_that_only_compose_was_given_is_one_too(client: DockerClient, tmp_path: Path) -> None:
    (tmp_path / "docker.env").write_text("REDIS_PASSWORD='hunter 22'\nAPI_KEY\nTZ=Asia/Shanghai\n")
    files = [tmp_path / "docker.env", tmp_path / "gone.env"]
    compose = project_of("demo", tmp_path, [], files, {"JWT_SECRET_KEY": "sesame"})
    with attached(client, compose=compose) as stack:
        assert evidence.secrets(stack) == {"hunter 22", "hunter%2022", "sesame"}


def test_evidence_that_cannot_be_saved_is_left_out_and_said_so(
    stack: Stack, programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.answer(" config ", "{}")
    (tmp_path / "evidence").touch()
    assert evidence.collect(stack, tmp_path / "evidence") == ()
    assert "agentchat-check: evidence that could not be saved: [Errno 17] File exists" in capsys.readouterr().err


def test_of_a_stack_that_cannot_be_looked_at_no_secret_is_known(engine: Engine, stack: Stack) -> None:
    engine.trouble = "gone"
    assert evidence.secrets(stack) == set()


def test_everything_that_explains_a_failure_is_saved_without_a_secret(
    engine: Engine, stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    programs.answer(" config --format json$", '{"name": "demo", "services": {"mysql": {"environment": "hunter22"}}}')
    mysql = container("mysql", environment={"MYSQL_PASSWORD": "hunter22"}, state={"Health": {"Status": "healthy"}})
    engine.containers = [
        {**mysql, "logs": ["2026-11-22T10:15:00Z root hunter22 guest abcdef\n"]},
        container("worker"),
    ]
    paths = evidence.collect(stack, tmp_path / "evidence", more_secrets=["abcdef"])
    names = ["ps.txt", "timeline.txt", "health.json", "inspect.json", "config.yml", "mysql.log", "worker.log"]
    assert list(paths) == [f"evidence/{name}" for name in names]
    saved = {name: (tmp_path / "evidence" / name).read_text() for name in names}
    assert saved["ps.txt"] == "mysql running (healthy)\nworker running\n"
    assert json.loads(saved["health.json"]) == {"mysql": {"Status": "healthy"}, "worker": "no health check"}
    assert saved["config.yml"] == "name: demo\nservices:\n  mysql:\n    environment: [redacted]\n"
    assert saved["mysql.log"] == "2026-11-22T10:15:00Z root [redacted] guest [redacted]\n"
    assert "hunter22" not in "".join(saved.values())


def test_what_cannot_be_looked_at_any_more_is_said_so(
    engine: Engine, stack: Stack, programs: Programs, tmp_path: Path
) -> None:
    programs.answer(" config ", returncode=1, stderr="it is gone")
    engine.trouble = "server misbehaving"
    paths = evidence.collect(stack, tmp_path / "evidence")
    assert [Path(path).name for path in paths] == [
        "ps.txt",
        "timeline.txt",
        "health.json",
        "inspect.json",
        "config.yml",
    ]
    for name in ("ps.txt", "inspect.json", "config.yml"):
        assert (tmp_path / "evidence" / name).read_text().startswith("could not be looked at:\n")
    assert "server misbehaving" in (tmp_path / "evidence" / "ps.txt").read_text()
