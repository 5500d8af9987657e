from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.stack import compose
from agentchat_check.stack.process import CommandError
from doors import Programs

HERE = (
    "docker compose --project-name demo --project-directory /srv/chat"
    " --file /srv/chat/a.yml --file /srv/chat/b.yml --env-file /srv/chat/docker.env"
)


@pytest.fixture
def project() -> compose.Compose:
    """A project with two files, an env file and a variable that wins over it."""
    directory = Path("/srv/chat")
    files = [directory / "a.yml", directory / "b.yml"]
    return compose.project_of("demo", directory, files, [directory / "docker.env"], {"COLOUR": "blue"})


def test_every_command_names_its_project_its_files_and_its_env_file(
    programs: Programs, project: compose.Compose
) -> None:
    programs.answer(" restart backend$", "restarted\n", stderr="warning\n")
    done = project("restart", "backend", timeout=7)
    assert (done.stdout, done.stderr) == ("restarted\n", "warning\n")
    (call,) = programs.calls
    assert call.line == f"{HERE} restart backend"
    assert (call.cwd, call.environment, call.timeout) == (Path("/srv/chat"), {"COLOUR": "blue"}, 7)


def test_a_project_without_a_name_gets_the_one_that_compose_chooses(programs: Programs, tmp_path: Path) -> None:
    programs.answer("^docker compose")
    compose.project_of("", tmp_path, [], [])("ps")
    assert programs.lines == [f"docker compose --project-directory {tmp_path} ps"]
    assert programs.calls[0].environment == {}


def test_the_configuration_is_what_compose_renders(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" config --format json$", '{"name": "demo", "services": {"web": {"image": "nginx"}}}')
    assert project.rendered() == {"name": "demo", "services": {"web": {"image": "nginx"}}}


def test_files_that_compose_cannot_read_are_the_deployments_fault(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" config ", stderr="yaml: line 3: found character that cannot start any token", returncode=15)
    with pytest.raises(errors.DeploymentError) as caught:
        project.rendered()
    assert str(caught.value) == (
        "read the compose files of /srv/chat\n"
        "  expected:   compose files that `docker compose config` accepts\n"
        "  actual:     yaml: line 3: found character that cannot start any token\n"
        "  next step:  correct the file at the place named above"
    )


def test_builds_are_shown_line_by_line_and_have_time(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" build ", "#1 load\n#2 done\n")
    lines: list[str] = []
    project.build_images(["backend", "frontend"], on_line=lines.append)
    assert programs.lines == [f"{HERE} --progress plain build backend frontend"]
    assert programs.calls[0].timeout == compose.SLOW
    assert lines == ["#1 load", "#2 done"]


def test_what_testcontainers_runs_goes_through_the_same_door(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" down", "bye\n")
    project.stop()
    (call,) = programs.calls
    assert call.line.startswith(f"{HERE} down")
    assert (call.environment, call.timeout) == ({"COLOUR": "blue"}, compose.QUICK)


def test_what_testcontainers_reads_is_what_was_printed(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" logs", "one\n", stderr="two\n")
    assert project.get_logs("web") == ("one\n", "two\n")


def test_a_command_of_testcontainers_that_fails_is_our_error(programs: Programs, project: compose.Compose) -> None:
    programs.answer(" down", stderr="no", returncode=1)
    with pytest.raises(CommandError, match="exit status 1"):
        project.stop()
