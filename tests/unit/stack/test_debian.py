import json
import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.stack import apt, debian
from doors import Call, MakeSettings, Programs
from engines import Engine

BASE = "agentchat-check/debian:trixie"


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Lays out who we are, and whether debootstrap is there; at first root, with it."""
    monkeypatch.setattr(shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)

    def lay_out(*, user: int = 0, debootstrap: bool = True, refused: str = "") -> None:
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setattr(apt, "may_install", lambda: refused)
        (tmp_path / "debootstrap").touch() if debootstrap else (tmp_path / "debootstrap").unlink(missing_ok=True)

    lay_out()
    return lay_out


def built(call: Call) -> dict[str, Any]:
    """The compose file of a build."""
    words = shlex.split(call.line)
    file: dict[str, Any] = json.loads(Path(words[words.index("--file") + 1]).read_text())
    services: dict[str, Any] = file["services"]
    return services


def test_every_image_has_a_recipe_and_a_tag_of_its_content() -> None:
    names = debian.names()
    assert set(names) == {"mysql", "redis", "python", "node", "nginx"}
    assert all((debian.RECIPES / name / "Dockerfile").is_file() for name in names)
    assert len({image.partition(":")[2] for image in names.values()}) == len(names)


def test_what_is_here_is_not_built(
    engine: Engine, client: DockerClient, programs: Programs, settings: MakeSettings
) -> None:
    engine.images = dict.fromkeys(debian.names().values(), "sha256:1")
    assert debian.build(client, settings()) == debian.names()
    assert programs.calls == []


def test_only_what_is_missing_is_built_on_the_base_that_is_here(
    engine: Engine,
    client: DockerClient,
    programs: Programs,
    settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    names = debian.names(("python", "nginx"))
    engine.images = {BASE: "sha256:base", names["python"]: "sha256:python"}
    services: dict[str, Any] = {}
    programs.answer("^docker compose .* build$", does=lambda call: services.update(built(call)))
    assert debian.build(client, settings(), ("python", "nginx")) == names
    assert services == {
        "nginx": {
            "image": names["nginx"],
            "build": {
                "context": str(debian.RECIPES / "nginx"),
                "args": {"BASE": BASE, "https_proxy": "http://proxy.test:3128"},
                "labels": {"agentchat-check.image": "nginx"},
            },
        }
    }


def test_the_base_is_made_from_the_operators_mirror_and_trusts_what_this_host_trusts(
    client: DockerClient, programs: Programs, settings: MakeSettings, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_text("certificates")
    trusted = []

    def bootstrap(call: Call) -> None:
        (Path(call.line.split()[-2]) / "etc/ssl/certs").mkdir(parents=True)

    def pack(call: Call) -> None:
        root = Path(shlex.split(call.line)[-2])
        trusted.append((root / "etc/ssl/certs/ca-certificates.crt").read_text())

    programs.answer("^debootstrap .* http://mirror.test/debian$", does=bootstrap)
    programs.answer("^tar ", does=pack)
    programs.answer("^docker import --change 'LABEL agentchat-check.image=base' .* agentchat-check/debian:trixie$")
    programs.answer("^docker compose .* build$")
    debian.build(client, settings(debian_mirror="http://mirror.test/debian", ca_bundle=bundle), ("redis",))
    assert [line.split()[0] for line in programs.lines] == ["debootstrap", "tar", "docker", "docker"]
    assert trusted == ["certificates"]


def test_without_a_mirror_debootstrap_chooses(client: DockerClient, programs: Programs, settings: MakeSettings) -> None:
    programs.answer("^(apt-get indextargets|debootstrap|tar|docker)")
    debian.build(client, settings(), ("redis",))
    assert programs.last("debootstrap").line.endswith("/root")


def test_a_build_that_fails_ends_in_what_it_printed(
    engine: Engine, client: DockerClient, programs: Programs, settings: MakeSettings
) -> None:
    engine.images = {BASE: "sha256:base"}
    programs.answer("^docker compose .* build$", stderr="E: Unable to locate package redis", returncode=17)
    with pytest.raises(errors.StackError) as caught:
        debian.build(client, settings(), ("redis",))
    assert caught.value.tried == "build images from Debian packages"
    assert caught.value.actual == "E: Unable to locate package redis"


def test_debootstrap_is_installed_where_that_is_allowed(
    client: DockerClient, programs: Programs, settings: MakeSettings, host: Callable[..., None]
) -> None:
    host(debootstrap=False)
    programs.answer("^(apt-get|debootstrap|tar|docker)")
    debian.build(client, settings(), ("redis",))
    assert "apt-get -qq install -y --no-install-recommends debootstrap debian-archive-keyring" in programs.lines


def test_a_host_that_cannot_build_is_told_the_other_ways(
    client: DockerClient, settings: MakeSettings, host: Callable[..., None]
) -> None:
    host(user=1000, refused="not running as root")
    with pytest.raises(errors.HostError) as caught:
        debian.build(client, settings(), ("redis",))
    assert str(caught.value) == (
        "prepare this host\n"
        "  Checked:\n"
        "    - needed: install the package debootstrap, to build images from Debian packages\n"
        "    - may we: no, not running as root\n"
        "  To fix this, either:\n"
        "    - run as root on Debian or Ubuntu, with the package debootstrap\n"
        "    - let this host reach a container registry: AGENTCHAT_CHECK_IMAGES=official\n"
        "    - load the images from a host that has them: docker save … | docker load"
    )


@pytest.mark.parametrize(
    ("given", "can"),
    [
        ({}, True),
        ({"debootstrap": False}, True),
        ({"refused": "this is Fedora 43, not Debian or Ubuntu"}, True),
        ({"refused": "this is Fedora 43, not Debian or Ubuntu", "debootstrap": False}, False),
        ({"user": 1000, "refused": "not running as root"}, False),
    ],
)
def test_a_host_says_whether_it_can_build(host: Callable[..., None], given: dict[str, Any], *, can: bool) -> None:
    host(**given)
    assert debian.can_build() == can
