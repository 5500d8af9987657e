from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.stack import debian, images
from doors import MakeSettings, Programs
from engines import Engine

PULL = "docker pull "


def built(*names: str) -> dict[str, str]:
    return {image: f"sha256:{name}" for name, image in debian.names(names or debian.IMAGES).items()}


def official(*names: str) -> dict[str, str]:
    return {images.OFFICIAL[name]: f"sha256:{name}" for name in names or images.OFFICIAL}


@pytest.mark.parametrize("image", images.OFFICIAL.values())
def test_official_images_are_pinned_by_tag_and_digest(image: str) -> None:
    name, _, digest = image.partition("@sha256:")
    assert ":" in name
    assert len(bytes.fromhex(digest)) == 32


@pytest.mark.parametrize(
    ("chosen", "here", "expected"),
    [
        ("official", built(), tuple(official())),
        ("debian", {}, tuple(built())),
        ("auto", {}, tuple(official())),
        ("auto", built("mysql"), tuple(official())),
        ("auto", built(), tuple(built())),
    ],
)
def test_the_set_of_images_is_the_chosen_one_else_the_one_that_is_here(
    engine: Engine,
    client: DockerClient,
    settings: MakeSettings,
    chosen: str,
    here: dict[str, str],
    expected: tuple[str, ...],
) -> None:
    engine.images = here
    assert images.names(client, settings(images=chosen)) == expected


def test_without_an_engine_the_set_is_the_official_one(settings: MakeSettings) -> None:
    assert images.names(None, settings()) == tuple(images.OFFICIAL.values())


def test_a_registry_is_asked_for_a_manifest_and_not_for_long(programs: Programs) -> None:
    programs.answer("^docker manifest inspect redis:7.0-alpine@sha256:")
    assert images.registry_answers()
    assert programs.calls[0].timeout == images.REGISTRY_PATIENCE


@pytest.mark.parametrize("how", [{"returncode": 1}, {"late": True}], ids=["refuses", "never answers"])
def test_a_registry_that_does_not_answer_is_none(programs: Programs, how: dict[str, Any]) -> None:
    programs.answer("^docker manifest inspect", **how)
    assert not images.registry_answers()


def test_what_is_here_is_not_pulled(engine: Engine, client: DockerClient, programs: Programs) -> None:
    engine.images = {"minio:1": "sha256:1"}
    images.pull(client, ["minio:1"], timeout=3)
    assert programs.calls == []


def test_a_pull_is_bounded_and_its_error_tells_the_ways_out(
    engine: Engine, client: DockerClient, programs: Programs
) -> None:
    programs.answer("^docker pull minio:1$", stderr="waiting", late=True)
    with pytest.raises(errors.HostError) as caught:
        images.pull(client, ["minio:1"], timeout=3)
    assert str(caught.value) == (
        "pull the image minio:1\n"
        "  expected:   the image on this engine, or a registry that has it\n"
        "  actual:     no end after 3 s\n"
        "              waiting\n"
        "  To fix this, either:\n"
        "    - let this host reach the registry, or load the image: docker load --input IMAGE.tar\n"
        "    - for the reference deployment, build the images here: AGENTCHAT_CHECK_IMAGES=debian\n"
        "    - for a deployment of your own, name an image that is here: --image ROLE=NAME"
    )


def test_official_images_are_pulled_and_named_as_the_compose_file_wants_them(
    engine: Engine, client: DockerClient, programs: Programs, settings: MakeSettings
) -> None:
    programs.answer("^docker pull")
    chosen = images.variables(client, settings(images="official", pull_timeout=7), only=("mysql", "redis"))
    assert chosen == {"MYSQL_IMAGE": images.OFFICIAL["mysql"], "REDIS_IMAGE": images.OFFICIAL["redis"]}
    assert programs.lines == [PULL + images.OFFICIAL["mysql"], PULL + images.OFFICIAL["redis"]]
    assert programs.last("pull").timeout == 7


@pytest.mark.parametrize("here", [official("python"), built("python"), {**official("python"), **built("python")}])
def test_by_itself_it_takes_what_is_here_official_first(
    engine: Engine, client: DockerClient, programs: Programs, settings: MakeSettings, here: dict[str, str]
) -> None:
    engine.images = here
    assert images.variables(client, settings(), only=("python",)) == {"PYTHON_IMAGE": next(iter(here))}
    assert programs.calls == []


def test_without_a_docker_command_no_registry_is_known_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not images.registry_answers()


def test_by_itself_it_pulls_where_a_registry_answers(
    engine: Engine, client: DockerClient, programs: Programs, settings: MakeSettings
) -> None:
    programs.answer("^docker (manifest|pull)")
    assert images.variables(client, settings(), only=("node",)) == {"NODE_IMAGE": images.OFFICIAL["node"]}
    assert programs.lines[-1] == PULL + images.OFFICIAL["node"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (False, "no registry answers"),
        (True, f"could not pull the image {images.OFFICIAL['python']}"),
    ],
)
def test_by_itself_it_says_why_it_builds_instead(
    engine: Engine,
    client: DockerClient,
    programs: Programs,
    settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    *,
    answers: bool,
    why: str,
) -> None:
    engine.images = {"agentchat-check/debian:trixie": "sha256:base"}
    programs.answer("^docker manifest", returncode=not answers)
    programs.answer("^docker pull", returncode=1)
    programs.answer("^docker compose .* build$")
    assert images.variables(client, settings(), only=("python",)) == {"PYTHON_IMAGE": next(iter(built("python")))}
    assert f"agentchat-check: {why}; building the images from Debian packages instead\n" in capsys.readouterr().err


def test_debian_images_are_built_without_asking_a_registry(
    engine: Engine, client: DockerClient, settings: MakeSettings, programs: Programs
) -> None:
    engine.images = built("nginx")
    assert images.variables(client, settings(images="debian"), only=("nginx",)) == {
        "NGINX_IMAGE": next(iter(built("nginx")))
    }
    assert programs.calls == []
