"""A prepared database is made once, by whoever needs it first; who needs another one does not wait for it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentchat_check.stack import content, lifecycle, making, prepared
from agentchat_check.stack.owner import Run
from doors import MakeSettings

PATIENCE = 5.0
"""Seconds that one who makes an image waits for another one to begin."""

SOON = 0.2
"""Seconds in which another one would begin, if it did not wait."""

Make = Callable[[str], str]


@pytest.fixture
def made() -> list[str]:
    """The images that are here, in the order in which they were made."""
    return []


@pytest.fixture
def make(made: list[str], settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a stack that comes up with a prepared database, of this image; returns what its database runs."""

    @contextmanager
    def temporary(*_: Any, **__: Any) -> Iterator[None]:
        yield

    quick = settings(database="prepared")
    quick.state.mkdir()
    monkeypatch.setattr(prepared, "name", lambda _, image, __: image)
    monkeypatch.setattr(content, "is_here", lambda _, image: image in made)
    monkeypatch.setattr(lifecycle, "temporary", temporary)
    monkeypatch.setattr(prepared, "make", lambda _, image: made.append(image))
    monkeypatch.setattr(
        making,
        "make",
        lambda _, image, *__, prepare: prepare(image, type("Plan", (), {"images": {}})),
    )
    return lambda image: lifecycle.create(None, image, quick, Run("run", "owner"))


def both(make: Make, one: str, other: str) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(make, (one, other)))


def test_two_different_ones_are_made_at_once(make: Make, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)

    def make_together(_: Any, image: str) -> None:
        together.wait(PATIENCE)
        made.append(image)

    monkeypatch.setattr(prepared, "make", make_together)
    both(make, "agentchat-check/prepared:a", "agentchat-check/prepared:b")
    assert sorted(made) == ["agentchat-check/prepared:a", "agentchat-check/prepared:b"]


def test_the_same_one_is_made_once(make: Make, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)

    def make_alone(_: Any, image: str) -> None:
        with pytest.raises(threading.BrokenBarrierError):
            together.wait(SOON)
        made.append(image)

    monkeypatch.setattr(prepared, "make", make_alone)
    both(make, "agentchat-check/prepared:a", "agentchat-check/prepared:a")
    assert made == ["agentchat-check/prepared:a"]


def test_no_lock_is_left_whatever_became_of_it(
    make: Make, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no room")

    make("agentchat-check/prepared:a")
    monkeypatch.setattr(prepared, "make", fail)
    with pytest.raises(RuntimeError):
        make("agentchat-check/prepared:b")
    assert list((tmp_path / "state").iterdir()) == []
