"""Whether one release comes after another, as far as names, images and migrations tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentchat_check.deployment import image_name
from agentchat_check.facts import Hindrance, Obstacle, Release

_VERSION = re.compile(r"(?:(?<=ref-)|(?<=\bv))\d+(?:\.\d+)*|\d+(?:\.\d+)+")
"""Numbers in a name that count releases: ``ref-2``, ``v2.5``, ``agentchat-2.4.1``."""

_TAG = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-+].*)?")


def hindrance(before: Release, after: Release, database: str = "") -> Obstacle | None:
    """What is wrong with going from one release to another: it is the same one, or an older one.

    What the migrations know decides; where nothing is known of them, names and the tags of images do. An older server
    of the database is always a step back, for it does not read what a newer one wrote.

    Args:
        before: The release that runs.
        after: The release that is to run.
        database: The service that is the database; "" where there is none.
    """
    if why := _same(before, after):
        return Obstacle(Hindrance.SAME_RELEASE, why, "name the release to upgrade to: --to")
    if why := _older_schema(before, after) or _older_database(before, after, database) or _older_names(before, after):
        step = "this is a way back: use `agentchat-check upgrade rollback`, or restore the backup of that release"
        return Obstacle(Hindrance.DOWNGRADE, why, step)
    return None


def _same(before: Release, after: Release) -> str:
    if before.name != after.name:
        return ""
    was, is_ = ({image.service: image.id for image in release.images} for release in (before, after))
    if any(was[name] != is_[name] and was[name] and is_[name] for name in was.keys() & is_.keys()):
        return ""  # under the old name something else came: a tag that moved
    return f"{before.name} is the release that runs"


def _older_schema(before: Release, after: Release) -> str:
    if not after.revisions:
        return ""
    if before.revision and before.revision not in after.revisions:
        return f"the database is at revision {before.revision}, which {after.name} does not know"
    if unknown := [revision for revision in before.revisions if revision not in after.revisions]:
        return f"{after.name} does not know revision {unknown[-1]} of {before.name}"
    return ""


def _older_database(before: Release, after: Release, database: str) -> str:
    return next((why for service, why in _older_tags(before, after) if service == database), "")


def _older_names(before: Release, after: Release) -> str:
    if set(before.revisions) < set(after.revisions):
        return ""
    was, is_ = (_numbers(_VERSION.findall(release.name)) for release in (before, after))
    if was and _VERSION.sub("#", before.name) == _VERSION.sub("#", after.name) and is_ < was:
        return f"{after.name} is older than {before.name}"
    tags = [image.name for image in before.images]
    changed = [image for image in after.images if image.name not in tags]
    older = [why for _, why in _older_tags(before, after)]
    return older[0] if older and len(older) == len(changed) else ""


def _older_tags(before: Release, after: Release) -> Iterator[tuple[str, str]]:
    """Services whose image has the tag of an older version, with a word on it."""
    was = {image_name(image.name): image.name for image in before.images}
    for image in after.images:
        former = was.get(image_name(image.name), "")
        old, new = (_TAG.fullmatch(_tag(name)) for name in (former, image.name))
        if old and new:
            ((one,), (other,)) = _numbers([old[1]]), _numbers([new[1]])
            length = min(len(one), len(other))  # 8 may be any 8.x
            if other[:length] < one[:length]:
                yield image.service, f"{image.name} is older than {former}"


def _tag(image: str) -> str:
    """What stands behind the colon: of ``registry:5000/mysql:8.0@sha256:…`` it is ``8.0``."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _numbers(versions: list[str]) -> list[tuple[int, ...]]:
    return [tuple(map(int, version.split("."))) for version in versions]
