"""The images the reference deployment stands on: official ones, or the same roles built from Debian packages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from agentchat_check import errors, progress
from agentchat_check.settings import Settings
from agentchat_check.stack import content, debian, process

if TYPE_CHECKING:
    from docker import DockerClient as Client

OFFICIAL = {
    "mysql": "mysql:8.0@sha256:7dcddc01f13bab2f15cde676d44d01f61fc9f99fe7785e86196dfc07d358ae2b",
    "redis": "redis:7.0-alpine@sha256:c9d92d840fd011c908f040592857c724ae6d877f2aba5c40ad963276507386b2",
    "python": "python:3.13-slim@sha256:6771159cd4fa5d9bba1258caf0b82e6b73458c694d178ad97c5e925c2d0e1a91",
    "node": "node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5",
    "nginx": "nginx:1.28-alpine@sha256:a8b39bd9cf0f83869a2162827a0caf6137ddf759d50a171451b335cecc87d236",
}
"""Pinned by the digest of the multi-platform index that is publicly recorded for each tag."""

REGISTRY_PATIENCE = 10.0
"""Seconds a registry has to answer at all; behind a firewall it never would."""


def names(client: Client | None, settings: Settings) -> tuple[str, ...]:
    """The images of the chosen set; while the choice is open, of the one that is here, else of the official one."""
    built = tuple(debian.names().values())
    if settings.images == "auto" and client and all(content.is_here(client, image) for image in built):
        return built
    return built if settings.images == "debian" else tuple(OFFICIAL.values())


def registry_answers() -> bool:
    """Whether the registry of the official images answers; asks for a manifest, pulls nothing."""
    try:
        process.run(["docker", "manifest", "inspect", OFFICIAL["redis"]], timeout=REGISTRY_PATIENCE)
    except errors.CheckError:  # it says no, it says nothing, or there is no docker command to ask with
        return False
    return True


def variables(client: Client, settings: Settings, *, only: Sequence[str] = tuple(OFFICIAL)) -> dict[str, str]:
    """Make images of the chosen set available, and say which they are.

    Returns:
        The variables of the reference's compose file: ``{"MYSQL_IMAGE": "mysql:8.0@sha256:…", …}``.

    Raises:
        errors.HostError: They can be neither found, pulled nor built; the error lists what was tried.
    """
    official = {name: OFFICIAL[name] for name in only}
    match settings.images:
        case "official":
            pull(client, official.values(), timeout=settings.pull_timeout)
            chosen = official
        case "debian":
            chosen = debian.build(client, settings, only)
        case "auto":
            chosen = _first_available(client, settings, official)
    return {f"{name.upper()}_IMAGE": image for name, image in chosen.items()}


def pull(client: Client, images: Iterable[str], *, timeout: float) -> None:
    """Pull what is not here yet, each within a bound of seconds.

    Raises:
        errors.HostError: An image is neither here nor to be had from a registry.
    """
    for image in images:
        if content.is_here(client, image):
            continue
        with progress.step(f"pulling {image.partition('@')[0]}") as show:
            try:
                process.run(["docker", "pull", image], timeout=timeout, on_line=show)
            except process.CommandError as error:
                raise errors.HostError(
                    f"pull the image {image}",
                    expected="the image on this engine, or a registry that has it",
                    actual=error.actual,
                    ways=[
                        "let this host reach the registry, or load the image: docker load --input IMAGE.tar",
                        "for the reference deployment, build the images here: AGENTCHAT_CHECK_IMAGES=debian",
                        "for a deployment of your own, name an image that is here: --image ROLE=NAME",
                    ],
                ) from None


def _first_available(client: Client, settings: Settings, official: dict[str, str]) -> dict[str, str]:
    """Local ones, else a bounded pull, else built here."""
    for chosen in (official, debian.names(tuple(official))):
        if all(content.is_here(client, image) for image in chosen.values()):
            return chosen
    refused = "no registry answers"
    if registry_answers():
        try:
            pull(client, official.values(), timeout=settings.pull_timeout)
        except errors.HostError as error:
            refused = f"could not {error.tried}"
        else:
            return official
    progress.announce(f"{refused}; building the images from Debian packages instead")
    return debian.build(client, settings, tuple(official))
