"""What was built here goes, but for what a container runs or a project goes back to; and whose files are in use."""

from pathlib import Path

from docker import DockerClient

from agentchat_check.stack import labels, sweep
from engines import Engine, container

BACKEND, PREPARED = "agentchat-check/shop-backend:1", "agentchat-check/prepared:2"


def told(client: DockerClient) -> list[str]:
    return sorted(map(str, sweep.images(client)))


def test_images_that_nobody_needs_are_removed(client: DockerClient, engine: Engine) -> None:
    engine.images = {BACKEND: "sha256:b", PREPARED: "sha256:p", "shop-backend:latest": "sha256:own"}
    assert told(client) == [f"removed {PREPARED}", f"removed {BACKEND}"]
    assert engine.images == {"shop-backend:latest": "sha256:own"}


def test_what_a_container_runs_keeps_its_name_whatever_else_it_is_called(client: DockerClient, engine: Engine) -> None:
    engine.images = {BACKEND: "sha256:backend", "another:1": "sha256:backend"}
    engine.containers = [container("backend")]
    assert told(client) == [f"kept {BACKEND}: a container runs it"]
    assert engine.removed == []


def test_what_a_project_can_go_back_to_keeps_the_name_that_its_files_have_for_it(
    client: DockerClient, engine: Engine
) -> None:
    engine.images = {BACKEND: "sha256:b", "agentchat-check/kept:shop-2.backend.1": "sha256:b"}
    assert told(client) == [f"kept {BACKEND}: shop-2 can go back to it"]
    assert engine.removed == []


def test_what_the_engine_does_not_let_go_is_told(client: DockerClient, engine: Engine) -> None:
    engine.images, engine.used = {BACKEND: "sha256:b"}, {BACKEND}
    assert told(client) == [f"kept {BACKEND}: the engine keeps it: image is being used by running container"]


def test_a_project_is_there_while_something_of_it_is(client: DockerClient, engine: Engine) -> None:
    engine.containers = [container("backend", project="runs")]
    engine.networks = [{"Id": "1", "Name": "n", "Labels": {labels.PROJECT: "was-just-taken-down"}}]
    engine.volumes = [{"Name": "v", "Labels": {labels.PROJECT: "has-data"}}, {"Name": "w", "Labels": None}]
    assert sweep.projects(client) == {"runs", "was-just-taken-down", "has-data"}


def test_the_files_of_containers_are_those_that_compose_noted_and_what_they_mount(
    client: DockerClient, engine: Engine
) -> None:
    tags = {
        labels.WORKING_DIRECTORY: "/srv/shop",
        labels.CONFIG_FILES: "/srv/shop/docker-compose.yml,/state/pins.yml",
        labels.ENVIRONMENT_FILE: "/srv/docker.env",
    }
    engine.containers = [
        {
            **container("frontend", tags=tags),
            "Mounts": [
                {"Type": "bind", "Source": "/srv/nginx.conf"},
                {"Type": "volume", "Source": "/var/lib/docker/volumes/v/_data"},
            ],
        }
    ]
    files = ("shop", "shop/docker-compose.yml", "docker.env", "nginx.conf")
    assert sweep.paths(client) == dict.fromkeys(
        [*(Path("/srv") / one for one in files), Path("/state/pins.yml")], "demo"
    )
