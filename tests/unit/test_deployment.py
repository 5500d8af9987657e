"""What is on disk is read as compose reads it, and roles are found by what services are called and made of."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import deployment, errors
from agentchat_check.deployment import Role
from agentchat_check.settings import Settings


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory; we are in another one."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    made = tmp_path / "agentchat-prod"
    made.mkdir()
    return made


def settings(**given: Any) -> Settings:
    """Settings, whatever stands in files and in the environment."""
    return Settings.model_construct(**given)


def files(where: Path, *names: str) -> None:
    """Empty files."""
    for name in names:
        (where / name).touch()


def refused(where: Path, **given: Any) -> str:
    """The error that reading it leads to, as an operator reads it."""
    with pytest.raises(errors.DeploymentError) as caught:
        deployment.read(where, settings(**given))
    return str(caught.value)


def test_a_directory_is_read_and_nothing_else_happens(directory: Path) -> None:
    files(directory, "docker-compose.yml", "docker.env")
    read = deployment.read(
        directory,
        settings(replace_images={"database": "mysql:8.4"}, roles={"cache": "kv"}),
        variables={"TAG": "2.5"},
    )
    assert read == deployment.Deployment(
        name="agentchat-prod",
        directory=directory,
        compose_files=(directory / "docker-compose.yml",),
        env_file=directory / "docker.env",
        variables={"TAG": "2.5"},
        replace_images={"database": "mysql:8.4"},
        role_names={"cache": "kv"},
    )
    assert sorted(path.name for path in directory.iterdir()) == ["docker-compose.yml", "docker.env"]


def test_our_own_is_called_the_reference() -> None:
    assert deployment.read(deployment.REFERENCE, settings()).name == "reference"


def test_a_directory_may_be_named_from_where_we_are(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(directory, "compose.yaml")
    monkeypatch.chdir(directory.parent)
    monkeypatch.setenv("HOME", str(directory.parent))
    for named in ("agentchat-prod", "~/agentchat-prod", "./agentchat-prod/"):
        assert deployment.read(Path(named), settings()).directory == directory


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["compose.yml", "docker-compose.yml"], ["compose.yml"]),
        (["compose.yaml", "compose.yml"], ["compose.yaml"]),
        (["docker-compose.yaml", "docker-compose.yml"], ["docker-compose.yml"]),
        (["docker-compose.yaml"], ["docker-compose.yaml"]),
        (["compose.yaml", "compose.override.yaml"], ["compose.yaml", "compose.override.yaml"]),
        (["compose.yaml", "compose.override.yml", "compose.override.yaml"], ["compose.yaml", "compose.override.yml"]),
        (["docker-compose.yml", "docker-compose.override.yml"], ["docker-compose.yml", "docker-compose.override.yml"]),
        (["docker-compose.yml", "compose.override.yml"], ["docker-compose.yml", "compose.override.yml"]),
        (["docker-compose.yml", "docker-compose.prod.yml"], ["docker-compose.yml"]),
    ],
)
def test_compose_files_are_those_that_compose_would_take(there: list[str], taken: list[str], directory: Path) -> None:
    files(directory, *there)
    assert deployment.read(directory, settings()).compose_files == tuple(directory / name for name in taken)


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["docker.env", ".env", "docker.env.example"], "docker.env"),
        ([".env", "docker.env.example"], ".env"),
        (["docker.env.example"], "docker.env.example"),
        ([], None),
    ],
)
def test_the_env_file_is_the_one_that_the_manual_names_first(
    there: list[str], taken: str | None, directory: Path
) -> None:
    files(directory, "compose.yaml", *there)
    assert deployment.read(directory, settings()).env_file == (directory / taken if taken else None)


def test_files_may_be_named_from_where_we_are_or_from_the_directory(directory: Path) -> None:
    files(directory, "compose.yaml", "prod.yml", "prod.env")
    files(Path.cwd(), "mine.yml", "prod.env")
    given = settings(compose_files=(Path("prod.yml"), Path("mine.yml")), env_file=Path("prod.env"))
    read = deployment.read(directory, given)
    assert read.compose_files == (directory / "prod.yml", Path.cwd() / "mine.yml")
    assert read.env_file == Path.cwd() / "prod.env"


def test_a_directory_that_is_not_there_is_one_clear_error(directory: Path) -> None:
    assert refused(directory / "gone") == (
        f"read the deployment {directory}/gone\n"
        "  expected:   a directory with a compose file\n"
        "  actual:     there is no such directory\n"
        "  next step:  name the directory that holds docker-compose.yml: --deployment DIR"
    )


def test_a_file_is_no_directory(directory: Path) -> None:
    files(directory, "compose.yaml")
    assert "\n  actual:     it is not a directory\n" in refused(directory / "compose.yaml")


@pytest.mark.parametrize(
    ("there", "holds"),
    [
        ([], "nothing"),
        (["start.sh", "README.md"], "README.md, start.sh"),
        ([f"{number:02}" for number in range(20)], ", ".join(f"{number:02}" for number in range(12))),
    ],
)
def test_a_directory_without_compose_files_tells_what_it_holds(there: list[str], holds: str, directory: Path) -> None:
    files(directory, *there)
    assert refused(directory) == (
        f"read the deployment {directory}\n"
        "  expected:   one of compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml\n"
        f"  actual:     none of them; it holds {holds}\n"
        "  next step:  name the directory that holds docker-compose.yml, or the file: --compose-file FILE"
    )


def test_a_directory_with_the_name_of_a_compose_file_is_none(directory: Path) -> None:
    (directory / "compose.yaml").mkdir()
    assert "none of them; it holds compose.yaml\n" in refused(directory)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"env_file": Path("prod.env")}, "env file prod.env"),
        ({"compose_files": (Path("x.yml"),)}, "compose file x.yml"),
    ],
)
def test_a_named_file_that_is_not_there_is_one_clear_error(given: dict[str, Any], what: str, directory: Path) -> None:
    files(directory, "compose.yaml")
    assert refused(directory, **given) == (
        f"read the deployment {directory}\n"
        f"  expected:   the {what}\n"
        "  actual:     there is no such file, here or in that directory\n"
        f"  next step:  correct the name of the {what.rpartition(' ')[0]}"
    )


def test_an_unknown_role_is_refused_with_those_there_are(directory: Path) -> None:
    files(directory, "compose.yaml")
    assert refused(directory, roles={"backend": "api", "db": "mysql"}) == (
        "read [roles] of agentchat-check.toml\n"
        "  expected:   a role: frontend, backend, database, cache, objects, model\n"
        "  actual:     'db' = 'mysql'\n"
        "  next step:  correct 'db' in [roles]"
    )


RENDERED: dict[str, Any] = {
    "name": "agentchat",
    "services": {
        "backend": {"image": "agentchat/backend:2.5", "environment": {"DEBUG": None, "PORT": 7860, "KEY": ""}},
        "mysql": {"image": "mysql:8.0"},
        "worker": None,
    },
    "networks": {"default": None, "inside": {"internal": True}},
    "volumes": {"mysql_data": None},
}


def test_what_compose_printed_is_read() -> None:
    read = deployment.configuration(RENDERED, {})
    assert read.project == "agentchat"
    assert read.services["worker"] == {}
    assert read.networks == {"default": {}, "inside": {"internal": True}}
    assert read.volumes == {"mysql_data": {}}
    assert read.roles == {Role.BACKEND: "backend", Role.DATABASE: "mysql"}
    assert (read.role_of("mysql"), read.role_of("worker")) == (Role.DATABASE, None)
    assert read.environment("backend") == {"PORT": "7860", "KEY": ""}
    assert read.environment("worker") == {}


@pytest.mark.parametrize("rendered", [{}, {"services": None, "networks": None, "volumes": None}])
def test_a_project_without_anything_is_read_too(rendered: dict[str, Any]) -> None:
    assert deployment.configuration(rendered, {}) == deployment.Configuration("", {}, {}, {}, {})


@pytest.mark.parametrize(
    ("images", "roles"),
    [
        ({"mysql": "", "redis": "", "web": ""}, {"database": "mysql", "cache": "redis", "frontend": "web"}),
        (
            {"AgentChat_Backend-1": "", "agentchat-db8": ""},
            {"backend": "AgentChat_Backend-1", "database": "agentchat-db8"},
        ),
        ({"store": "registry:5000/library/mysql:8.0"}, {"database": "store"}),
        ({"kv": "docker.io/valkey/valkey@sha256:1"}, {"cache": "kv"}),
        ({"s3": "minio/minio:RELEASE.2023-03-20T20-16-18Z", "model": ""}, {"objects": "s3", "model": "model"}),
        ({"db": "postgres:16", "old": "mysql:5.7"}, {"database": "db"}),
        ({"mysql-exporter": "prom/mysqld-exporter", "adminer": "adminer"}, {}),
        ({"agentchat": "agentchat"}, {}),
        ({}, {}),
    ],
)
def test_roles_are_found_by_name_and_else_by_image(images: dict[str, str], roles: dict[str, str]) -> None:
    assert deployment.find_roles(images, {}) == roles


def test_the_operator_s_word_counts_more_than_names_and_images() -> None:
    images = {"mysql": "mysql:8.0", "primary": "percona:8.0", "all-in-one": "agentchat"}
    named = {"database": "primary", "backend": "all-in-one", "frontend": "all-in-one"}
    assert deployment.find_roles(images, named) == named


def test_two_services_that_look_alike_are_asked_about() -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        deployment.find_roles({"replica": "mysql:8.0", "primary": "mysql:8.0"}, {})
    assert str(caught.value) == (
        "find the service that plays database\n"
        "  expected:   one service\n"
        "  actual:     primary and replica both look like it\n"
        "  next step:  say which in agentchat-check.toml: [roles] database = 'replica'"
    )


@pytest.mark.parametrize(("images", "listed"), [({"b": "", "a": ""}, "a, b"), ({}, "none")])
def test_a_service_that_the_operator_named_has_to_exist(images: dict[str, str], listed: str) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        deployment.find_roles(images, {"cache": "kv"})
    assert str(caught.value) == (
        "find the service that plays cache\n"
        "  expected:   a service named 'kv', as [roles] says\n"
        f"  actual:     the services are {listed}\n"
        "  next step:  correct cache in [roles] of agentchat-check.toml"
    )


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12)


@given(
    name=names,
    registry=st.sampled_from(["", "docker.io/", "registry:5000/", "localhost:5000/a/b/"]),
    tag=st.sampled_from(["", ":8.0", ":latest", "@sha256:0a1b", ":8.0@sha256:0a1b"]),
)
def test_an_image_s_name_is_what_is_left_without_registry_tag_and_digest(name: str, registry: str, tag: str) -> None:
    assert deployment.image_name(f"{registry}{name}{tag}") == name


@given(
    st.dictionaries(names, st.sampled_from(["", "mysql:8.0", "redis", "agentchat/backend", "minio/minio"]), max_size=6)
)
def test_a_role_is_played_by_one_service_that_exists_or_asked_about(images: dict[str, str]) -> None:
    try:
        roles = deployment.find_roles(images, {})
    except errors.DeploymentError as error:
        assert error.actual.endswith(" both look like it")  # noqa: PT017 - one of two outcomes
    else:
        assert set(roles.values()) <= images.keys()
        assert deployment.find_roles(images, {str(role): name for role, name in roles.items()}) == roles


def test_production_puts_the_overlay_on_top_of_the_compose_files(directory: Path) -> None:
    files(directory, "docker-compose.yml", "docker-compose.prod.yml")
    plain = deployment.read(directory, settings())
    production = deployment.in_production(plain)
    assert [file.name for file in plain.compose_files] == ["docker-compose.yml"]
    assert [file.name for file in production.compose_files] == ["docker-compose.yml", "docker-compose.prod.yml"]
    assert deployment.in_production(production) == production


def test_a_deployment_without_an_overlay_has_no_production(directory: Path) -> None:
    files(directory, "docker-compose.yml")
    with pytest.raises(errors.InapplicableError) as caught:
        deployment.in_production(deployment.read(directory, settings()))
    assert caught.value.actual == "agentchat-prod has no production overlay"
