"""The same release and an older one are told from a newer one, by migrations first, by names and tags else."""

from typing import Any

import pytest

from agentchat_check.facts import Hindrance, Image, Release
from agentchat_check.procedures.upgrade.direction import hindrance


def release(name: str, *revisions: str, **images: str) -> Release:
    """A release with revisions, and images by service: ``name@id``."""
    made = tuple(Image(service, *(told.split("@") if "@" in told else (told, ""))) for service, told in images.items())
    return Release(name, made, revisions[-1] if revisions else "", revisions)


def said(before: Release, after: Release) -> tuple[Hindrance, str] | None:
    """What is in the way."""
    found = hindrance(before, after, "mysql")
    assert found is None or found.next_step
    return (found.kind, found.what) if found else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (release("ref-1", "1"), release("ref-2", "1", "2")),
        (release("ref-1"), release("ref-3")),
        (release("v2.9"), release("v2.10")),
        (release("/srv/agentchat-2.4/docker"), release("/srv/agentchat-2.5/docker")),
        (release("/home/x9/a"), release("/home/x0/a")),
        (release("a", mysql="mysql:8"), release("b", mysql="mysql:8.0")),
        (release("a", mysql="mysql:8.0-oracle"), release("b", mysql="registry:5000/mysql:8.4")),
        (release("latest", backend="chat:latest@1"), release("latest", backend="chat:latest@2")),
        (release("v3", "1"), release("v2", "1", "2")),
        (release("a", backend="chat:2.5", page="page:2.4"), release("b", backend="chat:2.4", page="page:2.5")),
    ],
)
def test_a_newer_release_is_no_hindrance(before: Release, after: Release) -> None:
    assert said(before, after) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (release("ref-1"), release("ref-1")),
        (release("ref-1", backend="chat@1"), release("ref-1", backend="chat@1")),
        (release("ref-1", backend="chat@1"), release("ref-1", backend="chat")),
    ],
)
def test_the_same_release_is_one(before: Release, after: Release) -> None:
    assert said(before, after) == (Hindrance.SAME_RELEASE, "ref-1 is the release that runs")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (release("new", "1", "2"), release("old", "1"), "the database is at revision 2, which old does not know"),
        (
            Release("new", revisions=("1", "2")),
            release("old", "1"),
            "old does not know revision 2 of new",
        ),
        (release("ref-3"), release("ref-2"), "ref-2 is older than ref-3"),
        (release("agentchat v2.10"), release("agentchat v2.9"), "agentchat v2.9 is older than agentchat v2.10"),
        (
            release("a", backend="chat:v2.5", mysql="mysql:8.0"),
            release("b", backend="chat:v2.4", mysql="mysql:8.0"),
            "chat:v2.4 is older than chat:v2.5",
        ),
        (
            release("a", "1", mysql="mysql:9.1"),
            release("b", "1", "2", mysql="hub/mysql:8.4@sha"),
            "hub/mysql:8.4 is older than mysql:9.1",
        ),
    ],
)
def test_an_older_release_is_a_way_back(before: Release, after: Release, why: str) -> None:
    assert said(before, after) == (Hindrance.DOWNGRADE, why)


def test_another_images_older_tag_alone_is_none() -> None:
    before: dict[str, Any] = {"backend": "chat:2.4", "redis": "redis:7.2"}
    assert said(release("a", **before), release("b", backend="chat:2.5", redis="redis:7.0")) is None
