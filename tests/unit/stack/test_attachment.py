import json
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.stack import attachment, isolation, labels
from doors import MakeSettings, Programs
from engines import Engine, container

RENDERED = json.dumps({"name": "demo", "services": {"api": {"image": "chat:1"}, "mysql": {"image": "mysql:8"}}})


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The labels of a project whose files are here."""
    for name in ("docker-compose.yml", "docker.env"):
        (tmp_path / name).touch()
    return {
        labels.WORKING_DIRECTORY: str(tmp_path),
        labels.CONFIG_FILES: f"{tmp_path / 'docker-compose.yml'},{tmp_path / 'gone.yml'}",
        labels.ENVIRONMENT_FILE: str(tmp_path / "docker.env"),
    }


def test_an_installation_is_found_with_what_its_files_declare(
    engine: Engine,
    client: DockerClient,
    programs: Programs,
    settings: MakeSettings,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    engine.containers = [container("mysql", tags=files), container("api", image="chat:1", tags=files)]
    programs.answer("^docker compose .* config --format json$", RENDERED)
    stack = attachment.find(client, "demo", settings())
    stack.timeline.close()
    assert (stack.project, stack.name, stack.live, stack.kept) == ("demo", "demo", True, True)
    assert stack.roles == {Role.BACKEND: "api", Role.DATABASE: "mysql"}
    assert stack.configuration
    assert set(stack.configuration.services) == {"api", "mysql"}
    (line,) = programs.lines
    assert line == (
        f"docker compose --project-name demo --project-directory {tmp_path} --file {tmp_path / 'docker-compose.yml'}"
        f" --env-file {tmp_path / 'docker.env'} config --format json"
    )


def test_one_that_we_made_and_kept_is_ours_and_declares_what_is_beneath_our_override(
    engine: Engine,
    client: DockerClient,
    programs: Programs,
    settings: MakeSettings,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    (tmp_path / isolation.FILE).touch()
    files[labels.CONFIG_FILES] += f",{tmp_path / isolation.FILE}"
    engine.containers = [container("mysql", tags={**files, labels.OWNER: ""})]
    programs.answer(" config ", RENDERED)
    stack = attachment.find(client, "demo", settings())
    stack.timeline.close()
    assert not stack.live
    assert isolation.FILE in " ".join(stack.compose.compose_command_property)
    assert isolation.FILE not in programs.lines[0]


def test_roles_are_as_the_operator_says(engine: Engine, client: DockerClient, settings: MakeSettings) -> None:
    engine.containers = [container("primary", image="percona:8"), container("replica", image="percona:8")]
    stack = attachment.find(client, "demo", settings(roles={"database": "primary"}))
    stack.timeline.close()
    assert stack.roles == {Role.DATABASE: "primary"}


@pytest.mark.parametrize("gone", [True, False], ids=["files gone", "files unreadable"])
def test_an_installation_whose_files_cannot_be_read_declares_nothing(
    engine: Engine,
    client: DockerClient,
    programs: Programs,
    settings: MakeSettings,
    files: dict[str, str],
    *,
    gone: bool,
) -> None:
    programs.answer(" config ", stderr="yaml: line 1: broken", returncode=15)
    engine.containers = [container("mysql", tags={labels.WORKING_DIRECTORY: "/gone"} if gone else files)]
    stack = attachment.find(client, "demo", settings())
    stack.timeline.close()
    assert stack.configuration is None
    assert len(programs.calls) == (0 if gone else 1)
    assert stack.compose.project_directory == (Path.cwd() if gone else Path(files[labels.WORKING_DIRECTORY]))


@pytest.mark.parametrize(("projects", "named"), [([], "none"), (["chat", "blog", "chat"], "blog, chat")])
def test_a_project_that_does_not_run_is_told_with_those_that_do(
    engine: Engine, client: DockerClient, settings: MakeSettings, projects: list[str], named: str
) -> None:
    engine.containers = [container(f"web{n}", project=project) for n, project in enumerate(projects)]
    with pytest.raises(errors.StackError) as caught:
        attachment.find(client, "demo", settings())
    assert str(caught.value) == (
        "find the project demo\n"
        "  expected:   a compose project of that name on this engine\n"
        f"  actual:     its projects are: {named}\n"
        "  next step:  correct the name: --attach PROJECT; `docker compose ls --all` lists them"
    )


def test_an_engine_that_does_not_say_is_told(engine: Engine, client: DockerClient, settings: MakeSettings) -> None:
    engine.trouble = "server misbehaving"
    with pytest.raises(errors.StackError, match="find the project demo"):
        attachment.find(client, "demo", settings())
