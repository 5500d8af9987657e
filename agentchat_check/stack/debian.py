"""Images from Debian packages, for hosts that reach no container registry."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from agentchat_check import progress
from agentchat_check.settings import Settings
from agentchat_check.stack import apt, complaints, content, process
from agentchat_check.stack.compose import Compose

if TYPE_CHECKING:
    from docker import DockerClient as Client

SUITE = "trixie"
RECIPES = Path(__file__).parent / "debian_images"
IMAGES = ("mysql", "redis", "python", "node", "nginx")

_BASE = f"agentchat-check/debian:{SUITE}"
_BASE_PACKAGES = "ca-certificates,tzdata"
_LABEL = "agentchat-check.image"


def names(only: Sequence[str] = IMAGES) -> dict[str, str]:
    """Each image's name on this engine; its tag changes when its recipe does."""
    return {name: f"agentchat-check/{name}:{content.key(SUITE, content.tree(RECIPES / name))}" for name in only}


def build(client: Client, settings: Settings, only: Sequence[str] = IMAGES) -> dict[str, str]:
    """Build what is not here yet. One build at a time on a host; a second one finds everything done.

    Returns:
        The images' names.

    Raises:
        errors.HostError: This host cannot build them; the error says what is missing.
        errors.CheckError: A build failed; the error ends in what it printed.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    wanted = names(only)
    with filelock.FileLock(settings.state / "images.lock"):
        missing = {name: image for name, image in wanted.items() if not content.is_here(client, image)}
        if missing and not content.is_here(client, _BASE):
            _make_base(settings)
        if missing:
            _build_on_base(missing)
    return wanted


def _make_base(settings: Settings) -> None:
    _require_debootstrap(settings)
    with (
        tempfile.TemporaryDirectory(prefix="agentchat-check-base-", dir="/var/tmp") as directory,
        progress.step(f"making a Debian base ({SUITE})") as show,
    ):
        root, archive = Path(directory) / "root", Path(directory) / "root.tar"
        command = ["debootstrap", "--variant=minbase", f"--include={_BASE_PACKAGES}", SUITE, str(root)]
        process.run([*command, *filter(None, [apt.mirror(settings)])], timeout=1200, on_line=show)
        if settings.ca_bundle:
            # Behind a proxy that inspects TLS, what is built here must trust what this host trusts.
            shutil.copy(settings.ca_bundle, root / "etc/ssl/certs/ca-certificates.crt")
        process.run(["tar", "--create", "--file", str(archive), "--directory", str(root), "."], timeout=300)
        process.run(
            ["docker", "import", "--change", f"LABEL {_LABEL}=base", str(archive), _BASE],
            timeout=600,
            on_line=show,
        )


def _build_on_base(images: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="agentchat-check-build-") as directory:
        file = Path(directory) / "compose.json"
        file.write_text(json.dumps({"services": {name: _service(name, image) for name, image in images.items()}}))
        with (
            progress.step(f"building {', '.join(images)} from Debian packages") as show,
            complaints.translated("build images from Debian packages"),
        ):
            Compose(directory, str(file), project="agentchat-check-images").build_images((), on_line=show)


def _service(name: str, image: str) -> dict[str, Any]:
    proxies = {key: os.environ[key] for key in ("http_proxy", "https_proxy", "no_proxy") if key in os.environ}
    return {
        "image": image,
        "build": {
            "context": str(RECIPES / name),
            "args": {"BASE": _BASE, **proxies},
            "labels": {_LABEL: name},
        },
    }


def can_build() -> bool:
    """Whether this host can build images from Debian packages, if need be after installing debootstrap."""
    return not apt.may_install() or (os.geteuid() == 0 and shutil.which("debootstrap") is not None)


def _require_debootstrap(settings: Settings) -> None:
    if os.geteuid() == 0 and shutil.which("debootstrap"):
        return
    ways = [
        "run as root on Debian or Ubuntu, with the package debootstrap",
        "let this host reach a container registry: AGENTCHAT_CHECK_IMAGES=official",
        "load the images from a host that has them: docker save … | docker load",
    ]
    apt.allow(["install the package debootstrap, to build images from Debian packages"], settings, ways=ways)
    apt.install("debootstrap", "debian-archive-keyring")
