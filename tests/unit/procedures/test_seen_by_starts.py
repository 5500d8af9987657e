"""What shows in a start: a weak key that is let in or not, how many workers serve, a former name that is refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check.facts import Start
from agentchat_check.procedures import seen_by_starts
from agentchat_check.stack import one_off
from stacks import Scripted

UP = Start(came_up=True, exit_code=None, said="Application startup complete.")
LATE = Start(came_up=None, exit_code=None, said="waiting for the database")
FORMER = "Cannot start. UPLOAD_LIMIT_MB is now called UPLOAD_MAX_MB: rename it in docker.env"


def ended(said: str) -> Start:
    """A start that came to nothing."""
    return Start(came_up=False, exit_code=1, said=said)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Start]:
    """How a start goes, by the value of the variable that it is told; a start that nobody laid out is a mistake."""
    starts: dict[str, Start] = {}

    def start(_: Any, service: str, *, environment: Mapping[str, str]) -> Start:
        assert service == "backend"
        return starts[next(iter(environment.values()))]

    monkeypatch.setattr(one_off, "start", start)
    return starts


def test_a_former_name_that_is_refused_has_that_effect(stack: Scripted, told: dict[str, Start]) -> None:
    told["1"] = ended(FORMER)
    seen = seen_by_starts.seen(stack, "UPLOAD_LIMIT_MB", usual="", production=False)
    assert seen == (True, f"whoever sets it is told: it ended with exit status 1: {FORMER}")


@pytest.mark.parametrize("start", [UP, LATE, ended("Cannot start. MYSQL_HOST: no such host")])
def test_a_start_that_does_not_refuse_it_tells_nothing(stack: Scripted, told: dict[str, Start], start: Start) -> None:
    told["1"] = start
    assert seen_by_starts.seen(stack, "UPLOAD_LIMIT_MB", usual="", production=False) == (None, "")


@pytest.mark.parametrize(("name", "usual"), [("UPLOAD_LIMIT_MB", "20"), ("SMTP_HOST", ""), ("WORKERS", "4")])
def test_what_has_a_value_or_is_not_known_is_not_started(
    stack: Scripted, told: dict[str, Start], name: str, usual: str
) -> None:
    assert seen_by_starts.seen(stack, name, usual=usual, production=False) == (None, "")
    assert told == {}


@pytest.mark.parametrize(
    ("loose", "strict", "effective"), [(UP, ended("too short"), True), (UP, UP, False), (LATE, UP, None)]
)
def test_the_environment_shows_in_what_a_weak_key_comes_to(
    stack: Scripted, told: dict[str, Start], loose: Start, strict: Start, effective: bool | None
) -> None:
    told.update(development=loose, production=strict)
    found, words = seen_by_starts.seen(stack, "APP_ENV", usual="development", production=False)
    assert (found, words) == (effective, f"a weak key: in development {loose}; in production {strict}")


@pytest.mark.parametrize(
    ("start", "workers", "seen"),
    [
        (UP, 2, (True, "with 2, 2 workers serve")),
        (UP, 1, (False, "with 2, 1 workers serve")),
        (LATE, 0, (None, "it neither came up nor ended in time: waiting for the database")),
    ],
)
def test_workers_are_counted_in_production(
    stack: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    start: Start,
    workers: int,
    seen: tuple[bool | None, str],
) -> None:
    rows = [["1", "/sbin/docker-init -- gunicorn main:app"], *([str(pid), "gunicorn"] for pid in range(workers + 1))]

    @contextmanager
    def beside(*_: Any, environment: Mapping[str, str]) -> Iterator[Any]:
        assert environment == {"WORKERS": "2"}
        yield SimpleNamespace(top=lambda **_: {"Processes": rows})

    monkeypatch.setattr(one_off, "in_production", lambda stack: stack)
    monkeypatch.setattr(one_off, "beside", beside)
    monkeypatch.setattr(one_off, "watched", lambda _: start)
    assert seen_by_starts.seen(stack, "WORKERS", usual="4", production=True) == seen
