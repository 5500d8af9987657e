from docker import DockerClient

from agentchat_check import facts
from agentchat_check.stack import keeping
from engines import Engine

BACKEND = facts.Image("backend", "chat:2", "sha256:b")


def test_a_kept_image_has_a_tag_of_ours_until_it_is_forgotten(client: DockerClient, engine: Engine) -> None:
    engine.images = {"chat:2": "sha256:b"}
    keeping.keep(client, "shop", 3, [BACKEND])
    assert engine.images["agentchat-check/kept:shop.backend.3"] == "sha256:b"
    keeping.forget(client, "shop", 3)
    assert engine.removed == ["agentchat-check/kept:shop.backend.3"]


def test_only_the_release_that_is_forgotten_loses_its_tags(client: DockerClient, engine: Engine) -> None:
    engine.images = {
        f"agentchat-check/kept:{name}": "sha256:b" for name in ("shop.backend.3", "shop.backend.13", "shop2.backend.3")
    }
    keeping.forget(client, "shop", 3)
    assert engine.removed == ["agentchat-check/kept:shop.backend.3"]
    keeping.forget(client, "shop")
    assert engine.removed[1:] == ["agentchat-check/kept:shop.backend.13"]
    assert keeping.projects(client) == {"shop2"}


def test_a_project_whose_name_begins_like_another_ones_keeps_its_images(client: DockerClient, engine: Engine) -> None:
    engine.images = {"chat:2": "sha256:b"}
    for project in ("shop", "shop-2"):
        keeping.keep(client, project, 3, [facts.Image("back-end.v2", "chat:2", "sha256:b")])
    assert keeping.projects(client) == {"shop", "shop-2"}
    keeping.forget(client, "shop")
    assert keeping.projects(client) == {"shop-2"}


def test_an_image_of_another_name_is_kept_for_nobody(client: DockerClient, engine: Engine) -> None:
    engine.images = {"agentchat-check/shop-backend:1.2": "sha256:b", "chat:2.5": "sha256:c"}
    assert keeping.projects(client) == set()
    assert [keeping.project_of(name) for name in engine.images] == ["", ""]


def test_an_image_that_somebody_runs_is_left_to_them(client: DockerClient, engine: Engine) -> None:
    engine.images = {"agentchat-check/kept:shop.backend.3": "sha256:b"}
    engine.used = {"agentchat-check/kept:shop.backend.3"}
    keeping.forget(client, "shop")
    assert engine.removed == []
