from docker import DockerClient

from agentchat_check import facts
from agentchat_check.stack import keeping
from engines import Engine

BACKEND = facts.Image("backend", "chat:2", "sha256:b")


def test_a_kept_image_has_a_tag_of_ours_until_it_is_forgotten(client: DockerClient, engine: Engine) -> None:
    engine.images = {"chat:2": "sha256:b"}
    keeping.keep(client, "shop", 3, [BACKEND])
    assert engine.images["agentchat-check/kept:shop-backend-3"] == "sha256:b"
    keeping.forget(client, "shop", 3)
    assert engine.removed == ["agentchat-check/kept:shop-backend-3"]


def test_only_the_release_that_is_forgotten_loses_its_tags(client: DockerClient, engine: Engine) -> None:
    engine.images = {
        f"agentchat-check/kept:{name}": "sha256:b" for name in ("shop-backend-3", "shop-backend-13", "shop2-backend-3")
    }
    keeping.forget(client, "shop", 3)
    assert engine.removed == ["agentchat-check/kept:shop-backend-3"]
    engine.removed.clear()
    keeping.forget(client, "shop")
    assert sorted(engine.removed) == ["agentchat-check/kept:shop-backend-13", "agentchat-check/kept:shop-backend-3"]


def test_an_image_that_somebody_runs_is_left_to_them(client: DockerClient, engine: Engine) -> None:
    engine.images = {"agentchat-check/kept:shop-backend-3": "sha256:b"}
    engine.used = {"agentchat-check/kept:shop-backend-3"}
    keeping.forget(client, "shop")
    assert engine.removed == []
