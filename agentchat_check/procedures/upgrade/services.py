"""Which service of one release is which of another, and what changes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agentchat_check import facts
from agentchat_check.deployment import Configuration, image_name

_TOLD_ELSEWHERE = {"image", "build", "volumes", "ports", "environment"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A service in both releases.

    Attributes:
        before: Its name in the one that runs; "" where it is new.
        after: Its name in the one that is to run; "" where it is gone.
        role: The role it plays, or "".
    """

    before: str
    after: str
    role: str

    @property
    def owner(self) -> str:
        """What to call it in both: its role, or its name where it plays none."""
        return self.role or self.before or self.after


def pairs(before: Configuration, after: Configuration) -> tuple[Pair, ...]:
    """Every service of either, matched by role, else by name, else by what its image is called."""
    found = {before.roles[role]: after.roles[role] for role in before.roles.keys() & after.roles.keys()}
    for name in before.services.keys() & after.services.keys():
        if name not in found and name not in found.values():
            found[name] = name
    for name in sorted(before.services.keys() - found.keys()):
        alike = [
            other
            for other in sorted(after.services.keys() - set(found.values()))
            if _image(before, name) and _image(before, name) == _image(after, other)
        ]
        if len(alike) == 1:
            found[name] = alike[0]
    both = [Pair(name, found.get(name, ""), str(before.role_of(name) or "")) for name in before.services]
    new = [Pair("", name, str(after.role_of(name) or "")) for name in after.services if name not in found.values()]
    return tuple(both + new)


def change(
    pair: Pair, before: Configuration, after: Configuration, was: facts.Release, is_: facts.Release
) -> facts.ServiceChange:
    """What becomes of a service; no value of its environment is told."""
    one, other = _of(was, pair.before), _of(is_, pair.after)
    if not (pair.before and pair.after):
        image = other or one
        what: Literal["new", "gone"] = "new" if pair.after else "gone"
        named = (f"image {image.name}",) if image else ()
        return facts.ServiceChange(pair.after or pair.before, pair.role, what, "changed", named)
    image_is, words_of_image = _compared(one, other)
    settings = tuple(_settings(before.services[pair.before], after.services[pair.after]))
    renamed = pair.before != pair.after
    return facts.ServiceChange(
        service=pair.after,
        role=pair.role,
        what="renamed" if renamed else "changed" if settings or image_is == "changed" else "same",
        image=image_is,
        words=(*words_of_image, *settings),
        former=pair.before if renamed else "",
    )


def ports(pair: Pair, before: Configuration, after: Configuration) -> Iterator[str]:
    """Which published ports of a service change."""
    if not (pair.before and pair.after):
        return
    was, is_ = _published(before.services[pair.before]), _published(after.services[pair.after])
    for port in {**was, **is_}:
        if was.get(port) != is_.get(port):
            yield f"{pair.after} {port}: {was.get(port, 'nowhere')} -> {is_.get(port, 'nowhere')}"


def _image(configuration: Configuration, name: str) -> str:
    return image_name(str(configuration.services[name].get("image", "")))


def _of(release: facts.Release, service: str) -> facts.Image | None:
    return next((image for image in release.images if image.service == service), None)


def _compared(
    one: facts.Image | None, other: facts.Image | None
) -> tuple[Literal["same", "changed", "unknown"], tuple[str, ...]]:
    if one is None or other is None:
        return "unknown", ()
    if one.id and other.id:
        if one.id == other.id:
            return "same", ()
        names = f"{one.name} -> {other.name}" if one.name != other.name else f"{one.name}, with another content"
        return "changed", (f"image {names}",)
    if one.name != other.name:
        return "changed", (f"image {one.name} -> {other.name}",)
    if "@sha256:" in one.name:
        return "same", ()
    return "unknown", (f"image {one.name}, of which only the name can be compared",)


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    was, is_ = (service.get("environment") or {} for service in (before, after))
    for what, names in {
        "new": is_.keys() - was.keys(),
        "gone": was.keys() - is_.keys(),
        "another": {name for name in was.keys() & is_.keys() if was[name] != is_[name]},
    }.items():
        if names:
            yield f"environment, {what}: {', '.join(sorted(names))}"
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} - _TOLD_ELSEWHERE
    if changed:
        yield f"settings: {', '.join(sorted(changed))}"


def _published(service: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for port in service.get("ports") or ():
        if port.get("published"):
            host = f"{port['host_ip']}:" if port.get("host_ip") else ""
            found.setdefault(f"{port['target']}/{port.get('protocol', 'tcp')}", []).append(f"{host}{port['published']}")
    return {port: ", ".join(sorted(places)) for port, places in found.items()}
